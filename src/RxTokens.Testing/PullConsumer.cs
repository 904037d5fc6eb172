using System.Diagnostics;

namespace RxTokens;

/// <summary>A consumer of a pull stream that asks when the test says so, and records what it gets at which frame.</summary>
/// <typeparam name="T">The type of the items.</typeparam>
[DebuggerDisplay("Received = {Received.Count}, IsWaiting = {IsWaiting}")]
public sealed class PullConsumer<T>
{
    private readonly VirtualClock _clock;
    private readonly IAsyncEnumerator<T> _enumerator;
    private readonly List<Marble<T>> _received = [];

    internal PullConsumer(VirtualClock clock, IAsyncEnumerator<T> enumerator)
    {
        _clock = clock;
        _enumerator = enumerator;
    }

    /// <summary>What has arrived, with the frames.</summary>
    public IReadOnlyList<Marble<T>> Received => _received;

    /// <summary>The items that have arrived.</summary>
    public IReadOnlyList<T> Items => [.. _received.Where(m => m.Notification.HasValue).Select(m => m.Notification.Value)];

    /// <summary>Whether a request is unanswered.</summary>
    public bool IsWaiting { get; private set; }

    /// <summary>Whether the stream has ended.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Asks for one item. What awaits the task continues inside the clock's run.</summary>
    /// <returns>Whether there was one; a failure of the stream is recorded and counts as its end.</returns>
    public async Task<bool> Ask()
    {
        IsWaiting = true;
        try
        {
            if (await _enumerator.MoveNextAsync().ConfigureAwait(false))
            {
                _received.Add(Marble.Next(_clock.Frame, _enumerator.Current));
                return true;
            }

            _received.Add(Marble.End<T>(_clock.Frame));
        }
        catch (Exception failure)
        {
            _received.Add(Marble.Error<T>(_clock.Frame, failure));
        }
        finally
        {
            IsWaiting = false;
        }

        HasEnded = true;
        return false;
    }

    /// <summary>Asks at each of these frames.</summary>
    /// <param name="frames">The frames, none in the past.</param>
    /// <returns>This consumer.</returns>
    public PullConsumer<T> AskAt(params IReadOnlyList<long> frames)
    {
        ArgumentNullException.ThrowIfNull(frames);

        foreach (var frame in frames)
            _clock.At(frame, () => _ = Ask());
        return this;
    }

    /// <summary>Asks for everything, taking a time over each item, and leaves at the end.</summary>
    /// <param name="time">How long the consumer is busy with each item.</param>
    /// <returns>A task that ends when the stream has ended and is disposed.</returns>
    public async Task AskForAll(TimeSpan time = default)
    {
        while (await Ask().ConfigureAwait(false))
        {
            if (time > TimeSpan.Zero)
                await _clock.Delay(time).ConfigureAwait(false);
        }

        await Leave().ConfigureAwait(false);
    }

    /// <summary>Disposes the enumeration.</summary>
    /// <returns>A task that ends when it is disposed.</returns>
    public Task Leave() => _enumerator.DisposeAsync().AsTask();
}
