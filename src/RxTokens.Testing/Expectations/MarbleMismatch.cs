using System.Diagnostics;

namespace RxTokens;

/// <summary>What kind of difference there is between an expectation and what happened.</summary>
public enum MismatchKind
{
    /// <summary>The right event came too late.</summary>
    Late,

    /// <summary>The right event came too early.</summary>
    Early,

    /// <summary>Something expected never came.</summary>
    Missing,

    /// <summary>Something came that was not expected.</summary>
    Extra,

    /// <summary>At the right time something else came.</summary>
    OtherValue,

    /// <summary>More items came than were asked for.</summary>
    DemandViolation,

    /// <summary>A rule of streams was broken: signals that overlap or follow the ending, overlapping reads, a disposal during a read.</summary>
    ProtocolViolation,

    /// <summary>The test never said what it expects.</summary>
    Incomplete,

    /// <summary>The run had to be stopped at a limit.</summary>
    Limit,
}

/// <summary>One difference between an expectation and what happened: the first of its row.</summary>
/// <param name="Row">The name of the expectation, or of the source.</param>
/// <param name="Kind">What kind of difference it is.</param>
/// <param name="Time">When, since the start of the test.</param>
/// <param name="Frame">The same in whole frames.</param>
/// <param name="Message">The difference in a few words.</param>
[DebuggerDisplay("{Row,nq}, frame {Frame}: {Message,nq}")]
public sealed record MarbleMismatch(string Row, MismatchKind Kind, TimeSpan Time, long Frame, string Message)
{
    /// <summary>The diagram that was expected; null where none was.</summary>
    public string? Expected { get; init; }

    /// <summary>The diagram of what happened, ready to paste into the test; null where there is none, or where marks less than a frame apart have no diagram.</summary>
    public string? Actual { get; init; }
}
