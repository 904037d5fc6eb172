using System.Collections;
using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using System.Reactive.Linq;

namespace RxTokens.Tests.Conceptual;

/// <summary>A clock, a source and a consumer, and what happens to them: for an operator, or for its model.</summary>
/// <remarks>
/// <para>The models are plain code, and plain code goes on where it is told to. The operators promise more: a consumer goes on when the reading
/// has gone as far as it can. So in a model's world everything has its turn: first each read that is ready, one after the other, then the
/// consumer, and only then the next work of the clock.</para>
/// </remarks>
public sealed class World(bool isOfModel)
{
    private const int EndOfTime = 2000; // for queries whose timers go on for ever

    private readonly Dictionary<string, List<string>> _log = [];
    private readonly Queue<Action> _reads = [];
    private readonly Queue<Action> _resumptions = [];
    private readonly List<PullProbe<int>> _sources = [];
    private int _continued;
    private SourceCase[] _continuations = [];
    private bool _hasReads = true;
    private bool _hasLeft;
    private bool _isOver;

    public VirtualClock Clock { get; } = new();

    public IAsyncEnumerable<int> Pull(SourceCase source) => InTurn(PullAtOnce(source), _reads);

    public IAsyncEnumerable<string> PullText(SourceCase source) => InTurn(PullAtOnce(source).Select(Text), _reads);

    /// <summary>For models that wait for one thing after the other.</summary>
    public IAsyncEnumerable<int> PullAtOnce(SourceCase source)
    {
        _sources.Add(new PullProbe<int>(Clock, source.Marbles) { IgnoresCancellation = source.IgnoresItsToken });
        return _sources[^1];
    }

    /// <summary>A source of which each enumeration is another; the last one again and again.</summary>
    public IAsyncEnumerable<int> PullInTurn(SourceCase[] sources) => new SourceInTurn<int>([.. sources.Select(Pull)]);

    /// <summary>The first of these sources; <see cref="Next"/> makes the others.</summary>
    public IAsyncEnumerable<int> PullFirst(SourceCase[] sources)
    {
        _continuations = sources;
        return Pull(sources[0]);
    }

    public IAsyncEnumerable<string> PullFirstText(SourceCase[] sources)
    {
        _continuations = sources;
        return PullText(sources[0]);
    }

    public IAsyncEnumerable<int>? Next(IReadOnlyList<int> received, Exception failure) => NextCase(string.Join(' ', received), failure) is { } source ? Pull(source) : null;

    public IAsyncEnumerable<string>? NextText(string received, Exception failure) => NextCase(received, failure) is { } source ? PullText(source) : null;

    private SourceCase? NextCase(string received, Exception failure)
    {
        Log("resumed", $"{received} {Name(failure)}");
        return ++_continued < _continuations.Length ? _continuations[_continued] : null;
    }

    public bool IsWorthIt(Exception failure)
    {
        Log("worth it?", Name(failure));
        return true;
    }

    public IObservable<int> Push(SourceCase source) => Clock.Cold(source.Marbles);

    public IObservable<string> PushText(SourceCase source) => Push(source).Select(Text);

    /// <summary>Reads that follow a failure are the operator's own affair.</summary>
    public World WithoutReads()
    {
        _hasReads = false;
        return this;
    }

    /// <summary>What is dropped because the consumer leaves is another test's business.</summary>
    public void Dropped(int item)
    {
        if (!_hasLeft)
            Log("dropped", item);
    }

    public void Failed(Exception failure) => Log("failed", Name(failure));

    public void Log(string what, object? value)
    {
        if (!_log.TryGetValue(what, out var entries))
            _log.Add(what, entries = []);
        entries.Add($"{Clock.Frame}:{(value is IEnumerable list and not string ? string.Join('+', list.Cast<object>()) : value)}");
    }

    public CancellationToken CancelledAt(int? frame)
    {
        var cancellation = new CancellationTokenSource();
        if (frame is { } at)
            Clock.At(at, cancellation.Cancel);
        return cancellation.Token;
    }

    public void Await(Func<Task> action) => Clock.At(0, async () =>
    {
        try
        {
            await action();
            Log("task", "completed");
        }
        catch (Exception failure)
        {
            Log("task", Name(failure));
        }
    });

    public void Observe<T>(IObservable<T> stream, int? leavesAt)
    {
        var subscription = new SingleAssignmentDisposable();
        if (leavesAt is { } frame)
            Clock.At(frame, subscription.Dispose); // before whatever else happens at that frame
        Clock.At(0, () => subscription.Disposable = stream.Subscribe(
            item => Log("items", item), failure => Log("ending", Name(failure)), () => Log("ending", "completed")));
    }

    /// <summary>One observer from the beginning, another from this frame on.</summary>
    public void ObserveBoth<T>(IObservable<T> stream, int at)
    {
        Observe(stream, leavesAt: null);
        Clock.At(at, () => Clock.Schedule(() => stream.Subscribe( // after all that happens in that frame
            item => Log("late items", item), failure => Log("late ending", Name(failure)), () => Log("late ending", "completed"))));
    }

    /// <summary>One consumer of the shared stream as it is, and another.</summary>
    public void ConsumeBoth<T>(SharedStream<T> shared, Func<SharedStream<T>, IAsyncEnumerable<T>> other, ConsumerCase one, ConsumerCase another)
    {
        Consume(shared.Join(1), one);
        Consume(other(shared), another, name: "the other's ");
    }

    /// <summary>Asks, is busy with what it gets, asks again; and after some items leaves or falls silent.</summary>
    public void Consume<T>(IAsyncEnumerable<T> stream, ConsumerCase consumer, CancellationToken cancellationToken = default, string name = "") => Clock.At(0, async () =>
    {
        var enumerator = InTurn(stream, _resumptions).GetAsyncEnumerator(cancellationToken);
        try
        {
            for (var taken = 0; taken != consumer.StopsAfter; taken++)
            {
                if (!await enumerator.MoveNextAsync())
                {
                    Log(name + "ending", "completed");
                    return;
                }

                Log(name + "items", enumerator.Current);
                if (consumer.Busy[taken % consumer.Busy.Length] is var busy and > 0)
                    await Clock.Delay(busy.Frames() + consumer.Lateness);
            }

            _hasLeft = consumer.Leaves;
            if (_hasLeft)
                await enumerator.DisposeAsync();
        }
        catch (Exception failure)
        {
            Log(name + "ending", Name(failure));
        }
    });

    /// <summary>Runs it all, and tells what happened.</summary>
    public string Run()
    {
        Clock.At(EndOfTime, () =>
        {
            _isOver = true;
            Clock.Stop();
        });
        do
            Clock.Start();
        while (TakeTurns() && !_isOver);

        if (_sources.Count > 0 && _hasReads)
            _log["reads"] = [.. from source in _sources.Select((probe, i) => (probe, i)) from frame in source.probe.Reads select $"{(source.i == 0 ? "" : $"{source.i}: ")}{frame}"];
        return string.Join('\n', _log.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => $"{entry.Key}: {string.Join(' ', entry.Value)}"));
    }

    private static string Name(Exception failure) => failure is OperationCanceledException ? "cancelled" : failure.GetType().Name;

    private static string Text(int item) => new((char)('a' + (item % 26)), (item * 5 % 4) + 1);

    private bool TakeTurns()
    {
        var hasAny = false;
        while (_reads.TryDequeue(out var turn) || _resumptions.TryDequeue(out turn))
        {
            hasAny = true;
            turn();
        }

        return hasAny;
    }

    private IAsyncEnumerable<T> InTurn<T>(IAsyncEnumerable<T> stream, Queue<Action> turns) => isOfModel ? new TurnTaker<T>(this, stream, turns) : stream;

    private Task Turn(Queue<Action> turns)
    {
        var turn = new TaskCompletionSource();
        turns.Enqueue(turn.SetResult);
        Clock.Stop(); // after the work that runs now
        return turn.Task;
    }

    private sealed class TurnTaker<T>(World world, IAsyncEnumerable<T> stream, Queue<Action> turns) : IAsyncEnumerable<T>
    {
        public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
            new Enumerator(world, stream.GetAsyncEnumerator(cancellationToken), turns);

        private sealed class Enumerator(World world, IAsyncEnumerator<T> inner, Queue<Action> turns) : IAsyncEnumerator<T>
        {
            public T Current => inner.Current;

            public async ValueTask<bool> MoveNextAsync()
            {
                try
                {
                    return await inner.MoveNextAsync();
                }
                finally
                {
                    await world.Turn(turns);
                }
            }

            public ValueTask DisposeAsync() => inner.DisposeAsync();
        }
    }
}

/// <summary>What a source does: an item after each of these frames (0 means that it is ready), then an ending; a dash is none.</summary>
public sealed record SourceCase(int[] Delays, char Ending)
{
    /// <summary>The items; counted from 0 if they are not given.</summary>
    public int[]? Values { get; init; }

    /// <summary>What it fails with.</summary>
    public Exception Failure { get; init; } = RxTokens.Tests.Marbles.Failure;

    /// <summary>Whether a read goes on though its token is cancelled.</summary>
    public bool IgnoresItsToken { get; init; }

    public IReadOnlyList<Marble<int>> Marbles
    {
        get
        {
            var marbles = new List<Marble<int>>();
            long frame = 0;
            foreach (var delay in Delays)
                marbles.Add(Marble.Next(frame += delay, Values?[marbles.Count] ?? marbles.Count));
            if (Ending == '|')
                marbles.Add(Marble.End<int>(frame + 1));
            if (Ending == '#')
                marbles.Add(Marble.Error<int>(frame + 1, Failure));
            return marbles;
        }
    }

    public override string ToString() => $"source [{string.Join(' ', Delays)}]{Ending}{(Values is null ? "" : $" of {string.Join(' ', Values)}")}{(IgnoresItsToken ? " that ignores its token" : "")}";
}

/// <summary>What a consumer does: is busy for these frames after each item; leaves after some items, or falls silent.</summary>
public sealed record ConsumerCase(int[] Busy, int? StopsAfter, bool Leaves)
{
    /// <summary>Added to each of the times; see the test of Through.</summary>
    public TimeSpan Lateness { get; init; }

    public override string ToString() => $"consumer busy [{string.Join(' ', Busy)}]{(StopsAfter is null ? "" : $" {(Leaves ? "leaves" : "is silent")} after {StopsAfter}")}";
}

internal static class Frame
{
    public static TimeSpan Frames(this int count) => TimeSpan.FromMilliseconds(count);
}
