namespace RxTokens;

/// <summary>What has gone wrong in a stage. Most stages have none: it is made when something does, so that a stage at work is small.</summary>
internal sealed class Failures
{
    /// <summary>What the source failed with.</summary>
    public Exception? OfSource { get; set; }

    /// <summary>What the stage itself failed with.</summary>
    public Exception? OfStage { get; set; }

    /// <summary>What cleaning up failed with, none or more.</summary>
    public Exception?[] OfCleanUp { get; set; } = [];

    /// <summary>How many of these have been passed on.</summary>
    public int PassedOn { get; set; }

    /// <summary>What the consumer is told in the end, if that is no plain end.</summary>
    public Exception? Told { get; set; }
}
