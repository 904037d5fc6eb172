namespace RxTokens;

/// <summary>What a diagram is read as.</summary>
public enum MarbleRow
{
    /// <summary>The items of a source that starts at its subscription.</summary>
    Cold,

    /// <summary>The items of a source that goes on by itself; <c>^</c> is frame 0.</summary>
    Hot,

    /// <summary>The items that a test expects.</summary>
    Expected,

    /// <summary>When a test subscribes and unsubscribes; without <c>^</c> it subscribes at once.</summary>
    Subscription,

    /// <summary>When a source is expected to be subscribed; without <c>^</c> never.</summary>
    ExpectedSubscription,

    /// <summary>When how many items are requested.</summary>
    Demand,

    /// <summary>What a pull source sees: its enumeration, the reads, the cancellation of its token, its disposal.</summary>
    Pulls,

    /// <summary>A length of time, up to <c>|</c>.</summary>
    Time,
}
