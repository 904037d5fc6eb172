namespace RxTokens;

/// <summary>How a diagram is read.</summary>
public sealed record MarbleSyntax
{
    internal static MarbleSyntax Default { get; } = new();

    /// <summary>How long a dash or a symbol takes; more than zero. One millisecond unless set.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is zero or negative.</exception>
    public TimeSpan FrameSize
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value, TimeSpan.Zero);
            field = value;
        }
    } = TimeSpan.FromMilliseconds(1);

    /// <summary>Whether symbols may follow the ending and requests may be zero or negative, to test against what misbehaves.</summary>
    public bool Noncompliant { get; init; }

    /// <summary>The keys that a row of items may use; null allows all. What would be a duration is items if each of its characters is a key.</summary>
    public IReadOnlyCollection<string>? Keys { get; init; }

    /// <summary>What error messages call the row; null calls it by its kind, such as <c>expected</c>.</summary>
    public string? Name { get; init; }
}
