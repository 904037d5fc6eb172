using System.Runtime.CompilerServices;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>
/// OnDemand wrapped as a publisher, against the checks that the Reactive Streams verification kit makes of publishers.
/// The kit is not to be had for .NET: the checks are written anew and carry the kit's names. Its stochastic one (1.3, signals
/// from several threads) is among the stress tests.
/// </summary>
public class ReactiveStreamsTests
{
    /// <summary>The specification's Publisher, in the few lines it takes.</summary>
    private sealed class Publisher<T>(IAsyncEnumerable<T> source)
    {
        public void Subscribe(Subscriber<T> subscriber)
        {
            ArgumentNullException.ThrowIfNull(subscriber);

            var demand = new Demand();
            var subscription = new Subscription(demand);
            subscriber.OnSubscribe(subscription);
            subscription.Upstream.Disposable = source.OnDemand(demand).Subscribe(subscriber);
        }
    }

    private sealed class Subscription(Demand demand)
    {
        public System.Reactive.Disposables.SingleAssignmentDisposable Upstream { get; } = new();

        public void Request(long count) => demand.Request(count);

        public void Cancel() => Upstream.Dispose();
    }

    private sealed class Subscriber<T> : IObserver<T>
    {
        private int _inside;

        public List<string> Signals { get; } = [];

        public List<T> Items { get; } = [];

        public Exception? Error { get; private set; }

        public Subscription Subscription { get; private set; } = null!;

        public Action<Subscription> WhenSubscribed { get; init; } = _ => { };

        public Action<Subscription, T> WhenNext { get; init; } = (_, _) => { };

        public void OnSubscribe(Subscription subscription)
        {
            Subscription = subscription;
            Signal("onSubscribe", () => WhenSubscribed(subscription));
        }

        public void OnNext(T value) => Signal("onNext", () =>
        {
            Items.Add(value);
            WhenNext(Subscription, value);
        });

        public void OnError(Exception error) => Signal("onError", () => Error = error);

        public void OnCompleted() => Signal("onComplete", () => { });

        private void Signal(string name, Action action)
        {
            if (Interlocked.Increment(ref _inside) > 1)
                Signals.Add("OVERLAP");
            Signals.Add(name);
            action();
            Interlocked.Decrement(ref _inside);
        }
    }

    private static Publisher<int> PublisherOf(int count) => new(new ReadySource<int>(i => i, count));

    private static Subscriber<T> Subscribe<T>(Publisher<T> publisher, Subscriber<T>? subscriber = null)
    {
        subscriber ??= new Subscriber<T>();
        publisher.Subscribe(subscriber);
        return subscriber;
    }

    [TestCase(1)]
    [TestCase(3)]
    public void Required_CreatePublisher_MustProduceAStreamOfExactlySoManyElements(int count)
    {
        var subscriber = Subscribe(PublisherOf(count));
        for (var i = 0; i < count; i++)
            subscriber.Subscription.Request(1);
        Assert.That(subscriber.Items, Is.EqualTo(Enumerable.Range(0, count)));
        subscriber.Subscription.Request(1);
        Assert.That(subscriber.Signals[^1], Is.EqualTo("onComplete"));
        Assert.That(subscriber.Items, Has.Count.EqualTo(count));
    }

    [Test]
    public void Required_Spec101_SubscriptionRequestMustResultInTheCorrectNumberOfProducedElements()
    {
        var subscriber = Subscribe(PublisherOf(5));
        Assert.That(subscriber.Items, Is.Empty, "none before the first request");
        subscriber.Subscription.Request(1);
        Assert.That(subscriber.Items, Has.Count.EqualTo(1));
        subscriber.Subscription.Request(1);
        subscriber.Subscription.Request(2);
        Assert.That(subscriber.Items, Has.Count.EqualTo(4));
    }

    [Test]
    public void Required_Spec102_MaySignalLessThanRequestedAndTerminateSubscription()
    {
        var subscriber = Subscribe(PublisherOf(3));
        subscriber.Subscription.Request(10);
        Assert.That(subscriber.Signals, Is.EqualTo(new[] { "onSubscribe", "onNext", "onNext", "onNext", "onComplete" }));
    }

    [Test]
    public void Optional_Spec104_MustSignalOnErrorWhenFails()
    {
        var subscriber = Subscribe(new Publisher<int>(new ReadySource<int>(i => i, 0) { FailsAtTheEnd = Marbles.Failure }));
        subscriber.Subscription.Request(1);
        Assert.That(subscriber.Error, Is.SameAs(Marbles.Failure));
        Assert.That(subscriber.Signals, Is.EqualTo(new[] { "onSubscribe", "onError" }));
    }

    [TestCase(3)]
    [TestCase(0)]
    public void Required_Spec105_MustSignalOnCompleteWhenFiniteStreamTerminates(int count)
    {
        var subscriber = Subscribe(PublisherOf(count));
        subscriber.Subscription.Request(count + 1);
        Assert.That(subscriber.Signals.Count(s => s == "onComplete"), Is.EqualTo(1));
    }

    [Test]
    public void Required_Spec106_107_MustNotEmitFurtherSignalsOnceATerminalHasBeenSignalled([Values] bool fails)
    {
        var subscriber = Subscribe(new Publisher<int>(new ReadySource<int>(i => i, 1) { FailsAtTheEnd = fails ? Marbles.Failure : null }));
        subscriber.Subscription.Request(2);
        var signals = subscriber.Signals.ToList();
        subscriber.Subscription.Request(10);
        subscriber.Subscription.Request(0);
        subscriber.Subscription.Cancel();
        Assert.That(subscriber.Signals, Is.EqualTo(signals));
    }

    [Test]
    public void Required_Spec109_MustIssueOnSubscribeFirst_AndThrowOnNullSubscriber()
    {
        Assert.That(Subscribe(PublisherOf(0)).Signals, Is.EqualTo(new[] { "onSubscribe" }));
        Assert.That(() => PublisherOf(0).Subscribe(null!), Throws.ArgumentNullException);
    }

    [Test]
    public void Required_Spec109_AFailureToServeMustBeOnErrorAfterOnSubscribe()
    {
        var subscriber = Subscribe(new Publisher<string>(new ThrowingSource("GetAsyncEnumerator", Marbles.Failure)));
        subscriber.Subscription.Request(1);
        Assert.That(subscriber.Signals, Is.EqualTo(new[] { "onSubscribe", "onError" }));
    }

    [Test]
    public void Optional_Spec111_SupportsMultiSubscribe_EachAtItsOwnPace()
    {
        var clock = new VirtualClock();
        var publisher = new Publisher<string>(clock.Pull(Marbles.Of("abc|")));
        var first = Subscribe(publisher);
        var second = Subscribe(publisher);
        first.Subscription.Request(1);
        second.Subscription.Request(10);
        clock.Start();

        Assert.That(first.Items, Is.EqualTo(new[] { "a" }));
        Assert.That(second.Items, Is.EqualTo(new[] { "a", "b", "c" }));
    }

    [Test]
    public void Required_Spec302_MustAllowSynchronousRequestCallsFromOnNextAndOnSubscribe()
    {
        var subscriber = Subscribe(PublisherOf(6), new Subscriber<int>
        {
            WhenSubscribed = s =>
            {
                s.Request(1);
                s.Request(1);
                s.Request(1);
            },
            WhenNext = (s, _) => s.Request(1),
        });
        Assert.That(subscriber.Items, Has.Count.EqualTo(6));
        Assert.That(subscriber.Signals[^1], Is.EqualTo("onComplete"));
    }

    [Test]
    public void Required_Spec303_MustNotAllowUnboundedRecursion()
    {
        var depth = 0;
        var deepest = 0;
        Subscribe(PublisherOf(10_000), new Subscriber<int>
        {
            WhenSubscribed = s => s.Request(1),
            WhenNext = (s, _) =>
            {
                deepest = Math.Max(deepest, ++depth);
                s.Request(1);
                depth--;
            },
        });
        Assert.That(deepest, Is.EqualTo(1));
    }

    [Test]
    public void Required_Spec306_307_AfterSubscriptionIsCancelled_RequestsAndCancelsMustBeNops()
    {
        var subscriber = Subscribe(PublisherOf(10));
        subscriber.Subscription.Request(2);
        subscriber.Subscription.Cancel();
        subscriber.Subscription.Cancel();
        subscriber.Subscription.Request(1);
        subscriber.Subscription.Request(1);
        Assert.That(subscriber.Signals, Is.EqualTo(new[] { "onSubscribe", "onNext", "onNext" }));
    }

    [TestCase(0)]
    [TestCase(-7)]
    public void Required_Spec309_RequestNotPositiveMustSignalIllegalArgument(long count)
    {
        var subscriber = Subscribe(PublisherOf(10));
        subscriber.Subscription.Request(count);
        Assert.That(subscriber.Error, Is.InstanceOf<ArgumentException>().With.Message.Contains("3.9"));
    }

    [Test]
    public void Required_Spec312_CancelMustMakeThePublisherStopSignaling()
    {
        var source = new ReadySource<int>(i => i);
        var subscriber = Subscribe(new Publisher<int>(source), new Subscriber<int> { WhenNext = (s, i) => { if (i == 9) s.Cancel(); } });
        subscriber.Subscription.Request(long.MaxValue);
        Assert.That(subscriber.Items, Has.Count.EqualTo(10));
        Assert.That((source.Reads, source.Disposals), Is.EqualTo((10, 1)));
    }

    [Test]
    public void Required_Spec313_CancelMustMakeThePublisherDropAllReferencesToTheSubscriber()
    {
        var publisher = PublisherOf(10);
        var (subscriber, subscription) = CancelledSubscription(publisher);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();

        Assert.That(subscriber.IsAlive, Is.False);
        GC.KeepAlive(publisher);
        GC.KeepAlive(subscription);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static (WeakReference, Subscription) CancelledSubscription(Publisher<int> publisher)
        {
            var subscriber = Subscribe(publisher);
            subscriber.Subscription.Request(1);
            subscriber.Subscription.Cancel();
            return (new WeakReference(subscriber), subscriber.Subscription);
        }
    }

    [Test]
    public void Required_Spec317_MustSupportADemandUpToLongMaxValue_AndMore()
    {
        var subscriber = Subscribe(PublisherOf(3));
        subscriber.Subscription.Request(long.MaxValue);
        Assert.That(subscriber.Signals[^1], Is.EqualTo("onComplete"));

        var calls = 10;
        subscriber = Subscribe(PublisherOf(1_000), new Subscriber<int>
        {
            WhenNext = (s, _) =>
            {
                if (calls-- > 0)
                    s.Request(long.MaxValue - 1);
            },
        });
        subscriber.Subscription.Request(1);
        Assert.That(subscriber.Error, Is.Null);
        Assert.That(subscriber.Items, Has.Count.EqualTo(1_000));
    }
}
