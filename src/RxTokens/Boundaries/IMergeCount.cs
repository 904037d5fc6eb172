namespace RxTokens;

/// <summary>What an enumerator of <c>Conflate</c> knows of itself: whoever reads it can say how much was merged for its consumer.</summary>
/// <remarks>The meter <c>RxTokens</c> counts the same for all streams together. An operator behind <c>Conflate</c> hides it.</remarks>
public interface IMergeCount
{
    /// <summary>How many items, so far, were merged into one that was waiting; may be read on any thread.</summary>
    long Merged { get; }
}
