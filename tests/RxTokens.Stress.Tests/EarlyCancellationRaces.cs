using System.Reactive.Linq;
using System.Reactive.Subjects;

namespace RxTokens.Stress;

/// <summary>Nested operators that are cancelled, or left, in the moment they start: they end, dispose their source, and nothing throws inside.</summary>
public sealed class EarlyCancellationRaces
{
    private static readonly (string Name, Func<IAsyncEnumerable<int>, IAsyncEnumerable<int>> Over)[] Operators =
    [
        ("Through", s => s.Through(o => o)),
        ("SelectAwait", s => s.SelectAwait((x, _) => ValueTask.FromResult(x), maxConcurrency: 1)),
        ("Buffered", s => s.Buffered(2)),
        ("DropOldest", s => s.Buffered(2, Overflow.DropOldest)),
        ("Conflate", s => s.Conflate((x, y) => x + y)),
        ("KeepLatest", s => s.KeepLatest()),
    ];

    private static readonly (string Name, Func<IObservable<int>, IAsyncEnumerable<int>> Over)[] OverPush =
    [
        ("Buffered", s => s.Buffered(2)),
        ("Conflate", s => s.Conflate((x, y) => x + y)),
        ("KeepLatest", s => s.KeepLatest()),
    ];

    private static IEnumerable<TestCaseData> Outer => Operators.Select(o => new TestCaseData(o.Over).SetArgDisplayNames(o.Name));

    [TestCaseSource(nameof(Outer))]
    public void CancelledWhileItStarts_OverAPullSource_Ends(Func<IAsyncEnumerable<int>, IAsyncEnumerable<int>> outer) => CancelledWhileItStarts(n =>
    {
        var source = new Empty();
        return (outer(Operators[n % Operators.Length].Over(source)), error =>
        {
            Assert.That(error, Is.Null.Or.InstanceOf<OperationCanceledException>());
            Assert.That(source.Disposals, Is.EqualTo(source.Enumerations));
        });
    });

    [TestCaseSource(nameof(Outer))]
    public void CancelledWhileItStarts_OverAPushSource_Ends(Func<IAsyncEnumerable<int>, IAsyncEnumerable<int>> outer) => CancelledWhileItStarts(n =>
    {
        var source = new Subject<int>();
        return (outer(OverPush[n % OverPush.Length].Over(source)), error =>
        {
            Assert.That(error, Is.InstanceOf<OperationCanceledException>());
            Assert.That(source.HasObservers, Is.False);
        });
    });

    /// <param name="make">The stream of this try, and what holds of its end.</param>
    private static void CancelledWhileItStarts(Func<int, (IAsyncEnumerable<int> Stream, Action<Exception?> Check)> make)
    {
        using var faults = new Faults();
        var next = 0;
        Lockstep.Run(TimeSpan.FromSeconds(1), spins: 1500, random =>
        {
            var (stream, check) = make(next++);
            var cancellation = new CancellationTokenSource();
            var consumer = new LeanConsumer<int>(stream, cancellation.Token);
            return new Lockstep.Try(
                meeting =>
                {
                    meeting.Now();
                    Thread.SpinWait(random.Next(20));
                    consumer.Run();
                },
                cancellation.Cancel,
                () => consumer.HasEnded,
                () =>
                {
                    faults.Check();
                    check(consumer.Error);
                });
        });
    }

    [TestCaseSource(nameof(Outer))]
    public void LeftWhileItStarts_OverAPullSource_Ends(Func<IAsyncEnumerable<int>, IAsyncEnumerable<int>> outer)
    {
        using var faults = new Faults();
        var next = 0;
        Lockstep.Run(TimeSpan.FromSeconds(1), spins: 1500, random =>
        {
            var source = new Empty();
            var reading = outer(Operators[next++ % Operators.Length].Over(source)).GetAsyncEnumerator();
            Task<bool>? asked = null;
            Task? left = null;
            return new Lockstep.Try(
                meeting =>
                {
                    meeting.Now();
                    Thread.SpinWait(random.Next(20));
                    asked = reading.MoveNextAsync().AsTask();
                },
                () => left = reading.DisposeAsync().AsTask(),
                () => asked!.IsCompleted && left!.IsCompleted,
                () =>
                {
                    faults.Check();
                    Assert.That((asked!.Result, left!.IsCompletedSuccessfully), Is.EqualTo((false, true)));
                    Assert.That(source.Disposals, Is.EqualTo(source.Enumerations));
                });
        });
    }

    // Code that was never run before: what the first pipeline of a process is. The windows are milliseconds wide then.

    [Test]
    public void CancelledWhileItStarts_InColdCode_Ends()
    {
        using var faults = new Faults();
        var random = new Random(1);
        Next<int>(60);

        void Next<T>(int depth)
        {
            var source = new EmptyOf<T>();
            using var cancellation = new CancellationTokenSource();
            var consumer = new LeanConsumer<T>(source.Buffered(2).KeepLatest(), cancellation.Token);
            var late = TimeSpan.FromMilliseconds(random.NextDouble() * 12);
            var isReady = false;
            var canceller = new Thread(() =>
            {
                var start = System.Diagnostics.Stopwatch.GetTimestamp();
                Volatile.Write(ref isReady, true);
                while (System.Diagnostics.Stopwatch.GetElapsedTime(start) < late)
                    Thread.Yield();
                cancellation.Cancel();
            })
            {
                IsBackground = true,
            };
            canceller.Start();
            Race.Until(() => Volatile.Read(ref isReady));
            consumer.Run();
            canceller.Join();

            Assert.That(Race.Until(() => consumer.HasEnded), Is.True, "cancelled, and it does not end");
            faults.Check();
            Assert.That(source.Disposals, Is.EqualTo(source.Enumerations));
            if (depth > 0)
                Next<Wrapped<T>>(depth - 1);
        }
    }

    /// <summary>Another value type each time it is wrapped, whose code nobody has compiled yet.</summary>
    private readonly record struct Wrapped<T>(T Value, byte Padding);

    private sealed class Empty : EmptyOf<int>;

    private class EmptyOf<T> : IAsyncEnumerable<T>, IAsyncEnumerator<T>
    {
        private volatile int _enumerations;
        private volatile int _disposals;

        public int Enumerations => _enumerations;

        public int Disposals => _disposals;

        public T Current => default!;

        public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default)
        {
            _enumerations++;
            return this;
        }

        public ValueTask<bool> MoveNextAsync() => new(false);

        public ValueTask DisposeAsync()
        {
            _disposals++;
            return default;
        }
    }

    /// <summary>Sees the faults that are thrown inside, although they are caught there and put away.</summary>
    private sealed class Faults : IDisposable
    {
        private volatile Exception? _first;

        public Faults() => AppDomain.CurrentDomain.FirstChanceException += OnThrown;

        public void Check() => Assert.That(_first, Is.Null, () => _first!.ToString());

        public void Dispose() => AppDomain.CurrentDomain.FirstChanceException -= OnThrown;

        private void OnThrown(object? sender, System.Runtime.ExceptionServices.FirstChanceExceptionEventArgs thrown)
        {
            if (thrown.Exception is NullReferenceException)
                _first = thrown.Exception;
        }
    }
}
