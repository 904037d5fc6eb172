using System.Collections;
using System.Collections.Concurrent;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>With real threads, because they are the point; every wait is bounded.</summary>
public class FromBlockingTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    // Arguments

    [Test]
    public void FromBlocking_OfNull_Throws()
    {
        Assert.That(() => TokenStream.FromBlocking((IEnumerable<int>)null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("source"));
        Assert.That(() => TokenStream.FromBlocking((Func<CancellationToken, IEnumerable<int>>)null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("source"));
    }

    [Test]
    public void AFunctionThatReturnsNull_FailsTheFirstRequestWithAMessage() =>
        Assert.That(
            () => TokenStream.FromBlocking<int>(_ => null!).Drain().WaitAsync(Patience),
            Throws.InvalidOperationException.With.Message.Contains("FromBlocking returned null"));

    // Behaviour

    [Test]
    public async Task MoveNextAsync_UntilTheEnd_GivesTheItems()
    {
        var items = await TokenStream.FromBlocking([1, 2, 3]).Drain().WaitAsync(Patience);

        Assert.That(items, Is.EqualTo(new[] { 1, 2, 3 }));
    }

    [Test]
    public async Task MoveNextAsync_OfAnEmptyGenerator_Ends()
    {
        Assert.That(await TokenStream.FromBlocking(Array.Empty<int>()).Drain().WaitAsync(Patience), Is.Empty);
    }

    [Test]
    public async Task EveryStep_AndTheDisposal_RunOnOneThreadThatIsNotThePools()
    {
        var generator = new Generator(3);

        await TokenStream.FromBlocking(generator).Drain().WaitAsync(Patience);

        Assert.That(generator.Threads.Distinct().Count(), Is.EqualTo(1));
        Assert.That(generator.Threads, Has.Count.EqualTo(1 + 4 + 1), "GetEnumerator, four steps, Dispose");
        Assert.That(generator.KindsOfThread.Distinct(), Is.EqualTo(new[] { (IsOfPool: false, IsBackground: true) }));
    }

    [Test]
    public async Task AWaitingConsumer_Resumes_OnThePool()
    {
        using var release = new ManualResetEventSlim();
        var generator = new Generator(1) { BeforeStep = _ => release.Wait(Patience) };
        await using var enumerator = TokenStream.FromBlocking(generator).GetAsyncEnumerator();

        var resumed = ResumeAsync();
        release.Set();

        Assert.That(await resumed.WaitAsync(Patience), Is.True);

        async Task<bool> ResumeAsync()
        {
            await enumerator.MoveNextAsync().ConfigureAwait(false);
            return Thread.CurrentThread.IsThreadPoolThread;
        }
    }

    [Test]
    public async Task EachEnumeration_RunsTheGeneratorAnew_OnAThreadOfItsOwn()
    {
        var generator = new Generator(2);
        var stream = TokenStream.FromBlocking(generator);

        await using var first = stream.GetAsyncEnumerator();
        await using var second = stream.GetAsyncEnumerator();
        await Next(first);
        await Next(second);
        await Next(second);

        Assert.That((first.Current, second.Current), Is.EqualTo((0, 1)));
        Assert.That(generator.Threads.Distinct().Count(), Is.EqualTo(2));
        Assert.That(generator.Enumerations, Is.EqualTo(2));
    }

    [Test]
    public async Task MoveNextAsync_AfterTheEnd_ReturnsFalse()
    {
        await using var enumerator = TokenStream.FromBlocking([1]).GetAsyncEnumerator();

        Assert.That(new[] { await Next(enumerator), await Next(enumerator), await Next(enumerator) }, Is.EqualTo(new[] { true, false, false }));
        Assert.That(enumerator.Current, Is.Default);
    }

    // Errors

    [TestCase("GetEnumerator")]
    [TestCase("MoveNext")]
    [TestCase("Current")]
    [TestCase("Dispose")]
    public async Task AThrow_OfTheGenerator_ArrivesAfterItsDisposal(string where)
    {
        var failure = new IOException(where);
        var generator = new Generator(1) { FailsAt = where, Failure = failure };
        var enumerator = TokenStream.FromBlocking(generator).GetAsyncEnumerator();

        Exception? error = null;
        try
        {
            while (await Next(enumerator))
            {
            }
        }
        catch (IOException thrown)
        {
            error = thrown;
        }

        Assert.That(error, Is.SameAs(failure));
        Assert.That(generator.Disposals, Is.EqualTo(where == "GetEnumerator" ? 0 : 1));
        Assert.That(await Next(enumerator), Is.False);
        Assert.That(async () => await enumerator.DisposeAsync().AsTask().WaitAsync(Patience), Throws.Nothing, "it has been told");
    }

    [Test]
    public void AThrow_OfTheStepAndOfItsDisposal_ArriveTogether()
    {
        var generator = new Generator(0) { FailsAt = "MoveNext", Failure = new IOException("step"), DisposalFailure = new InvalidDataException("dispose") };

        Assert.That(
            () => TokenStream.FromBlocking(generator).Drain().WaitAsync(Patience),
            Throws.TypeOf<AggregateException>().With.Property("InnerExceptions").Exactly(2).Items);
    }

    [Test]
    public void AThrow_OfTheFunction_Arrives()
    {
        Assert.That(
            () => TokenStream.FromBlocking<int>(_ => throw new IOException("the function")).Drain().WaitAsync(Patience),
            Throws.TypeOf<IOException>().With.Message.EqualTo("the function"));
    }

    [Test]
    public async Task AThrow_OfTheDisposalAfterLeaving_ComesFromDisposeAsync()
    {
        var generator = new Generator(5) { DisposalFailure = new IOException("dispose") };
        var enumerator = TokenStream.FromBlocking(generator).GetAsyncEnumerator();
        await Next(enumerator);

        Assert.That(() => enumerator.DisposeAsync().AsTask().WaitAsync(Patience), Throws.TypeOf<IOException>());
    }

    [Test]
    public async Task MoveNextAsync_DuringMoveNextAsync_Throws()
    {
        using var release = new ManualResetEventSlim();
        var generator = new Generator(2) { BeforeStep = _ => release.Wait(Patience) };
        await using var enumerator = TokenStream.FromBlocking(generator).GetAsyncEnumerator();

        var pending = enumerator.MoveNextAsync();
        Assert.That(() => enumerator.MoveNextAsync(), Throws.InvalidOperationException);
        release.Set();

        Assert.That(await pending.AsTask().WaitAsync(Patience), Is.True);
        Assert.That(enumerator.Current, Is.Zero);
    }

    // Disposal and cancellation

    [Test]
    public async Task DisposeAsync_OfWhatNeverStarted_RunsNothing()
    {
        var generator = new Generator(1);
        var enumerator = TokenStream.FromBlocking(generator).GetAsyncEnumerator();

        await enumerator.DisposeAsync().AsTask().WaitAsync(Patience);
        await enumerator.DisposeAsync().AsTask().WaitAsync(Patience);

        Assert.That(await Next(enumerator), Is.False);
        Assert.That(generator.Threads, Is.Empty);
    }

    [Test]
    public async Task DisposeAsync_BetweenSteps_DisposesTheGeneratorOnce()
    {
        var generator = new Generator(5);
        var enumerator = TokenStream.FromBlocking(generator).GetAsyncEnumerator();
        await Next(enumerator);

        await enumerator.DisposeAsync().AsTask().WaitAsync(Patience);
        await enumerator.DisposeAsync().AsTask().WaitAsync(Patience);

        Assert.That(generator.Disposals, Is.EqualTo(1));
        Assert.That(await Next(enumerator), Is.False);
    }

    [Test]
    public async Task DisposeAsync_WhileAStepRuns_WaitsForIt()
    {
        using var begun = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        var generator = new Generator(5)
        {
            BeforeStep = _ =>
            {
                begun.Set();
                release.Wait(Patience);
            },
        };
        var enumerator = TokenStream.FromBlocking(generator).GetAsyncEnumerator();
        var pending = enumerator.MoveNextAsync().AsTask();
        Assert.That(begun.Wait(Patience), Is.True);

        var gone = enumerator.DisposeAsync().AsTask();
        Assert.That(gone.IsCompleted, Is.False);
        Assert.That(generator.Disposals, Is.Zero);
        release.Set();

        await gone.WaitAsync(Patience);
        Assert.That(generator.Disposals, Is.EqualTo(1));
        Assert.That(pending.IsCompletedSuccessfully, Is.True, "before the disposal");
        Assert.That(await pending, Is.False, "whoever left gets nothing any more");
        Assert.That(generator.Steps, Is.EqualTo(1));
    }

    [Test]
    public void Cancel_BeforeTheFirstStep_RunsNothing()
    {
        var generator = new Generator(1);
        var cancelled = new CancellationToken(canceled: true);

        Assert.That(
            () => TokenStream.FromBlocking(generator).Drain(cancelled).WaitAsync(Patience),
            Throws.InstanceOf<OperationCanceledException>().With.Property("CancellationToken").EqualTo(cancelled));
        Assert.That(generator.Threads, Is.Empty);
    }

    [Test]
    public async Task Cancel_WhileAStepBlocks_EndsWhenTheStepReturns()
    {
        using var begun = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        using var cancellation = new CancellationTokenSource();
        var generator = new Generator(5)
        {
            BeforeStep = _ =>
            {
                begun.Set();
                release.Wait(Patience);
            },
        };
        await using var enumerator = TokenStream.FromBlocking(generator).GetAsyncEnumerator(cancellation.Token);
        var pending = enumerator.MoveNextAsync().AsTask();
        Assert.That(begun.Wait(Patience), Is.True);

        await cancellation.CancelAsync();
        Assert.That(pending.IsCompleted, Is.False);
        release.Set();

        Assert.That(() => pending.WaitAsync(Patience), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(generator.Disposals, Is.EqualTo(1));
        Assert.That(await Next(enumerator), Is.False);
    }

    [Test]
    public async Task Cancel_BetweenSteps_EndsAtTheNextRequest()
    {
        using var cancellation = new CancellationTokenSource();
        var generator = new Generator(5);
        await using var enumerator = TokenStream.FromBlocking(generator).GetAsyncEnumerator(cancellation.Token);
        await Next(enumerator);

        await cancellation.CancelAsync();

        Assert.That(() => Next(enumerator), Throws.InstanceOf<OperationCanceledException>());
        Assert.That((generator.Steps, generator.Disposals), Is.EqualTo((1, 1)));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task TheFunctionsToken_IsCancelled_ByCancellingAndByLeaving(bool leaves)
    {
        using var begun = new ManualResetEventSlim();
        using var cancellation = new CancellationTokenSource();
        var stream = TokenStream.FromBlocking(token => new Generator(5)
        {
            BeforeStep = _ =>
            {
                begun.Set();
                token.WaitHandle.WaitOne(Patience);
                token.ThrowIfCancellationRequested();
            },
        });
        var enumerator = stream.GetAsyncEnumerator(cancellation.Token);
        var pending = enumerator.MoveNextAsync().AsTask();
        Assert.That(begun.Wait(Patience), Is.True);

        if (leaves)
            await enumerator.DisposeAsync().AsTask().WaitAsync(Patience);
        else
            await cancellation.CancelAsync();

        if (leaves)
            Assert.That(await pending.WaitAsync(Patience), Is.False);
        else
            Assert.That(() => pending.WaitAsync(Patience), Throws.InstanceOf<OperationCanceledException>().With.Property("CancellationToken").EqualTo(cancellation.Token));
        await enumerator.DisposeAsync().AsTask().WaitAsync(Patience);
    }

    [Test]
    public async Task TheFunctionsToken_IsNotCancelled_ByLeavingBetweenSteps()
    {
        var isCancelled = true;
        var enumerator = TokenStream.FromBlocking(Saving).GetAsyncEnumerator();
        await Next(enumerator);

        await enumerator.DisposeAsync().AsTask().WaitAsync(Patience);

        Assert.That(isCancelled, Is.False, "its clean-up can finish");

        IEnumerable<int> Saving(CancellationToken token)
        {
            try
            {
                yield return 1;
                yield return 2;
            }
            finally
            {
                isCancelled = token.IsCancellationRequested;
            }
        }
    }

    [Test]
    public async Task AGenerator_ThatEndsQuietlyWhenItIsCancelled_DoesNotLookComplete()
    {
        using var cancellation = new CancellationTokenSource();
        await using var enumerator = TokenStream.FromBlocking(Polite).GetAsyncEnumerator(cancellation.Token);
        Assert.That(await Next(enumerator), Is.True);
        var pending = enumerator.MoveNextAsync().AsTask();

        await cancellation.CancelAsync();

        Assert.That(() => pending.WaitAsync(Patience), Throws.InstanceOf<OperationCanceledException>().With.Property("CancellationToken").EqualTo(cancellation.Token));
        Assert.That(pending.IsCanceled, Is.True);

        static IEnumerable<int> Polite(CancellationToken token)
        {
            yield return 1;
            token.WaitHandle.WaitOne(Patience);
        }
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task AStep_ThatFailsWhenItIsCalledOff_IsToldByDisposeAsync_WithItsDisposal(bool leaves)
    {
        using var begun = new ManualResetEventSlim();
        using var cancellation = new CancellationTokenSource();
        var failure = new IOException("the step");
        var cleanupFailure = new InvalidDataException("dispose");
        var enumerator = TokenStream.FromBlocking(token => new Generator(5)
        {
            BeforeStep = _ =>
            {
                begun.Set();
                token.WaitHandle.WaitOne(Patience);
                throw failure;
            },
            DisposalFailure = cleanupFailure,
        }).GetAsyncEnumerator(cancellation.Token);
        var pending = enumerator.MoveNextAsync().AsTask();
        Assert.That(begun.Wait(Patience), Is.True);

        if (!leaves)
            await cancellation.CancelAsync();
        var leaving = enumerator.DisposeAsync().AsTask();

        Assert.That(() => leaving.WaitAsync(Patience), Throws.TypeOf<AggregateException>().With.Property("InnerExceptions").EqualTo(new Exception[] { failure, cleanupFailure }));
        if (leaves)
            Assert.That(await pending, Is.False);
        else
            Assert.That(() => pending, Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task WhereNoThreadCanBeHad_MoveNextAsyncThrows_AndNobodyWaits()
    {
        var failure = new OutOfMemoryException("no thread");
        var generator = new Generator(1);
        var enumerator = new BlockingEnumerator<int>(_ => generator, CancellationToken.None, _ => throw failure);

        Assert.That(() => Next(enumerator), Throws.Exception.SameAs(failure));
        await enumerator.DisposeAsync().AsTask().WaitAsync(Patience);

        Assert.That(await Next(enumerator), Is.False);
        Assert.That(generator.Threads, Is.Empty);
    }

    [Test]
    [NonParallelizable]
    public async Task AThrow_OfACallbackOfTheToken_GoesToTheUnobserved()
    {
        var failure = new IOException("a callback of the token");
        using var cancellation = new CancellationTokenSource();
        await using var enumerator = TokenStream.FromBlocking(Failing).GetAsyncEnumerator(cancellation.Token);
        await Next(enumerator);

        Assert.That(await UnobservedDuring(() => cancellation.CancelAsync()), Has.Some.Matches<Exception>(e => e!.ToString().Contains(failure.Message)));

        IEnumerable<int> Failing(CancellationToken token)
        {
            token.Register(() => throw failure);
            yield return 1;
            yield return 2;
        }
    }

    [Test]
    [NonParallelizable]
    public async Task AnEnumeration_ThatEndedByItself_ReportsNothingUnobserved()
    {
        var unobserved = await UnobservedDuring(() => TokenStream.FromBlocking([1, 2]).Drain().WaitAsync(Patience));

        Assert.That(unobserved.Where(e => e is ObjectDisposedException), Is.Empty);
    }

    // Calls

    [Test]
    public async Task EachRequest_TakesOneStep_AndNoneAhead()
    {
        var generator = new Generator(5);
        await using var enumerator = TokenStream.FromBlocking(generator).GetAsyncEnumerator();
        var steps = new List<int> { generator.Steps };

        for (var i = 0; i < 3; i++)
        {
            await Next(enumerator);
            await Task.Delay(10);
            steps.Add(generator.Steps);
        }

        Assert.That(steps, Is.EqualTo(new[] { 0, 1, 2, 3 }));
    }

    private static Task<bool> Next<T>(IAsyncEnumerator<T> enumerator) => enumerator.MoveNextAsync().AsTask().WaitAsync(Patience);

    private static async Task<IReadOnlyCollection<Exception>> UnobservedDuring(Func<Task> action)
    {
        var unobserved = new ConcurrentQueue<Exception>();
        EventHandler<UnobservedTaskExceptionEventArgs> note = (_, e) =>
        {
            foreach (var inner in e.Exception.Flatten().InnerExceptions)
                unobserved.Enqueue(inner);
        };
        TaskScheduler.UnobservedTaskException += note;
        try
        {
            await action();
            for (var i = 0; i < 3; i++)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= note;
        }

        return unobserved;
    }

    /// <summary>Notes the thread of every call.</summary>
    private sealed class Generator(int count) : IEnumerable<int>
    {
        private int _steps;
        private int _disposals;
        private int _enumerations;

        public Action<int>? BeforeStep { get; init; }

        public string? FailsAt { get; init; }

        public Exception? Failure { get; init; }

        public Exception? DisposalFailure { get; init; }

        public ConcurrentQueue<Thread> Threads { get; } = new();

        public ConcurrentQueue<(bool IsOfPool, bool IsBackground)> KindsOfThread { get; } = new();

        public int Steps => Volatile.Read(ref _steps);

        public int Disposals => Volatile.Read(ref _disposals);

        public int Enumerations => Volatile.Read(ref _enumerations);

        public IEnumerator<int> GetEnumerator()
        {
            Called("GetEnumerator");
            Interlocked.Increment(ref _enumerations);
            return new Enumerator(this, count);
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        private void Called(string what)
        {
            KindsOfThread.Enqueue((Thread.CurrentThread.IsThreadPoolThread, Thread.CurrentThread.IsBackground));
            if (what != "Current")
                Threads.Enqueue(Thread.CurrentThread);
            if (FailsAt == what)
                throw Failure!;
        }

        private sealed class Enumerator(Generator generator, int count) : IEnumerator<int>
        {
            private int _current = -1;

            public int Current
            {
                get
                {
                    generator.Called("Current");
                    return _current;
                }
            }

            object IEnumerator.Current => Current;

            public bool MoveNext()
            {
                generator.BeforeStep?.Invoke(_current + 1);
                Interlocked.Increment(ref generator._steps);
                generator.Called("MoveNext");
                return ++_current < count;
            }

            public void Reset() => throw new NotSupportedException();

            public void Dispose()
            {
                Interlocked.Increment(ref generator._disposals);
                generator.Called("Dispose");
                if (generator.DisposalFailure is { } failure)
                    throw failure;
            }
        }
    }
}
