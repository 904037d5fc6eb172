using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>The contract over every operator around every other: each must end right, dispose once, and use nothing after its disposal.</summary>
[Category(Categories.Long)]
[Parallelizable(ParallelScope.Children)] // many, and each on a clock of its own
public class NestedContractTests
{
    private static readonly PullPipeline[] Outer = Pipelines.All;

    private static readonly PullPipeline[] PatientOuter = [.. Outer.Where(outer => outer.IsPatient)];

    private static IEnumerable<PullPipeline> Around(object outer) =>
        from inner in Pipelines.All
        select new PullPipeline($"{outer} around {inner}", s => ((PullPipeline)outer).Over(inner.Over(s)), ReadAhead: ((PullPipeline)outer).ReadAhead, DisposesLate: ((PullPipeline)outer).DisposesLate && inner.DisposesLate);

    private static IEnumerable<(string Name, Func<IObservable<string>, IAsyncEnumerable<string>> Over)> AroundPush(object outer) =>
        from inner in Pipelines.OverPush
        select ($"{outer} around push {inner}", (Func<IObservable<string>, IAsyncEnumerable<string>>)(s => ((PullPipeline)outer).Over(inner.Over(s))));

    // Nothing goes wrong

    [TestCaseSource(nameof(Outer))]
    public void AConsumerThatKeepsUp_GetsEveryItem(object outer) => ForEach(outer, "-a--b-c|", (run, pair) =>
    {
        var all = run.Consumer.AskForAll();
        run.Clock.Start();

        Assert.That(all.IsCompletedSuccessfully, Is.True, pair);
        Assert.That(Marbles.Show(run.Consumer.Received), Is.EqualTo("1:a 4:b 6:c 7:|"), pair);
        Assert.That(run.Source.Cancellations, Is.Empty, pair);
    });

    // Cancelled

    [TestCaseSource(nameof(Outer))]
    public void CancelledBeforeTheStart_EndsWithoutReading(object outer) => ForEach(
        outer,
        "abc|",
        (run, pair) =>
        {
            run.Cancellation.Cancel();
            run.AssertCanceled(pair);
            Assert.That(run.Source.Enumerations, Is.Empty, pair);
        },
        disposals: 0);

    [TestCaseSource(nameof(Outer))]
    public void CancelledInsideTheSourcesGetAsyncEnumerator_Ends(object outer) => ForEach(
        outer,
        "abc|",
        (run, pair) => run.AssertCanceled(pair),
        wrap: (source, run) => new RawPull<string>(token =>
        {
            run().Cancellation.Cancel();
            return source.GetAsyncEnumerator(token);
        }));

    [TestCaseSource(nameof(Outer))]
    public void CancelledInsideTheSourcesFirstRead_Ends(object outer)
    {
        foreach (var diagram in new[] { "a|", "-a|", "|", "-|", "#" })
        {
            ForEach(
                outer,
                diagram,
                (run, pair) =>
                {
                    _ = run.Consumer.Ask();
                    run.Clock.Start();
                    Assert.That(run.Consumer.HasEnded, Is.True, pair);
                    Assert.That(run.Consumer.Received.Single().Notification.Exception, Is.InstanceOf<OperationCanceledException>(), pair);
                },
                wrap: (source, run) => new RawPull<string>(token => new Reading(source.GetAsyncEnumerator(token), run().Cancellation.Cancel)));
        }
    }

    [TestCaseSource(nameof(PatientOuter))]
    public void CancelledWhileTheSourceIsRead_EndsAfterTheDisposal(object outer) => ForEach(outer, "a----b|", (run, pair) =>
    {
        run.Source.DisposalFrames = 2;
        run.Consumer.AskAt(0, 1);
        run.Clock.At(3, run.Cancellation.Cancel);
        run.Clock.AdvanceToFrame(9);

        Assert.That(Marbles.Show(run.Consumer.Received), Is.EqualTo("0:a 5:#OperationCanceledException"), pair);
        Assert.That((run.Source.Cancellations[0], run.Source.Disposals.Single()), Is.EqualTo((3L, 3L)), pair);
    });

    [TestCaseSource(nameof(Outer))]
    public void CancelledWhileTheConsumerIsAway_EndsTheNextRequest(object outer) => ForEach(outer, "abcdefgh|", (run, pair) =>
    {
        run.Consumer.AskAt(0);
        run.Clock.AdvanceToFrame(3);
        run.Cancellation.Cancel();
        Assert.That(run.Source.Cancellations, Is.EqualTo(new[] { 3 }), $"{pair}: the token at once");
        run.Clock.AdvanceToFrame(9);
        if (outer is PullPipeline { ReadAhead: 0 } && run.DisposesLate)
            Assert.That(run.Source.Disposals, Is.Empty, $"{pair}: an item is with the consumer");

        run.AssertCanceled(pair);
    });

    [TestCaseSource(nameof(Outer))]
    public void CancelledWhileTheConsumerIsAway_ThenLeft_Ends(object outer) => ForEach(outer, "abcdefgh|", (run, pair) =>
    {
        run.Consumer.AskAt(0);
        run.Clock.AdvanceToFrame(3);
        run.Cancellation.Cancel();
    });

    [TestCaseSource(nameof(Outer))]
    public void CancelledTwiceAndLeftDuringARead_Ends(object outer) => ForEach(outer, "a----b|", (run, pair) =>
    {
        run.Source.DisposalFrames = 2;
        run.Consumer.AskAt(0, 1);
        run.Clock.AdvanceToFrame(3);
        run.Cancellation.Cancel();
        var leaving = run.Consumer.Leave();
        run.Clock.AdvanceToFrame(9);

        Assert.That(leaving.IsCompletedSuccessfully, Is.True, pair);
        Assert.That(run.Consumer.HasEnded, Is.True, pair);
    });

    [TestCaseSource(nameof(Outer))]
    public void CancelledWhereAnotherCallbackThrows_EndsTheNextRequest(object outer) => ForEach(outer, "a---b|", (run, pair) =>
    {
        run.Consumer.AskAt(0);
        run.Clock.AdvanceToFrame(3);
        using var registration = run.Cancellation.Token.Register(static () => throw new FormatException());
        Assert.That(() => run.Cancellation.Cancel(throwOnFirstException: true), Throws.TypeOf<FormatException>(), pair);
        run.AssertCanceled(pair);
    });

    [TestCaseSource(nameof(Outer))]
    public void CancelledInsideTheSubscribeOfAPushSource_Ends(object outer)
    {
        foreach (var (pair, over) in AroundPush(outer))
        {
            var unsubscriptions = 0;
            using var cancellation = new CancellationTokenSource();
            var consumer = new VirtualClock().Consume(
                over(new RawObservable<string>(_ =>
                {
                    cancellation.Cancel();
                    return System.Reactive.Disposables.Disposable.Create(() => unsubscriptions++);
                })),
                cancellation.Token);
            _ = consumer.Ask();

            Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:#OperationCanceledException"), pair);
            Assert.That(consumer.Leave().IsCompletedSuccessfully, Is.True, pair);
            Assert.That(unsubscriptions, Is.EqualTo(1), pair);
        }
    }

    // Left

    [TestCaseSource(nameof(PatientOuter))]
    public void LeftDuringARead_CancelsAwaitsAndDisposesOnce(object outer) => ForEach(outer, "a----b|", (run, pair) =>
    {
        run.Source.DisposalFrames = 2;
        run.Consumer.AskAt(0, 1);
        run.Clock.AdvanceToFrame(3);
        var leaving = run.Consumer.Leave();
        Assert.That(leaving.IsCompleted, Is.False, pair);
        run.Clock.AdvanceToFrame(5);

        Assert.That(leaving.IsCompletedSuccessfully, Is.True, pair);
        Assert.That((run.Source.Cancellations[0], run.Source.Disposals.Single()), Is.EqualTo((3L, 3L)), pair);
        Assert.That(run.Consumer.HasEnded, Is.True, pair);
    });

    [TestCaseSource(nameof(Outer))]
    public void LeftDuringAReadThatIgnoresItsToken_AwaitsIt(object outer) => ForEach(outer, "a----bcd|", (run, pair) =>
    {
        run.Source.IgnoresCancellation = true;
        run.Consumer.AskAt(0, 1);
        run.Clock.AdvanceToFrame(3);
        var leaving = run.Consumer.Leave();
        run.Clock.AdvanceToFrame(20);

        Assert.That(leaving.IsCompletedSuccessfully, Is.True, pair);
        Assert.That((run.Source.Reads.Count, run.Source.Disposals.Single()), Is.EqualTo((2, 5L)), pair);
    });

    [TestCaseSource(nameof(Outer))]
    public void LeftBeforeTheStart_ReadsNothing(object outer) => ForEach(outer, "abc|", (run, pair) =>
    {
        Assert.That(run.Consumer.Leave().IsCompletedSuccessfully, Is.True, pair);
        Assert.That(run.Consumer.Ask().Result, Is.False, pair);
        Assert.That(run.Source.Enumerations, Is.Empty, pair);
    }, disposals: 0);

    // A disposal that fails

    [TestCaseSource(nameof(Outer))]
    public void ADisposalThatFails_IsToldToTheOneWhoLeaves(object outer)
    {
        foreach (var frame in new[] { 0, 3, 9 })
        {
            ForEach(outer, "a------b----c|", (run, pair) =>
            {
                run.Source.DisposalFailure = Marbles.Failure;
                run.Consumer.AskAt(0, 1);
                run.Clock.AdvanceToFrame(frame);
                AssertFails(run.Consumer.Leave(), $"{pair}, at {frame}");
            });
        }
    }

    [TestCaseSource(nameof(Outer))]
    public void ADisposalThatFails_IsToldWithTheEnd(object outer)
    {
        foreach (var frames in new[] { 0, 4 })
        {
            ForEach(outer, "a-|", (run, pair) =>
            {
                run.Source.DisposalFailure = Marbles.Failure;
                run.Source.DisposalFrames = frames;
                run.Consumer.AskAt(0, 1, 9);
                run.Clock.AdvanceToFrame(9);
                Assert.That(Marbles.Show(run.Consumer.Received), Is.EqualTo($"0:a {2 + frames}:#InvalidDataException 9:|"), pair);
            });
        }
    }

    [TestCaseSource(nameof(Outer))]
    public void ADisposalThatFails_IsToldWithTheFailure(object outer) => ForEach(outer, "a-#", (run, pair) =>
    {
        var disposal = new FormatException();
        run.Source.DisposalFailure = disposal;
        run.Consumer.AskAt(0, 1);
        run.Clock.AdvanceToFrame(9);
        Assert.That(
            (run.Consumer.Received[^1].Notification.Exception as AggregateException)?.Flatten().InnerExceptions,
            Is.EqualTo(new[] { Marbles.Failure, disposal }),
            pair);
    });

    [TestCaseSource(nameof(Outer))]
    public void ADisposalThatFails_IsToldAfterACancellation(object outer)
    {
        foreach (var isAway in new[] { false, true })
        {
            ForEach(outer, "a------b|", (run, pair) =>
            {
                run.Source.DisposalFailure = Marbles.Failure;
                run.Consumer.AskAt(0);
                run.Clock.AdvanceToFrame(3);
                if (!isAway)
                    _ = run.Consumer.Ask();
                run.Cancellation.Cancel();
                if (isAway)
                    _ = run.Consumer.Ask();

                Assert.That(Marbles.Show(run.Consumer.Received), Is.EqualTo("0:a 3:#OperationCanceledException"), pair);
                AssertFails(run.Consumer.Leave(), pair);
            });
        }
    }

    private static void AssertFails(Task leaving, string pair) =>
        Assert.That(leaving.Exception?.InnerException, Is.SameAs(Marbles.Failure), pair);

    /// <summary>Runs a story over each pair; in the end the consumer leaves, and the source must have been used as it must be.</summary>
    private static void ForEach(
        object outer, string diagram, Action<Run, string> story, int disposals = 1, Func<IAsyncEnumerable<string>, Func<Run>, IAsyncEnumerable<string>>? wrap = null)
    {
        foreach (var pipeline in Around(outer))
        {
            var pair = $"{pipeline.Name}, {diagram}";
            var clock = new VirtualClock();
            var source = clock.Pull(Marbles.Of(diagram));
            using var cancellation = new CancellationTokenSource();
            Run run = null!;
            IAsyncEnumerable<string> wrapped = wrap is null ? source : wrap(source, () => run);
            run = new Run(clock, source, cancellation, clock.Consume(pipeline.Over(wrapped), cancellation.Token)) { DisposesLate = pipeline.DisposesLate };

            story(run, pair);
            var leaving = run.Consumer.Leave();
            clock.Start();

            Assert.That(leaving.IsCompleted, Is.True, $"{pair}: it can be left");
            Assert.That(source.Disposals, Has.Count.EqualTo(disposals), $"{pair}: disposals");
            Assert.That(source.Violations, Is.Empty, pair);
        }
    }

    private sealed record Run(VirtualClock Clock, PullProbe<string> Source, CancellationTokenSource Cancellation, PullConsumer<string> Consumer)
    {
        public bool DisposesLate { get; init; }

        /// <summary>The next request says that it was cancelled, and by whom.</summary>
        public void AssertCanceled(string pair)
        {
            _ = Consumer.Ask();
            var told = Consumer.Received[^1].Notification.Exception;
            Assert.That(told, Is.InstanceOf<OperationCanceledException>(), pair);
            Assert.That(((OperationCanceledException)told!).CancellationToken, Is.EqualTo(Cancellation.Token), pair);
        }
    }

    private sealed class Reading(IAsyncEnumerator<string> items, Action onReading) : IAsyncEnumerator<string>
    {
        public string Current => items.Current;

        public ValueTask<bool> MoveNextAsync()
        {
            onReading();
            return items.MoveNextAsync();
        }

        public ValueTask DisposeAsync() => items.DisposeAsync();
    }
}
