using System.Reactive.Linq;
using NUnit.Framework;

namespace RxTokens.Tests.Issues;

/// <summary>
/// Bounds and cancellation hold from the first item of a push source that says everything inside its <c>Subscribe</c>
/// (dotnet/reactive#901, #1105, #408, #71).
/// </summary>
public class ColdPushSourcesTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private static readonly (string Name, Func<Action<int>, IObservable<int>> Create)[] Cold =
    [
        ("Repeat", watch => Observable.Repeat(1).Do(watch)),
        ("Range", watch => Observable.Range(0, int.MaxValue).Do(watch)),
        ("Generate", watch => Observable.Generate(0, _ => true, i => i, i => i).Do(watch)),
        ("ToObservable", watch => Enumerable.Range(0, int.MaxValue).ToObservable().Do(watch)),
        ("AsObservable", watch => new ReadySource<int>(i => i).AsObservable().Do(watch)),
    ];

    private static IEnumerable<TestCaseData> Failing() => Cases(
        ("Buffered", s => s.Buffered(10).Select(x => $"{x}")),
        ("Conflate text", s => s.Select(_ => "a").Conflate(maxChars: 10)),
        ("Through, alone", s => AsyncEnumerable.Range(0, 3).Through(_ => s.Select(_ => ""), maxPending: 10)),
        ("Through, merged", s => AsyncEnumerable.Range(0, 3).Through(o => o.Merge(s).Select(_ => ""), maxPending: 10)),
        ("Through, concatenated", s => AsyncEnumerable.Range(0, 3).Through(o => o.Concat(s).Select(_ => ""), maxPending: 10)));

    private static IEnumerable<TestCaseData> Endless() => Cases(
        ("KeepLatest", s => s.KeepLatest().Select(x => $"{x}")),
        ("Conflate merge", s => s.Conflate((_, y) => y).Select(x => $"{x}")),
        ("Conflate seed add", s => s.Conflate(x => x, (_, y) => y).Select(x => $"{x}")),
        ("Buffered DropOldest", s => s.Buffered(10, Overflow.DropOldest).Select(x => $"{x}")),
        ("Buffered DropNewest", s => s.Buffered(10, Overflow.DropWrite).Select(x => $"{x}")),
        ("Conflate text of nothing", s => s.Select(_ => "").Conflate()),
        ("Through, never a result", s => AsyncEnumerable.Range(0, 3).Through(o => o.Merge(s).Where(_ => false).Select(_ => ""))));

    private static IEnumerable<TestCaseData> Cases(params (string Name, Func<IObservable<int>, IAsyncEnumerable<string>> Over)[] operators) =>
        from o in operators
        from source in o == operators[0] ? Cold : [Cold[0], Cold[^1]]
        select new TestCaseData(o.Over, source.Create).SetArgDisplayNames(o.Name, source.Name);

    [TestCaseSource(nameof(Failing))]
    public void ABound_EndsItAfterAHandfulOfPushes(Func<IObservable<int>, IAsyncEnumerable<string>> over, Func<Action<int>, IObservable<int>> create)
    {
        var source = new Watched(create);
        var (hasEnded, failure) = source.Read(over, default);

        Assert.That(hasEnded, Is.True, $"it still reads after {Patience}, and {source.Pushes} pushes");
        Assert.That(failure, Is.TypeOf<BackpressureException>());
        Assert.That(source.Pushes, Is.LessThan(30));
    }

    [TestCaseSource(nameof(Endless))]
    public void ACancellationFromAnotherThread_EndsIt(Func<IObservable<int>, IAsyncEnumerable<string>> over, Func<Action<int>, IObservable<int>> create)
    {
        using var cancellation = new CancellationTokenSource(TimeSpan.FromMilliseconds(30));
        var source = new Watched(create);
        var (hasEnded, failure) = source.Read(over, cancellation.Token);

        Assert.That(hasEnded, Is.True, $"it still reads after {Patience}, and {source.Pushes} pushes");
        Assert.That(failure, Is.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public void Leaving_FromAnotherThread_EndsIt()
    {
        var source = new Watched(Cold[0].Create);
        IAsyncEnumerator<int>? reading = null;
        var isLeft = false;
        var (hasEnded, _) = source.Read(
            s =>
            {
                reading = s.KeepLatest().GetAsyncEnumerator();
                _ = Task.Run(async () =>
                {
                    while (source.Pushes < 1000)
                        await Task.Yield();
                    await reading.DisposeAsync();
                    isLeft = true;
                });
                return Rest(reading);
            },
            default);

        Assert.That(hasEnded, Is.True);
        Assert.That(() => Volatile.Read(ref isLeft), Is.True.After(2000, 5));

        static async IAsyncEnumerable<string> Rest(IAsyncEnumerator<int> reading)
        {
            while (await reading.MoveNextAsync())
                yield return "";
        }
    }

    [Test]
    public void ASubscribeThatNeverReturns_IsUnsubscribedAtItsFirstChance()
    {
        // What is unsubscribed during its Subscribe is so when that returns: the disposable comes too late for the loop, not for the rest.
        var isDisposed = false;
        var stream = new RawObservable<int>(observer =>
        {
            for (var i = 0; i < 100; i++)
                observer.OnNext(i);
            return System.Reactive.Disposables.Disposable.Create(() => isDisposed = true);
        }).Buffered(10);

        Assert.That(() => stream.Drain(), Throws.TypeOf<BackpressureException>());
        Assert.That(isDisposed, Is.True);
    }

    /// <summary>A source that counts, and that can be stopped when the test has seen enough: it would run for ever.</summary>
    private sealed class Watched(Func<Action<int>, IObservable<int>> create)
    {
        private long _pushes;
        private volatile bool _isOver;

        public long Pushes => Volatile.Read(ref _pushes);

        /// <summary>Reads everything on a thread of its own, for as long as the test has patience.</summary>
        public (bool HasEnded, Exception? Failure) Read(Func<IObservable<int>, IAsyncEnumerable<string>> over, CancellationToken cancellationToken)
        {
            Exception? failure = null;
            var counted = create(_ =>
            {
                Volatile.Write(ref _pushes, _pushes + 1);
                if (_isOver)
                    throw new TimeoutException("the test is over");
            });
            var thread = new Thread(() =>
            {
                try
                {
                    over(counted).Drain(cancellationToken).GetAwaiter().GetResult();
                }
                catch (Exception thrown)
                {
                    failure = thrown;
                }
            })
            {
                IsBackground = true,
            };
            thread.Start();
            var hasEnded = thread.Join(Patience);
            _isOver = true;
            thread.Join(Patience);
            return (hasEnded, failure);
        }
    }
}
