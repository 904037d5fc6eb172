using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using System.Runtime.CompilerServices;
using NUnit.Framework;
using static RxTokens.Tests.TimeCases;

namespace RxTokens.Tests;

/// <summary>What all operators about time have in common where sources, schedulers and observers are not as they should be.</summary>
public class TimeRulesTests
{
    public sealed record Timed(string Name, Func<IObservable<string>, IScheduler, IObservable<string>> Apply)
    {
        public override string ToString() => Name;
    }

    private static readonly Timed[] All =
    [
        new("ThrottleFirst", (source, clock) => source.ThrottleFirst(Ms(3), clock)),
        new("ThrottleLatest", (source, clock) => source.ThrottleLatest(Ms(3), clock)),
        new("ThrottleLatest, trailing", (source, clock) => source.ThrottleLatest(Ms(3), clock, leading: false)),
        new("Audit", (source, clock) => source.Audit(Ms(3), clock)),
        new("Audit, by a stream", (source, clock) => source.Audit(_ => Observable.Timer(Ms(3), clock))),
        new("BatchBy", (source, clock) => source.BatchBy(2, Ms(3), clock).Select(string.Concat<string>)),
        new("BatchBy, weighed", (source, clock) => source.BatchBy(9, Ms(3), text => text.Length, 3, clock).Select(string.Concat<string>)),
        new("SampleFlush", (source, clock) => source.SampleFlush(Ms(3), clock)),
        new("DistinctFrames", (source, clock) => source.DistinctFrames(Ms(3), clock)),
    ];

    private static readonly Timed[] OfText =
    [
        new("Graphemes", (source, clock) => source.Graphemes(Ms(3), clock)),
        new("Words", (source, clock) => source.Words(Ms(3), clock)),
        new("Sentences", (source, clock) => source.Sentences(Ms(3), clock)),
        new("Lines", (source, clock) => source.Lines(Ms(3), clock)),
    ];

    private static readonly Timed[] WithoutTicks = [.. All.Where(timed => timed.Name != "SampleFlush")];
    private static readonly Timed[] AllWithText = [.. All, .. OfText];

    // Endings leave nothing

    [TestCaseSource(nameof(AllWithText))]
    public void ASubscribeThatThrows_IsTheFailure_AndLeavesNoTimer(Timed timed)
    {
        var clock = new Timers();
        var source = new RawObservable<string>(observer =>
        {
            observer.OnNext("a");
            throw Marbles.Failure;
        });
        Exception? failure = null;
        using var subscription = timed.Apply(source, clock).Subscribe(_ => { }, e => failure = e);

        Assert.That(failure, Is.SameAs(Marbles.Failure));
        Assert.That(clock.Pending, Is.Zero);
    }

    [TestCaseSource(nameof(AllWithText))]
    public void OneWhoLeavesInsideTheSubscription_LeavesNoTimer(Timed timed)
    {
        var clock = new Timers();
        var source = new RawObservable<string>(observer =>
        {
            observer.OnNext("a");
            observer.OnNext("b");
            return Disposable.Empty;
        });
        using var subscription = timed.Apply(source, clock).Take(1).Subscribe();
        subscription.Dispose();

        Assert.That(clock.Pending, Is.Zero);
    }

    [TestCaseSource(nameof(All))]
    public void ASourceThatCompletesInsideItsSubscribe_AndSpeaksOn_IsHeardToItsEnd(Timed timed)
    {
        var clock = new Timers();
        var source = new RawObservable<string>(observer =>
        {
            observer.OnNext("a");
            observer.OnCompleted();
            observer.OnNext("b");
            observer.OnError(Marbles.Failure);
            return Disposable.Empty;
        });
        var told = new List<string>();
        using var subscription = timed.Apply(source, clock).Subscribe(told.Add, e => told.Add("#"), () => told.Add("|"));

        Assert.That(told, Is.EqualTo(new[] { "a", "|" }));
        Assert.That(clock.Pending, Is.Zero);
    }

    [TestCaseSource(nameof(All))]
    public void WhoeverKeepsASubscriptionThatHasEnded_KeepsNoValue(Timed timed)
    {
        IDisposable subscription = null!;
        WeakReference[] values = [];
        Kept.OnAThreadOfItsOwn(() =>
        {
            using var source = new Subject<string>();
            subscription = timed.Apply(source, new VirtualClock()).Subscribe(_ => { });
            values = Push(source);
            source.OnCompleted();
        });

        Kept.AssertKeepsNone(subscription, values);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static WeakReference[] Push(Subject<string> source) =>
        [
            .. Enumerable.Range(0, 3).Select(_ =>
            {
                var value = new string('x', 1);
                source.OnNext(value);
                return new WeakReference(value);
            }),
        ];
    }

    // Schedulers

    [TestCaseSource(nameof(WithoutTicks))]
    public void ASchedulerThatRefuses_IsTheFailure_AndTheSourceIsLeft(Timed timed)
    {
        using var source = new Subject<string>();
        var told = new List<string>();
        Exception? failure = null;
        using var subscription = timed.Apply(source, new Refusing()).Subscribe(told.Add, e => failure = e);
        source.OnNext("a");

        Assert.That(failure, Is.InstanceOf<ObjectDisposedException>());
        Assert.That(source.HasObservers, Is.False);
    }

    [Test]
    public void ASchedulerThatRefusesTicks_IsTheFailure_AndTheSourceIsNotSubscribedTo()
    {
        var isSubscribed = false;
        Exception? failure = null;
        var source = Observable.Defer(() =>
        {
            isSubscribed = true;
            return Observable.Never<string>();
        });
        using var subscription = source.SampleFlush(Ms(3), new Refusing()).Subscribe(_ => { }, e => failure = e);

        Assert.That(failure, Is.InstanceOf<ObjectDisposedException>());
        Assert.That(isSubscribed, Is.False);
    }

    [Test]
    public void ABatchThatWasWhole_IsToldBeforeTheFailureOfAScheduler()
    {
        using var source = new Subject<string>();
        var told = new List<string>();
        Exception? failure = null;
        using var subscription = source.BatchBy(9, Ms(5), text => text.Length, 3, new Refusing { Allowed = 1 }).Subscribe(batch => told.Add(string.Concat(batch)), e => failure = e);
        source.OnNext("aa");
        source.OnNext("bb");

        Assert.That(told, Is.EqualTo(new[] { "aa" }));
        Assert.That(failure, Is.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public void ABatchWhoseTimeIsOverAtOnce_ComesBehindTheOneBefore()
    {
        using var source = new Subject<string>();
        var clock = new Inline { Timers = 1 };
        var told = new List<string>();
        using var subscription = source.BatchBy(9, Ms(5), text => text.Length, 3, clock).Subscribe(batch => told.Add(string.Concat(batch)));
        source.OnNext("aa");
        source.OnNext("bb");

        Assert.That(told, Is.EqualTo(new[] { "aa", "bb" }));
    }

    [TestCaseSource(nameof(WithoutTicks))]
    public void WhatAnObserverThrows_WhereTimeIsOverAtOnce_GoesToTheSource(Timed timed)
    {
        var thrown = new InvalidOperationException("the observer's");
        using var source = new Subject<string>();
        using var subscription = timed.Apply(source, new Inline()).Subscribe(_ => throw thrown);
        Assert.That(() => source.OnNext("a"), Throws.Exception.SameAs(thrown));
        Assert.That(source.HasObservers, Is.False);

        var speaking = new RawObservable<string>(observer =>
        {
            observer.OnNext("a");
            return Disposable.Empty;
        });
        Assert.That(() => timed.Apply(speaking, new Inline()).Subscribe(_ => throw thrown), Throws.Exception.SameAs(thrown));
    }

    [Test]
    public void AnObserverThatPushesOnAndOn_WhereTimeIsOverAtOnce_NeedsNoStack()
    {
        foreach (var apply in new Func<IObservable<int>, IObservable<int>>[]
                 {
                     source => source.ThrottleLatest(Ms(3), new Inline()),
                     source => source.ThrottleLatest(Ms(3), new Inline(), leading: false),
                     source => source.ThrottleLatest(_ => Observable.Return(0)),
                     source => source.DistinctFrames(Ms(3), new Inline()),
                 })
        {
            using var source = new Subject<int>();
            var last = 0;
            using var subscription = apply(source).Subscribe(n =>
            {
                RuntimeHelpers.EnsureSufficientExecutionStack();
                last = n;
                if (n < 100_000)
                    source.OnNext(n + 1);
            });
            source.OnNext(1);

            Assert.That(last, Is.EqualTo(100_000));
        }
    }

    /// <summary>Its time is over at once, but for the first timers.</summary>
    private sealed class Inline : IScheduler
    {
        public int Timers { get; set; }

        public DateTimeOffset Now => VirtualClock.Epoch;

        public IDisposable Schedule<TState>(TState state, Func<IScheduler, TState, IDisposable> action) => action(this, state);

        public IDisposable Schedule<TState>(TState state, DateTimeOffset dueTime, Func<IScheduler, TState, IDisposable> action) => Schedule(state, dueTime - Now, action);

        public IDisposable Schedule<TState>(TState state, TimeSpan dueTime, Func<IScheduler, TState, IDisposable> action) =>
            Timers-- > 0 ? Disposable.Empty : action(this, state);
    }

    /// <summary>As one that was disposed.</summary>
    private sealed class Refusing : IScheduler
    {
        public int Allowed { get; set; }

        public DateTimeOffset Now => VirtualClock.Epoch;

        public IDisposable Schedule<TState>(TState state, Func<IScheduler, TState, IDisposable> action) => Refuse();

        public IDisposable Schedule<TState>(TState state, DateTimeOffset dueTime, Func<IScheduler, TState, IDisposable> action) => Refuse();

        public IDisposable Schedule<TState>(TState state, TimeSpan dueTime, Func<IScheduler, TState, IDisposable> action) => Refuse();

        private IDisposable Refuse()
        {
            ObjectDisposedException.ThrowIf(Allowed-- <= 0, this);
            return Disposable.Empty;
        }
    }
}
