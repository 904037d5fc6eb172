using System.Reactive;
using System.Reactive.Concurrency;
using System.Reactive.Linq;
using Microsoft.Reactive.Testing;

namespace RxTokens.Tests;

/// <summary>A consumer of a pull stream that asks when the test says so, and records what arrives when, as a TestScheduler's observer does.</summary>
internal sealed class TickConsumer<T>(VirtualTimeScheduler<long, long> clock, IAsyncEnumerable<T> stream)
{
    private readonly IAsyncEnumerator<T> _enumerator = stream.GetAsyncEnumerator();

    public List<Recorded<Notification<T>>> Messages { get; } = [];

    /// <summary>For example <c>210:a 230:|</c>.</summary>
    public override string ToString() => string.Join(' ', Messages.Select(m => m.Value.Kind switch
    {
        NotificationKind.OnNext => $"{m.Time}:{m.Value.Value}",
        NotificationKind.OnError => $"{m.Time}:#{m.Value.Exception!.GetType().Name}",
        _ => $"{m.Time}:|",
    }));

    public TickConsumer<T> AskAt(params long[] ticks)
    {
        foreach (var tick in ticks)
            clock.ScheduleAbsolute(tick, () => _ = Ask());
        return this;
    }

    /// <summary>Asks for everything, busy for some ticks with each item.</summary>
    public async Task AskForAll(long ticks)
    {
        while (await Ask())
            await Observable.Timer(TimeSpan.FromTicks(ticks), clock);
    }

    public async Task<bool> Ask()
    {
        try
        {
            var hasItem = await _enumerator.MoveNextAsync();
            Add(hasItem ? Notification.CreateOnNext(_enumerator.Current) : Notification.CreateOnCompleted<T>());
            return hasItem;
        }
        catch (Exception failure)
        {
            Add(Notification.CreateOnError<T>(failure));
            return false;
        }
    }

    public Task Leave() => _enumerator.DisposeAsync().AsTask();

    private void Add(Notification<T> message) => Messages.Add(new Recorded<Notification<T>>(clock.Clock, message));
}
