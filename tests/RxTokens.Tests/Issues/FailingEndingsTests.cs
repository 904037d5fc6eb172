using System.Reactive.Disposables;
using System.Reactive.Linq;
using System.Threading.Tasks.Sources;
using NUnit.Framework;

namespace RxTokens.Tests.Issues;

/// <summary>A failure inside an ending is told, and does not take the ending with it.</summary>
public class FailingEndingsTests
{
    private VirtualClock _clock = null!;

    [SetUp]
    public void SetUp() => _clock = new VirtualClock();

    // An observer that throws behind SelectAwait

    [Test]
    public void AnObserverThatThrows_BehindAFunctionThatEndsLater_SurfacesWhereTheFunctionEnds([Values] bool ordered)
    {
        var work = new Work();
        var source = _clock.Pull(Marbles.Of("a"));
        source.SelectAwait((x, _) => work.Task, 1, ordered ? AwaitOrder.Source : AwaitOrder.Completion).AsObservable().Subscribe(_ => throw new FormatException("broken observer"));

        // As from an async void: to the context that the function ends in; without one it would end the process, as everywhere in Rx.
        var context = new Posted();
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(context);
        try
        {
            work.End("x");
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }

        Assert.That(context.Run, Throws.TypeOf<FormatException>());
        Assert.That(source.Disposals, Has.Count.EqualTo(1));
    }

    private sealed class Posted : SynchronizationContext
    {
        private Action? _work;

        public override void Post(SendOrPostCallback d, object? state) => _work += () => d(state);

        public void Run() => _work!.Invoke();
    }

    /// <summary>Work whose continuation runs inside <see cref="End"/>, which sees what it throws. (A task keeps that to itself.)</summary>
    private sealed class Work : IValueTaskSource<string>
    {
        private ManualResetValueTaskSourceCore<string> _promise;

        public ValueTask<string> Task => new(this, _promise.Version);

        public void End(string result) => _promise.SetResult(result);

        string IValueTaskSource<string>.GetResult(short token) => _promise.GetResult(token);

        ValueTaskSourceStatus IValueTaskSource<string>.GetStatus(short token) => _promise.GetStatus(token);

        void IValueTaskSource<string>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _promise.OnCompleted(continuation, state, token, flags);
    }

    // Unsubscribing from the requests fails

    [Test]
    public void UnsubscribingFromTheRequestsThatThrows_IsToldWithTheEnding()
    {
        foreach (var diagram in new[] { "a|", "a--|", "a#", "a--#" })
        {
            var clock = new VirtualClock();
            var requests = new StubbornRequests();
            var source = clock.Pull(Marbles.Of(diagram));
            var recorder = clock.Record<string>();
            using var subscription = source.OnDemand(requests).Subscribe(recorder);
            Assert.That(() => requests.Say(5), Throws.Nothing, diagram);
            Assert.That(clock.Start, Throws.Nothing, diagram);

            Assert.That(recorder.Items, Is.EqualTo(new[] { "a" }), diagram);
            Assert.That(Flatten(recorder.Received[^1].Notification.Exception), Has.Member(requests.Failure), diagram);
            Assert.That(Flatten(recorder.Received[^1].Notification.Exception).Contains(Marbles.Failure), Is.EqualTo(diagram.EndsWith('#')), diagram);
            Assert.That((source.Disposals.Count, recorder.Violations.Count), Is.EqualTo((1, 0)), diagram);
        }
    }

    [Test]
    public void UnsubscribingFromTheRequestsThatThrows_StillReleasesTheSource()
    {
        var requests = new StubbornRequests();
        var source = _clock.Pull(Marbles.Of("a---b|"));
        var recorder = _clock.Record<string>();
        var subscription = source.OnDemand(requests).Subscribe(recorder);
        requests.Say(5);
        _clock.At(2, () => Ignore(subscription.Dispose));
        _clock.Start();

        Assert.That(Marbles.Show(recorder.Received), Is.EqualTo("0:a"));
        Assert.That(source.Disposals, Is.EqualTo(new[] { 2 }));
    }

    [Test]
    public void UnsubscribingFromTheRequestsThatThrows_BesideAnObserverThatThrows_HidesNothing()
    {
        var requests = new StubbornRequests();
        var source = _clock.Pull(Marbles.Of("ab|"));
        using var subscription = source.OnDemand(requests).Subscribe(_ => throw Marbles.Failure);
        var thrown = Assert.Catch(() => requests.Say(5));

        Assert.That(Flatten(thrown), Has.Member(Marbles.Failure));
        Assert.That(source.Disposals, Has.Count.EqualTo(1));
    }

    private sealed class StubbornRequests : IObservable<long>
    {
        private IObserver<long>? _observer;

        public Exception Failure { get; } = new FormatException("unsubscribing from the requests failed");

        public void Say(long count) => _observer!.OnNext(count);

        public IDisposable Subscribe(IObserver<long> observer)
        {
            _observer = observer;
            return Disposable.Create(() => throw Failure);
        }
    }

    // A query, or a push source, that ends inside its Subscribe and whose disposal then throws

    private static IObservable<string> EndingInside(string ending) => new RawObservable<string>(observer =>
    {
        observer.OnNext("a");
        if (ending == "|")
            observer.OnCompleted();
        else
            observer.OnError(Marbles.Failure);
        return Disposable.Create(() => throw new FormatException("unsubscribing failed"));
    });

    [Test]
    public void AQueryThatEndsInsideItsSubscribe_AndWhoseDisposalThrows_TellsBoth([Values("|", "#")] string ending)
    {
        var source = _clock.Pull(Marbles.Of("a|"));
        AssertTellsTheDisposal(_clock.Consume(source.Through(_ => EndingInside(ending))), ending, "Through");
    }

    [Test]
    public void APushSourceThatEndsInsideItsSubscribe_AndWhoseDisposalThrows_TellsBoth([Values("|", "#")] string ending)
    {
        foreach (var push in Pipelines.OverPush)
            AssertTellsTheDisposal(_clock.Consume(push.Over(EndingInside(ending))), ending, push.Name);
    }

    [Test]
    public void APushSourceThatIsLeft_AndWhoseDisposalThrows_TellsTheOneWhoLeaves()
    {
        foreach (var push in Pipelines.OverPush)
        {
            var consumer = _clock.Consume(push.Over(new RawObservable<string>(observer =>
            {
                observer.OnNext("a");
                return Disposable.Create(() => throw Marbles.Failure);
            })));
            _ = consumer.Ask();

            Assert.That(consumer.Leave().Exception?.InnerException, Is.SameAs(Marbles.Failure), push.Name);
        }
    }

    private static void AssertTellsTheDisposal(PullConsumer<string> consumer, string ending, string name)
    {
        _ = consumer.Ask();
        _ = consumer.Ask();
        Assert.That(consumer.Items, Is.EqualTo(new[] { "a" }), name);
        var told = Flatten(consumer.Received[^1].Notification.Exception).ToList();

        Assert.That(told.Select(e => e.GetType()), Is.EqualTo(
            ending == "|" ? new[] { typeof(FormatException) } : new[] { typeof(InvalidDataException), typeof(FormatException) }), name);
        Assert.That(consumer.Leave().IsCompletedSuccessfully, Is.True, name);
    }

    private static IEnumerable<Exception> Flatten(Exception? failure) =>
        failure is AggregateException all ? all.Flatten().InnerExceptions : failure is null ? [] : [failure];

    private static void Ignore(Action action)
    {
        try
        {
            action();
        }
        catch (FormatException)
        {
            // As out of any Dispose of Rx.
        }
    }
}
