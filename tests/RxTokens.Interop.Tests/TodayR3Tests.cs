using R3;
using Bridge = R3.Observable; // its ToObservable would be ambiguous with System.Linq.Async's

namespace RxTokens.Interop.Tests;

/// <summary>What the bridges of R3 1.3 do, in the way of <see cref="TodayTests"/>, where ours are beside them.</summary>
public class TodayR3Tests
{
    [Test]
    public void TakeFive_OfASynchronousSource_ReadsAllOfIt()
    {
        var source = new CountingSource(10_000);
        var items = new List<int>();

        Bridge.ToObservable(source).Take(5).Subscribe(items.Add);

        Assert.That(items, Has.Count.EqualTo(5));
        Assert.That(source.Reads, Is.GreaterThanOrEqualTo(10_000));
    }

    [Test]
    public async Task ThereAndBack_ReadsTheWholeSourceForOneItem()
    {
        var source = new CountingSource(10_000);

        var first = await Bridge.ToObservable(source).Where(n => n > 1).ToAsyncEnumerable().CollectAsync(atMost: 1);

        Assert.That(first, Is.EqualTo(new[] { 2 }));
        Assert.That(source.Reads, Is.GreaterThanOrEqualTo(10_000));
    }

    // Cysharp/R3#361.

    [Test]
    public async Task ASlowConsumerOfAPushSource_IsQueuedForWithoutLimit()
    {
        using var subject = new Subject<int>();

        var waited = await Backlog.OfAsync(subject.ToAsyncEnumerable(), 100_000, subject.OnNext, () => subject.OnCompleted());

        Assert.That(waited, Is.EqualTo(99_999), "every one of them was held in memory");
    }

    [Test]
    public void AThrowFromGetAsyncEnumerator_IsTold()
    {
        var told = new List<Result>();
        var context = new RecordingContext();

        context.Run(() => Bridge.ToObservable(new UnopenableSource()).Subscribe(_ => { }, _ => { }, told.Add));

        Assert.That(told.Single().Exception, Is.TypeOf<IOException>());
        Assert.That(context.Escaped, Is.Null);
    }

    [Test]
    [CancelAfter(10_000)]
    public async Task DisposeDuringAPendingRead_RunsTheIteratorsFinally(CancellationToken cancellationToken)
    {
        var silent = new SilentSource();

        Bridge.ToObservable(silent.Items()).Subscribe(_ => { }).Dispose();

        await silent.CleanedUp.WaitAsync(cancellationToken);
    }

    [Test]
    [CancelAfter(10_000)]
    public async Task ACancelledEnumerationOfAPushSource_Ends_AndUnsubscribes(CancellationToken cancellationToken)
    {
        using var subject = new Subject<int>();
        using var cancellation = new CancellationTokenSource();
        var hasLeft = false;
        var items = subject.Do(onDispose: () => hasLeft = true).ToAsyncEnumerable(cancellation.Token).GetAsyncEnumerator(cancellation.Token);
        var pending = items.MoveNextAsync().AsTask();

        await cancellation.CancelAsync();

        Assert.That(async () => await pending.WaitAsync(cancellationToken), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(hasLeft, Is.True);
    }
}
