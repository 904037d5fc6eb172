namespace RxTokens;

/// <summary>One thing a test expects: what happened is compared with what was written, once the clock has run.</summary>
internal abstract class Check(string name)
{
    public string Name { get; } = name;

    /// <summary>What to call to complete it, if the test has not.</summary>
    public abstract string? Missing { get; }

    /// <summary>The differences, and the rows that show them.</summary>
    public abstract IEnumerable<Finding> Compare(TimeSpan frameSize);

    /// <summary>Why what is watched goes on, and what ends it; null if it has ended.</summary>
    public virtual string? StillOpen(TimeSpan frameSize) => null;

    /// <summary>What was recorded, for a picture.</summary>
    public abstract IEnumerable<ChartRow> Rows(TimeSpan frameSize);
}

/// <summary>A difference, and the rows that show it: to be put under those of the sources.</summary>
internal sealed record Finding(MarbleMismatch Mismatch, IReadOnlyList<ChartRow> Rows)
{
    /// <summary>Under the caret.</summary>
    public string? AtCaret { get; init; }

    /// <summary>Values that have no letter.</summary>
    public IReadOnlyList<string> Legend { get; init; } = [];

    /// <summary>The source whose use these rows show, so that it need not be shown again.</summary>
    public ISourceProbe? Shows { get; init; }

    /// <summary>Whether the test passes with what happened put in the place of what was expected.</summary>
    public bool IsToAccept { get; init; } = true;

    /// <summary>Whether these rows are those of a stream that is asked, or waited for, and has not ended.</summary>
    public bool IsOpen { get; init; }

    /// <summary>What else there is to say.</summary>
    public string? Hint { get; init; }
}
