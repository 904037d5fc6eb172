namespace RxTokens;

/// <summary>Why a response ends. The first reason stays.</summary>
internal enum Ending
{
    /// <summary>It goes on.</summary>
    None,

    /// <summary>The source has ended.</summary>
    Ended,

    /// <summary>The source has failed, or an item could not be written.</summary>
    Failed,

    /// <summary>The last item said so itself.</summary>
    Said,

    /// <summary>The host stops.</summary>
    Stopped,

    /// <summary>The client is gone.</summary>
    Gone,
}
