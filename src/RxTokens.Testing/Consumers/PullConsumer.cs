using System.Diagnostics;
using System.Reactive;

namespace RxTokens;

/// <summary>A consumer of a pull stream that asks when the test says so, and records what it gets and when.</summary>
/// <typeparam name="T">The type of the items.</typeparam>
[DebuggerDisplay("Received = {Received.Count}, IsWaiting = {IsWaiting}")]
public sealed class PullConsumer<T>
{
    private readonly Timeline _clock;
    private readonly IAsyncEnumerator<T> _enumerator;
    private readonly List<Marble<T>> _received = [];
    private int _postponed;

    internal PullConsumer(Timeline clock, IAsyncEnumerator<T> enumerator)
    {
        _clock = clock;
        _enumerator = enumerator;
    }

    /// <summary>What has arrived, with the times.</summary>
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
                _received.Add(new Marble<T>(_clock.Now, Notification.CreateOnNext(_enumerator.Current)));
                return true;
            }

            _received.Add(new Marble<T>(_clock.Now, Notification.CreateOnCompleted<T>()));
        }
        catch (Exception failure)
        {
            _received.Add(new Marble<T>(_clock.Now, Notification.CreateOnError<T>(failure)));
        }
        finally
        {
            IsWaiting = false;
        }

        HasEnded = true;
        return false;
    }

    /// <summary>Asks at each of these frames, or, where a request is unanswered then, as soon as it is answered.</summary>
    /// <param name="frames">The frames, none in the past.</param>
    /// <returns>This consumer.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="frames"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A frame is in the past.</exception>
    public PullConsumer<T> AskAt(params IReadOnlyList<long> frames)
    {
        ArgumentNullException.ThrowIfNull(frames);

        foreach (var frame in frames)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(frame, _clock.Frame, nameof(frames));
            _clock.At(frame * _clock.FrameSize, this, "consumer", AskInTurn);
        }

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
                await Pause(time).ConfigureAwait(false);
        }

        await Leave().ConfigureAwait(false);
    }

    // Nobody waits for it: it is work of the clock, and Ask records every failure instead of throwing it.
    private async void AskInTurn()
    {
        _postponed++;
        if (IsWaiting)
            return;

        while (_postponed > 0 && !IsWaiting)
        {
            _postponed--;
            await Ask().ConfigureAwait(false);
        }
    }

    private Task Pause(TimeSpan time)
    {
        // Continued inside the clock's run, as everything here.
        var pause = new TaskCompletionSource();
        _clock.At(_clock.Now + time, this, "consumer", pause.SetResult);
        return pause.Task;
    }

    /// <summary>Disposes the enumeration.</summary>
    /// <returns>A task that ends when it is disposed.</returns>
    public Task Leave() => _enumerator.DisposeAsync().AsTask();
}
