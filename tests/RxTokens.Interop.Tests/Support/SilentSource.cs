using System.Runtime.CompilerServices;

namespace RxTokens.Interop.Tests;

/// <summary>A compiler-made iterator that says nothing until its token is cancelled: disposing it during the read throws.</summary>
internal sealed class SilentSource
{
    private readonly TaskCompletionSource _cleanedUp = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task CleanedUp => _cleanedUp.Task;

    public async IAsyncEnumerable<int> Items([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            yield break;
        }
        finally
        {
            _cleanedUp.SetResult();
        }
    }
}
