namespace RxTokens;

/// <summary>What a symbol of a diagram stands for.</summary>
public enum MarbleKind
{
    /// <summary>An item.</summary>
    Value,

    /// <summary>The completion, <c>|</c>; in a time row the end of the time.</summary>
    Completion,

    /// <summary>The failure, <c>#</c>.</summary>
    Error,

    /// <summary>A subscription, <c>^</c>; in a pulls row the call of <c>GetAsyncEnumerator</c>.</summary>
    Subscribe,

    /// <summary>The end of a subscription, <c>!</c>; in a pulls row the call of <c>DisposeAsync</c>.</summary>
    Unsubscribe,

    /// <summary>A request for items; in a pulls row calls of <c>MoveNextAsync</c>.</summary>
    Request,

    /// <summary>The cancellation of the token, <c>x</c> in a pulls row.</summary>
    Cancellation,
}
