namespace Terminal;

/// <summary>What happens to text that arrives while the screen is busy.</summary>
internal enum Strategy
{
    /// <summary>It is joined to what waits already.</summary>
    Conflate,

    /// <summary>A few tokens wait; then the model does.</summary>
    Wait,

    /// <summary>A few tokens wait; a new one pushes the oldest out.</summary>
    DropOldest,

    /// <summary>A few tokens wait; a new one is thrown away.</summary>
    DropNewest,

    /// <summary>Only the newest token waits.</summary>
    Latest,

    /// <summary>Everything waits, without a bound.</summary>
    Push,
}
