namespace RxTokens;

/// <summary>
/// What those who read without a stage do about two failures at once: the first is told, and what the clean-up failed with beside it, never instead.
/// </summary>
internal static class CleanUp
{
    /// <summary>Runs the clean-up, and returns what it failed with.</summary>
    public static async ValueTask<Exception?> RunAsync<TOwner>(TOwner owner, Func<TOwner, ValueTask> cleanUp)
    {
        try
        {
            await cleanUp(owner).ConfigureAwait(false);
            return null;
        }
        catch (Exception failure)
        {
            return failure;
        }
    }

    /// <summary>
    /// What there is to tell beside the cancellation after a read was called off. That the read was cancelled is what was asked of it;
    /// anything else that it failed with is a clean-up that failed: in an iterator, its <c>finally</c> runs inside the read.
    /// </summary>
    public static Exception? Leftover(Exception? failureOfTheRead, Exception? cleanupFailure) =>
        Ending.Combine(failureOfTheRead is OperationCanceledException ? null : failureOfTheRead, cleanupFailure);
}
