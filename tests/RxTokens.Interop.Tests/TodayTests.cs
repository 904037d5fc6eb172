using System.Reactive.Linq;
using System.Reactive.Subjects;

namespace RxTokens.Interop.Tests;

/// <summary>
/// What the bridges of today do and what ours do in their place, side by side, where it can be run without ending the test process.
/// When a claim about somebody else stops being true, its test fails and the comparison in the documentation has to be corrected.
/// </summary>
public class TodayTests
{
    // System.Linq.Async 7.0.1, as 6.0.1 before it, reads inside Subscribe, before the subscriber has the disposable that would stop it.

    [Test]
    public void Today_TakeFive_OfASynchronousSource_ReadsAllOfIt()
    {
        var source = new CountingSource(10_000);

        var items = source.ToObservable().Take(5).ToEnumerable().ToList();

        Assert.That(items, Has.Count.EqualTo(5));
        Assert.That(source.Reads, Is.GreaterThanOrEqualTo(10_000));
    }

    [Test]
    public void Ours_TakeFive_OfASynchronousSource_ReadsFive()
    {
        var source = new CountingSource(10_000);

        var items = source.AsObservable().Take(5).ToEnumerable().ToList();

        Assert.That(items, Has.Count.EqualTo(5));
        Assert.That((source.Reads, source.Disposals), Is.EqualTo((5, 1)));
    }

    // dotnet/reactive#1677: a throw from GetAsyncEnumerator leaves System.Linq.Async's ToObservable through an async void method, which
    // ends the process. Under a synchronization context such a throw is posted there, so that it can be seen here.

    [Test]
    public void Today_ThrowFromGetAsyncEnumerator_EscapesTheStream()
    {
        var seen = new Seen();
        var context = new RecordingContext();

        context.Run(() => new UnopenableSource().ToObservable().Subscribe(seen.OnNext, seen.OnError, seen.OnCompleted));

        Assert.That(seen.Log, Is.Empty, "the observer is told nothing");
        Assert.That(context.Escaped, Is.TypeOf<IOException>(), "without a context this would have been an unhandled exception");
    }

    [Test]
    public void Ours_ThrowFromGetAsyncEnumerator_IsOnError()
    {
        var seen = new Seen();
        var context = new RecordingContext();

        context.Run(() => new UnopenableSource().AsObservable().Subscribe(seen.OnNext, seen.OnError, seen.OnCompleted));

        Assert.That(seen.Log, Is.EqualTo(new[] { "IOException" }));
        Assert.That(context.Escaped, Is.Null);
    }

    // dotnet/reactive#2212: unsubscribing while a read is pending ends, intermittently, in a NotSupportedException out of the
    // DisposeAsync of a compiler-made iterator, on a thread where nobody can catch it. Not provoked here; ours must be clean.

    [Test]
    [CancelAfter(10_000)]
    public async Task Ours_DisposeDuringAPendingRead_RunsTheIteratorsFinally(CancellationToken cancellationToken)
    {
        var silent = new SilentSource();
        var seen = new Seen();

        var subscription = silent.Items().AsObservable().Subscribe(seen.OnNext, seen.OnError, seen.OnCompleted);
        subscription.Dispose();

        await silent.CleanedUp.WaitAsync(cancellationToken);
        Assert.That(seen.Log, Is.Empty);
    }

    [Test]
    [CancelAfter(10_000)]
    public async Task Ours_DisposeAsyncDuringAPendingRead_WaitsForTheIteratorsFinally(CancellationToken cancellationToken)
    {
        var silent = new SilentSource();
        var items = silent.Items().Through(o => o).GetAsyncEnumerator(cancellationToken);
        var pending = items.MoveNextAsync();

        await items.DisposeAsync();

        Assert.That(silent.CleanedUp.IsCompletedSuccessfully);
        Assert.That(await pending, Is.False);
    }

    // dotnet/reactive#1157, #968 (an enumeration of an observable that is cancelled never ends; closed) and #1726 (it ends in a
    // NullReferenceException, a race; open). The races are not provoked here; ours must end, each time the same way.

    [Test]
    [CancelAfter(10_000)]
    public void Ours_CancelledEnumerationOfAPushSource_EndsAtOnce_AndUnsubscribes(CancellationToken cancellationToken)
    {
        using var subject = new Subject<int>();
        using var cancellation = new CancellationTokenSource();
        var items = subject.Buffered(4).GetAsyncEnumerator(cancellation.Token);
        var pending = items.MoveNextAsync();

        cancellation.Cancel();

        Assert.That(pending.IsCompleted);
        Assert.That(async () => await pending, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(subject.HasObservers, Is.False);
    }

    // dotnet/reactive#1144: ToObservable over a source that completes synchronously overflowed the stack after some 2,800 items
    // (System.Linq.Async 4.0; closed).

    [Test]
    public void Ours_AMillionSynchronousItems_UseConstantStack()
    {
        var deepest = 0;

        new CountingSource(1_000_000).AsObservable().Subscribe(n =>
        {
            if (n % 100_000 == 0)
                deepest = Math.Max(deepest, new System.Diagnostics.StackTrace().FrameCount);
        });

        Assert.That(deepest, Is.LessThan(200));
    }

    // dotnet/reactive#19 asks for backpressure; without it, what a slow consumer has not taken is kept, without limit.

    [Test]
    public async Task Today_ASlowConsumerOfAPushSource_IsQueuedForWithoutLimit()
    {
        using var subject = new Subject<int>();

        var waited = await Backlog.OfAsync(subject.ToAsyncEnumerable(), 100_000, subject.OnNext, () => subject.OnCompleted());

        Assert.That(waited, Is.EqualTo(99_999), "every one of them was held in memory");
    }

    [Test]
    public async Task Ours_ASlowConsumerOfAPushSource_IsQueuedForUpToTheBound_ThenToldSo()
    {
        using var subject = new Subject<int>();
        await using var items = subject.Buffered(100).GetAsyncEnumerator();
        var first = items.MoveNextAsync();

        for (var n = 1; n <= 100_000; n++)
            subject.OnNext(n);

        Assert.That(await first);
        for (var waited = 0; waited < 100; waited++)
            Assert.That(await items.MoveNextAsync());
        Assert.That(async () => await items.MoveNextAsync(), Throws.TypeOf<BackpressureException>());
    }

    [Test]
    public async Task Today_ThereAndBack_ReadsTheWholeSourceForOneItem()
    {
        var source = new CountingSource(10_000);

        var first = await source.ToObservable().Where(n => n > 1).ToAsyncEnumerable().CollectAsync(atMost: 1);

        Assert.That(first, Is.EqualTo(new[] { 2 }));
        Assert.That(source.Reads, Is.GreaterThanOrEqualTo(10_000));
    }

    [Test]
    public async Task Ours_Through_ReadsWhatOneItemNeeds()
    {
        var source = new CountingSource(10_000);

        var first = await source.Through(o => o.Where(n => n > 1)).CollectAsync(atMost: 1);

        Assert.That(first, Is.EqualTo(new[] { 2 }));
        Assert.That((source.Reads, source.Disposals), Is.EqualTo((2, 1)));
    }

    private sealed class Seen
    {
        public List<string> Log { get; } = [];

        public void OnNext(int item) => Log.Add($"{item}");

        public void OnError(Exception error) => Log.Add(error.GetType().Name);

        public void OnCompleted() => Log.Add("completed");
    }
}
