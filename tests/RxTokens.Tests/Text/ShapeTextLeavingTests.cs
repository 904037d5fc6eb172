using System.Reactive.Linq;
using NUnit.Framework;

namespace RxTokens.Tests.Text;

/// <summary>
/// Cancelled or left at every frame of a stream, with every kind of shape, source and consumer: what has come by then is the beginning of what would
/// have come, the end is told once, and the source and every shape are disposed, once and by nobody in the middle of a read.
/// </summary>
[Category(Categories.Long)]
[Parallelizable(ParallelScope.Children)] // many, and each on a clock of its own
public class ShapeTextLeavingTests
{
    private const string Diagram = "-a-b--7-c-d---8--9e-|";
    private const int LastOfTheSource = 20;

    private static readonly string[] Ends = ["cancelled", "left", "cancelled, then left", "left, then cancelled"];

    private static readonly (string Name, Action<PullProbe<string>> SetUp)[] Sources =
    [
        ("prompt", _ => { }),
        ("slow to be disposed", source => source.DisposalFrames = 2),
        ("deaf to its token", source => source.IgnoresCancellation = true),
        ("fails while it cleans up", source => source.DisposalFailure = Marbles.Failure),
    ];

    private static readonly Dictionary<string, Func<VirtualClock, IAsyncEnumerable<string>, IAsyncEnumerable<string>>> Shapes = new()
    {
        ["as it is"] = (_, texts) => texts,
        ["Conflate"] = (_, texts) => texts.Conflate(),
        ["Buffered"] = (_, texts) => texts.Buffered(2),
        ["Through a buffer"] = (clock, texts) => texts.Through(o => o.Buffer(TimeSpan.FromMilliseconds(3), clock).Select(pieces => string.Concat(pieces))),
        ["ends after one"] = (_, texts) => First(texts),
        ["reads nothing"] = (clock, _) => ReadsNothing(clock),
        ["takes its time"] = (clock, texts) => Slowly(clock, texts),
        ["holds all"] = (_, texts) => Whole(texts),
        ["catches what ends it"] = (_, texts) => Catching(texts),
        ["gives up its reads"] = (clock, texts) => Impatient(clock, texts),
        ["slow to be disposed"] = (clock, texts) => new SlowToGo(clock, texts),
    };

    private static readonly string[] Names = [.. Shapes.Keys];

    [Test]
    public void AtEachFrame([ValueSource(nameof(Names))] string shape, [ValueSource(nameof(Ends))] string end, [Values(0, 3)] int busy)
    {
        foreach (var (name, setUp) in Sources)
        {
            var whole = Play(shape, setUp, busy, "not at all", frame: 0).Received;
            Assert.That(whole, Is.Not.Empty);
            for (var frame = 0; frame <= LastOfTheSource + 4; frame++)
            {
                var what = $"{name}, {shape}, {end} at frame {frame}";
                var (received, failures, isOver, source, disposals) = Play(shape, setUp, busy, end, frame);
                Assert.That(whole, Does.StartWith(received), what);
                Assert.That(source.Violations, Is.Empty, what);
                Assert.That(source.Disposals, Has.Count.EqualTo(source.Enumerations.Count), what);
                Assert.That(source.Enumerations, Has.Count.LessThanOrEqualTo(1), what);
                Assert.That(disposals, Has.All.EqualTo(1), $"{what}: each shape's disposals");
                Assert.That(isOver, Is.True, $"{what}: all has ended");
                if (end == "cancelled" && frame < LastOfTheSource)
                    Assert.That(failures, Has.Some.InstanceOf<OperationCanceledException>(), what);
                if (source.DisposalFailure is { } failure && source.Enumerations.Count > 0)
                    Assert.That(failures, Has.Some.SameAs(failure), $"{what}: the failure of the disposal is told");
                Assert.That(failures.Where(failure => failure is not OperationCanceledException), Has.All.SameAs(source.DisposalFailure), what);
            }
        }
    }

    private static (string Received, IReadOnlyList<Exception> Failures, bool IsOver, PullProbe<string> Source, IReadOnlyList<int> Disposals) Play(
        string shape, Action<PullProbe<string>> setUp, int busy, string end, int frame)
    {
        var clock = new VirtualClock();
        var source = clock.Pull(Marbles.Of(Diagram));
        setUp(source);
        var runs = new List<Counted>();
        using var cancellation = new CancellationTokenSource();
        var shaped = source.ShapeText(text => char.IsDigit(text[0]) ? null : text, (_, text) => text, texts =>
        {
            var run = new Counted(Shapes[shape](clock, texts));
            runs.Add(run);
            return run;
        });
        var consumer = clock.Consume(shaped, cancellation.Token);
        var asking = consumer.AskForAll(TimeSpan.FromMilliseconds(busy));
        var tasks = new List<Task> { asking };
        clock.At(frame, () =>
        {
            foreach (var step in end.Split(", then "))
            {
                if (step == "cancelled")
                    cancellation.Cancel();
                else if (step == "left")
                    tasks.Add(consumer.Leave());
            }
        });
        clock.Start();
        var failures = consumer.Received.Select(m => m.Notification.Exception).Concat(tasks.SelectMany(task => task.Exception?.InnerExceptions ?? Enumerable.Empty<Exception>()));
        return (string.Concat(consumer.Items), [.. failures.OfType<Exception>().SelectMany(All)], tasks.TrueForAll(task => task.IsCompleted), source, [.. runs.SelectMany(run => run.Disposals)]);
    }

    private static IEnumerable<Exception> All(Exception failure) => failure is AggregateException several ? several.InnerExceptions.SelectMany(All) : [failure];

    private static async IAsyncEnumerable<string> First(IAsyncEnumerable<string> texts)
    {
        await foreach (var text in texts.ConfigureAwait(false))
        {
            yield return text;
            yield break;
        }
    }

    private static async IAsyncEnumerable<string> ReadsNothing(VirtualClock clock)
    {
        await clock.Delay(TimeSpan.FromMilliseconds(2)).ConfigureAwait(false);
        yield return "x";
        await clock.Delay(TimeSpan.FromMilliseconds(2)).ConfigureAwait(false);
    }

    private static async IAsyncEnumerable<string> Slowly(VirtualClock clock, IAsyncEnumerable<string> texts)
    {
        await foreach (var text in texts.ConfigureAwait(false))
        {
            await clock.Delay(TimeSpan.FromMilliseconds(2)).ConfigureAwait(false);
            yield return text;
        }
    }

    private static async IAsyncEnumerable<string> Whole(IAsyncEnumerable<string> texts)
    {
        var whole = "";
        await foreach (var text in texts.ConfigureAwait(false))
            whole += text;
        yield return whole;
    }

    private static async IAsyncEnumerable<string> Catching(IAsyncEnumerable<string> texts)
    {
        await using var reading = texts.GetAsyncEnumerator();
        while (await HasNext().ConfigureAwait(false))
            yield return reading.Current;

        async ValueTask<bool> HasNext()
        {
            try
            {
                return await reading.MoveNextAsync().ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return false;
            }
        }
    }

    /// <summary>Gives a read two frames, and ends then: the read goes on, and is the next one's.</summary>
    private static async IAsyncEnumerable<string> Impatient(VirtualClock clock, IAsyncEnumerable<string> texts)
    {
        using var patience = new CancellationTokenSource();
        await using var reading = texts.GetAsyncEnumerator(patience.Token);
        while (await HasNext().ConfigureAwait(false))
            yield return reading.Current;

        async ValueTask<bool> HasNext()
        {
            var isWaiting = true;
            clock.At(clock.Frame + 2, () =>
            {
                if (isWaiting)
                    patience.Cancel();
            });
            try
            {
                return await reading.MoveNextAsync().ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return false;
            }
            finally
            {
                isWaiting = false;
            }
        }
    }

    /// <summary>Passes all on, and its disposal takes two frames.</summary>
    private sealed class SlowToGo(VirtualClock clock, IAsyncEnumerable<string> texts) : IAsyncEnumerable<string>
    {
        public IAsyncEnumerator<string> GetAsyncEnumerator(CancellationToken cancellationToken = default) => new Reading(clock, texts.GetAsyncEnumerator(cancellationToken));

        private sealed class Reading(VirtualClock clock, IAsyncEnumerator<string> inner) : IAsyncEnumerator<string>
        {
            public string Current => inner.Current;

            public ValueTask<bool> MoveNextAsync() => inner.MoveNextAsync();

            public async ValueTask DisposeAsync()
            {
                await clock.Delay(TimeSpan.FromMilliseconds(2)).ConfigureAwait(false);
                await inner.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Counts the disposals of each of its enumerations, and of reads after that or during another.</summary>
    private sealed class Counted(IAsyncEnumerable<string> inner) : IAsyncEnumerable<string>
    {
        private readonly List<Reading> _readings = [];

        public IEnumerable<int> Disposals => _readings.Select(reading => reading.Disposals);

        public IAsyncEnumerator<string> GetAsyncEnumerator(CancellationToken cancellationToken = default)
        {
            var reading = new Reading(inner.GetAsyncEnumerator(cancellationToken));
            _readings.Add(reading);
            return reading;
        }

        private sealed class Reading(IAsyncEnumerator<string> inner) : IAsyncEnumerator<string>
        {
            private bool _isReading;

            public int Disposals { get; private set; }

            public string Current => inner.Current;

            public async ValueTask<bool> MoveNextAsync()
            {
                Assert.That((_isReading, Disposals), Is.EqualTo((false, 0)), "one read at a time, none after the disposal");
                _isReading = true;
                try
                {
                    return await inner.MoveNextAsync().ConfigureAwait(false);
                }
                finally
                {
                    _isReading = false;
                }
            }

            public ValueTask DisposeAsync()
            {
                Assert.That(_isReading, Is.False, "no disposal during a read");
                Disposals++;
                return inner.DisposeAsync();
            }
        }
    }
}
