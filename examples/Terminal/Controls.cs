using System.Reactive.Linq;
using System.Reactive.Subjects;

namespace Terminal;

/// <summary>What the user does to an answer by keys: p holds the model and lets it go on, s stops it and keeps the text.</summary>
internal sealed class Controls : IAsyncDisposable
{
    private readonly BehaviorSubject<bool> _isOpen = new(true);
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _following;

    /// <param name="keys">The keys that are pressed, if there is a keyboard.</param>
    public Controls(IAsyncEnumerable<char>? keys = null)
    {
        HasKeys = keys is not null;
        _following = keys is null ? Task.CompletedTask : FollowAsync(keys);
    }

    /// <summary>Whether there is a keyboard.</summary>
    public bool HasKeys { get; }

    /// <summary>Says false when the user pauses, and true when it is to go on.</summary>
    public IObservable<bool> IsOpen => _isOpen.AsObservable();

    public bool IsPaused => !_isOpen.Value;

    /// <summary>Is cancelled when the user has had enough.</summary>
    public CancellationToken Stop => _stop.Token;

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _following;
        _isOpen.Dispose();
        _stop.Dispose();
        _closing.Dispose();
    }

    private async Task FollowAsync(IAsyncEnumerable<char> keys)
    {
        try
        {
            await foreach (var key in keys.WithCancellation(_closing.Token).ConfigureAwait(false))
                Press(key);
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            // The answer is over.
        }
        catch (Exception gone) when (gone is IOException or InvalidOperationException)
        {
            // There is no keyboard any more. Ctrl+C is a signal, and comes all the same.
        }
    }

    private void Press(char key)
    {
        switch (key)
        {
            case 'p' or 'P' when !_stop.IsCancellationRequested:
                _isOpen.OnNext(IsPaused);
                break;
            case 's' or 'S':
                _stop.Cancel();
                _isOpen.OnNext(true); // a shut valve would keep the end to itself
                break;
        }
    }
}
