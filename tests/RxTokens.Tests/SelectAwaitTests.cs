using System.Threading.Tasks.Sources;
using NUnit.Framework;

namespace RxTokens.Tests;

public class SelectAwaitTests
{
    private VirtualClock _clock = null!;
    private List<string> _log = null!;

    [SetUp]
    public void SetUp()
    {
        _clock = new VirtualClock();
        _log = [];
    }

    // Arguments

    [Test]
    public void SelectAwait_WithANullArgument_Throws()
    {
        var source = new ReadySource<int>(n => n, 1);

        Assert.That(() => TokenStream.SelectAwait<int, int>(null!, Same, maxConcurrency: 1), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("source"));
        Assert.That(() => source.SelectAwait<int, int>(null!, maxConcurrency: 1), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("selector"));
    }

    [TestCase(0)]
    [TestCase(-1)]
    public void SelectAwait_WithAConcurrencyBelowOne_Throws(int maxConcurrency) =>
        Assert.That(
            () => new ReadySource<int>(n => n, 1).SelectAwait(Same, maxConcurrency),
            Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("maxConcurrency").And.Property("ActualValue").EqualTo(maxConcurrency));

    [Test]
    public void SelectAwait_InAnOrderThatDoesNotExist_Throws() =>
        Assert.That(
            () => new ReadySource<int>(n => n, 1).SelectAwait(Same, 1, (AwaitOrder)7),
            Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("order").And.Property("ActualValue").EqualTo((AwaitOrder)7));

    /// <summary>
    /// A function that ends under a synchronization context, as all do in a test that awaits: an await of it without the context goes on on
    /// the pool, beside the clock instead of on it.
    /// </summary>
    [TestCase(1)]
    [TestCase(3)]
    public void SelectAwait_OfAFunctionThatFailsUnderAContext_CleansUpWhereItFailed(int maxConcurrency) => MarbleTest.RunAsync(async m =>
    {
        var testThread = Environment.CurrentManagedThreadId;
        List<int> disposingThreads = [];
        var source = new ToldOfDisposal<string>(m.Pull("a-b-c-d-|"), () => disposingThreads.Add(Environment.CurrentManagedThreadId));

        try
        {
            await foreach (var _ in source.SelectAwait(FailAsync, maxConcurrency))
            {
            }

            Assert.Fail("nothing failed");
        }
        catch (IOException)
        {
        }

        Assert.That(disposingThreads, Is.EqualTo(new[] { testThread }));

        async ValueTask<string> FailAsync(string item, CancellationToken cancellationToken)
        {
            await m.Delay(3);
            return item == "b" ? throw new IOException(item) : item;
        }
    }).GetAwaiter().GetResult();

    private sealed class ToldOfDisposal<T>(IAsyncEnumerable<T> source, Action onDispose) : IAsyncEnumerable<T>
    {
        public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
            new Enumerator(source.GetAsyncEnumerator(cancellationToken), onDispose);

        private sealed class Enumerator(IAsyncEnumerator<T> inner, Action onDispose) : IAsyncEnumerator<T>
        {
            public T Current => inner.Current;

            public ValueTask<bool> MoveNextAsync() => inner.MoveNextAsync();

            public ValueTask DisposeAsync()
            {
                onDispose();
                return inner.DisposeAsync();
            }
        }
    }

    [MarbleOf("SelectAwait")]
    public void ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
    {
        var source = m.Pull(rows["source"]);
        m.Expect(source.SelectAwait(TwoFramesAsync, maxConcurrency: 1)).ToBe(rows["result 1"]);
        m.Expect(source.SelectAwait(TwoFramesAsync, maxConcurrency: 2)).ToBe(rows["result 2"]);

        async ValueTask<string> TwoFramesAsync(string item, CancellationToken cancellationToken)
        {
            await m.Delay(2);
            return item;
        }
    });

    // Behaviour: the function takes as many frames as its digit says, or two.

    [TestCase("[abc]|", 1, true, "--a-b-[c|]")]
    [TestCase("[abc]|", 2, true, "--[ab]-[c|]")]
    [TestCase("[abc]|", 3, true, "--[abc|]")]
    [TestCase("[312]|", 3, true, "---[312|]")]
    [TestCase("[312]|", 3, false, "-12[3|]")]
    [TestCase("[312]|", 2, false, "-1-[32|]")]
    [TestCase("-a----b-", 3, true, "---a----b")]
    [TestCase("-a----b|", 3, true, "---a----[b|]")]
    [TestCase("|", 3, true, "|")]
    public void AConsumer_ThatAsksForAll_Gets(string source, int maxConcurrency, bool ordered, string expected) => Run(m =>
        m.Expect(m.Pull(source).SelectAwait(Work, maxConcurrency, ordered ? AwaitOrder.Source : AwaitOrder.Completion)).ToBe(expected));

    [TestCase(1, true)]
    [TestCase(3, true)]
    [TestCase(3, false)]
    public async Task ResultsThatAreReadyAtOnce_KeepTheOrder(int maxConcurrency, bool ordered) =>
        Assert.That(await new ReadySource<int>(n => n, 5).SelectAwait(Same, maxConcurrency, ordered ? AwaitOrder.Source : AwaitOrder.Completion).Drain(), Is.EqualTo(Enumerable.Range(0, 5)));

    [Test]
    public void WorkInFlight_GoesOn_WhileTheConsumerIsBusy() => Run(m =>
        m.Expect(m.Pull("[242]|").SelectAwait(Work, maxConcurrency: 3), demand: "1---------111").ToBe("--2-------42|"));

    [TestCase(1)]
    [TestCase(3)]
    public void WorkInFlight_IsNeverMore_ThanTheBound(int maxConcurrency)
    {
        var inWork = 0;
        var most = 0;
        var consumer = _clock.Consume(_clock.Pull(Marbles.Of("[1234512345]|")).SelectAwait(CountedAsync, maxConcurrency, order: AwaitOrder.Completion));

        _ = consumer.AskForAll();
        _clock.AdvanceToFrame(100);

        Assert.That(consumer.Items, Has.Count.EqualTo(10));
        Assert.That(most, Is.EqualTo(maxConcurrency));

        async ValueTask<string> CountedAsync(string item, CancellationToken token)
        {
            most = Math.Max(most, ++inWork);
            await Work(item, token);
            inWork--;
            return item;
        }
    }

    [Test]
    public void AMillionItems_ThatAreReadyAtOnce_UseConstantStack()
    {
        var count = 0;

        CountAsync().GetAwaiter().GetResult();

        Assert.That(count, Is.EqualTo(1_000_000));

        async Task CountAsync()
        {
            await foreach (var item in new ReadySource<int>(n => n, 1_000_000).SelectAwait(Same, maxConcurrency: 4))
                count++;
        }
    }

    [Test]
    public void MoveNextAsync_DuringMoveNextAsync_Throws()
    {
        var enumerator = _clock.Pull(Marbles.Of("--a|")).SelectAwait(Work, maxConcurrency: 1).GetAsyncEnumerator();
        _ = enumerator.MoveNextAsync();

        Assert.That(() => enumerator.MoveNextAsync(), Throws.InvalidOperationException);
    }

    // Errors: the function fails on letters in upper case, after their digit's frames or two.

    [TestCase("[aXb]|", 1, true, "--a-#", "[^1]-1-!", TestName = "AFailure_OneAtATime_ArrivesInItsPlace")]
    [TestCase("[5X]|", 2, true, "-----[5#]", "[^2]----!", TestName = "AFailure_InOrder_WaitsForWhatComesBefore")]
    [TestCase("[X1]|", 2, true, "--#", "[^2]-!", TestName = "AFailure_InOrder_DiscardsWhatComesAfter")]
    [TestCase("[1X5]|", 3, false, "-1#", "[^3]1!", TestName = "AFailure_OutOfOrder_CancelsTheRest")]
    [TestCase("X-----", 2, true, "--#", "[^2]-[x!]", TestName = "AFailure_DuringARead_CancelsTheRead")]
    public void Fails(string source, int maxConcurrency, bool ordered, string expected, string pulls) => Run(m =>
    {
        var probe = m.Pull(source);
        m.Expect(probe.SelectAwait(FailingWork, maxConcurrency, ordered ? AwaitOrder.Source : AwaitOrder.Completion)).ToBe(expected, error: typeof(IOException));
        m.ExpectPulls(probe).ToBe(pulls);
    });

    [Test]
    public void AFailure_OfTheSource_ArrivesAfterTheResultsBefore() => Run(m =>
    {
        var probe = m.Pull("[ab]#", Marbles.Failure);
        m.Expect(probe.SelectAwait(FailingWork, maxConcurrency: 2)).ToBe("--[ab#]", error: Marbles.Failure);
        m.ExpectPulls(probe).ToBe("[^2]-[1!]");
    });

    [Test]
    public void TwoFailures_InOrder_TheFirstItemsArrives_AndTheOtherBesideIt()
    {
        var consumer = _clock.Consume(_clock.Pull(Marbles.Of("[XY]|")).SelectAwait(FailAsync, maxConcurrency: 2));

        _ = consumer.AskForAll();
        _clock.AdvanceToFrame(50);

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("3:#AggregateException"));
        var both = (AggregateException)consumer.Received.Single().Notification.Exception!;
        Assert.That(both.InnerExceptions.Select(e => e.Message), Is.EqualTo(new[] { "X", "Y" }));

        async ValueTask<string> FailAsync(string item, CancellationToken token)
        {
            await _clock.Delay(TimeSpan.FromMilliseconds(item == "X" ? 3 : 1), CancellationToken.None);
            throw new IOException(item);
        }
    }

    [Test]
    public void AFailure_BeforeTheConsumerAsks_LetsTheFinishedResultsPass()
    {
        var probe = _clock.Pull(Marbles.Of("[123X]|"));
        var consumer = _clock.Consume(probe.SelectAwait(FailingWork, maxConcurrency: 4, order: AwaitOrder.Completion));
        consumer.AskAt(0, 10, 11);

        _clock.AdvanceToFrame(20);

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("1:1 10:2 11:#IOException"));
        Assert.That((probe.Cancellations.Single(), probe.Disposals.Single()), Is.EqualTo((2L, 11L)), "3 is cancelled");
    }

    [TestCase(1, true)]
    [TestCase(3, true)]
    [TestCase(3, false)]
    public async Task AFunction_ThatThrowsAtOnce_FailsTheStreamAfterWhatCameBefore(int maxConcurrency, bool ordered)
    {
        var source = new ReadySource<int>(n => n, 9);
        var items = new List<int>();

        Exception? error = null;
        try
        {
            await foreach (var item in source.SelectAwait<int, int>((n, _) => n < 2 ? new ValueTask<int>(n) : throw new IOException("at once"), maxConcurrency, ordered ? AwaitOrder.Source : AwaitOrder.Completion))
                items.Add(item);
        }
        catch (IOException failure)
        {
            error = failure;
        }

        Assert.That(error?.Message, Is.EqualTo("at once"));
        Assert.That(items, Is.EqualTo(new[] { 0, 1 }));
        Assert.That((source.Reads, source.Disposals), Is.EqualTo((3, 1)));
    }

    [TestCase("GetAsyncEnumerator")]
    [TestCase("MoveNextAsync")]
    [TestCase("DisposeAsync")]
    public void AThrow_OfTheSource_Arrives(string where)
    {
        var failure = new IOException(where);

        Assert.That(() => new ThrowingSource(where, failure).SelectAwait((s, _) => new ValueTask<string>(s), maxConcurrency: 1).Drain(), Throws.Exception.SameAs(failure));
    }

    // Disposal and cancellation

    [Test]
    public void DisposeAsync_CancelsTheFunctions_AndAwaitsThem()
    {
        var probe = _clock.Pull(Marbles.Of("[1ab]-----|"));
        var consumer = _clock.Consume(probe.SelectAwait(StubbornAsync, maxConcurrency: 3));
        consumer.AskAt(0);
        Task? leaving = null;
        _clock.At(2, () => leaving = consumer.Leave());

        _clock.AdvanceToFrame(3);
        Assert.That(_log, Is.EquivalentTo(new[] { "2: a cancelled", "2: b cancelled" }));
        Assert.That(leaving!.IsCompleted, Is.False);
        _clock.AdvanceToFrame(10);

        Assert.That(leaving.IsCompletedSuccessfully, Is.True);
        Assert.That(_log[2..], Is.EquivalentTo(new[] { "5: a done", "5: b done" }));
        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("1:1"));

        async ValueTask<string> StubbornAsync(string item, CancellationToken token)
        {
            if (item == "1")
                return await Work(item, token);
            var stopped = new TaskCompletionSource();
            await using var registration = token.UnsafeRegister(_ => stopped.SetResult(), state: null);
            await stopped.Task;
            _log.Add($"{_clock.Frame}: {item} cancelled");
            await _clock.Delay(TimeSpan.FromMilliseconds(3), CancellationToken.None);
            _log.Add($"{_clock.Frame}: {item} done");
            return item;
        }
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Cancel_ReachesTheFunctions_AndEndsTheStreamWhenTheyHaveEnded(bool ordered)
    {
        using var cancellation = new CancellationTokenSource();
        var probe = _clock.Pull(Marbles.Of("[99]-----|"));
        var consumer = _clock.Consume(probe.SelectAwait(NotedAsync, maxConcurrency: 2, ordered ? AwaitOrder.Source : AwaitOrder.Completion), cancellation.Token);
        consumer.AskAt(0, 5);
        _clock.At(3, cancellation.Cancel);

        _clock.AdvanceToFrame(10);

        Assert.That(_log, Is.EqualTo(new[] { "3: cancelled", "3: cancelled" }));
        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("3:#OperationCanceledException 5:|"));
        Assert.That(probe.Disposals, Is.EqualTo(new long[] { 3 }));
        Assert.That(probe.Violations, Is.Empty);

        async ValueTask<string> NotedAsync(string item, CancellationToken token)
        {
            try
            {
                return await Work(item, token);
            }
            catch (OperationCanceledException)
            {
                _log.Add($"{_clock.Frame}: cancelled");
                throw;
            }
        }
    }

    [Test]
    public void Cancel_BeforeTheFirstRequest_ReadsNothing()
    {
        var source = new ReadySource<int>(n => n, 3);

        Assert.That(() => source.SelectAwait(Same, maxConcurrency: 1).Drain(new CancellationToken(canceled: true)), Throws.InstanceOf<OperationCanceledException>());
        Assert.That((source.Reads, source.Disposals), Is.EqualTo((0, 0)));
    }

    [Test]
    public async Task ACallbackOfTheFunctionsToken_ThatThrows_DoesNotDisturbTheDisposal()
    {
        var source = new ReadySource<int>(n => n, 3);
        await using (var enumerator = source.SelectAwait(RegisteringAsync, maxConcurrency: 1).GetAsyncEnumerator())
            await enumerator.MoveNextAsync();

        Assert.That(source.Disposals, Is.EqualTo(1));

        static ValueTask<int> RegisteringAsync(int item, CancellationToken token)
        {
            token.Register(() => throw new IOException("a callback of the token"));
            return new ValueTask<int>(item);
        }
    }

    [Test]
    public async Task MoveNextAsync_AfterDispose_ReturnsFalse()
    {
        var enumerator = new ReadySource<int>(n => n, 3).SelectAwait(Same, maxConcurrency: 1).GetAsyncEnumerator();
        await enumerator.MoveNextAsync();
        await enumerator.DisposeAsync();

        Assert.That(await enumerator.MoveNextAsync(), Is.False);
    }

    // Calls

    [TestCase(1, "[^1]")]
    [TestCase(2, "[^2]")]
    [TestCase(3, "[^3]")]
    public void OneRequest_ReadsNoMore_ThanMayBeInWork(int maxConcurrency, string pulls) => Run(m =>
    {
        var source = m.Pull("[abcdef]|");
        m.Expect(source.SelectAwait(Work, maxConcurrency), demand: "1").ToBe("--a");
        m.ExpectPulls(source).ToBe(pulls);
    });

    [Test]
    public void EachRequest_TakesWhatIsFinished_ElseFillsTheFreePlaces() => Run(m =>
    {
        // The result that was finished answers the request at 5.
        var source = m.Pull("                                            [1111]|");
        m.Expect(source.SelectAwait(Work, maxConcurrency: 2), demand: "1   ----11").ToBe("-   1---1-1");
        m.ExpectPulls(source).ToBe("                              [^2]-----2");
    });

    // A consumer that were resumed inside the pump could not make it go on: its next request would wait until it returns.
    [Test]
    public void AFunction_ThatEndsWhileItsTaskIsAskedFor_ResumesTheConsumerWhereItsNextRequestReads()
    {
        var firstRead = new TaskCompletionSource();
        var reads = 0;
        var readsOfTheNext = 0;
        var enumerator = Numbers().SelectAwait((n, _) => n == 1 ? new ValueTask<int>(new EndingWhenLookedAt(), 0) : new ValueTask<int>(n), maxConcurrency: 1).GetAsyncEnumerator();

        var consuming = ConsumeAsync();
        firstRead.SetResult();

        Assert.That(consuming.IsCompletedSuccessfully, Is.True);
        Assert.That(readsOfTheNext, Is.EqualTo(2), "the consumer's next request reads");

        async Task ConsumeAsync()
        {
            Assert.That(await enumerator.MoveNextAsync(), Is.True);
            Assert.That(enumerator.Current, Is.EqualTo(42));
            var next = enumerator.MoveNextAsync();
            readsOfTheNext = reads;
            Assert.That(await next, Is.True);
        }

        async IAsyncEnumerable<int> Numbers()
        {
            reads++;
            await firstRead.Task;
            yield return 1;
            reads++;
            yield return 2;
        }
    }

    [TestCase(true)]
    [TestCase(false)]
    public void AFunction_ThatEndsInsideTheSourcesRead_ResumesTheConsumerAfterTheRead(bool ordered)
    {
        var firstRead = new TaskCompletionSource();
        var work = new TaskCompletionSource<int>();
        var isReading = false;
        var enumerator = Numbers().SelectAwait((n, _) => n == 1 ? new ValueTask<int>(work.Task) : new ValueTask<int>(n), maxConcurrency: 2, ordered ? AwaitOrder.Source : AwaitOrder.Completion).GetAsyncEnumerator();

        var consuming = ConsumeAsync();
        firstRead.SetResult();

        Assert.That(consuming.IsCompletedSuccessfully, Is.True);
        Assert.That(consuming.Result, Is.EqualTo((42, false)), "the result, and whether the source was being read");

        async Task<(int Result, bool WasReading)> ConsumeAsync()
        {
            Assert.That(await enumerator.MoveNextAsync(), Is.True);
            return (enumerator.Current, isReading);
        }

        async IAsyncEnumerable<int> Numbers()
        {
            await firstRead.Task;
            yield return 1;
            isReading = true;
            work.SetResult(42);
            isReading = false;
            yield return 2;
        }
    }

    /// <summary>A task that ends between the look at whether it has and the call that asks to be told.</summary>
    private sealed class EndingWhenLookedAt : IValueTaskSource<int>
    {
        private bool _hasEnded;

        public int GetResult(short token) => 42;

        public ValueTaskSourceStatus GetStatus(short token)
        {
            var status = _hasEnded ? ValueTaskSourceStatus.Succeeded : ValueTaskSourceStatus.Pending;
            _hasEnded = true;
            return status;
        }

        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) => continuation(state);
    }

    [Test]
    public void NoRequest_ReadsNothing() => Run(m =>
    {
        var source = m.Pull("[ab]|");
        m.Expect(source.SelectAwait(Work, maxConcurrency: 1), demand: "-----").ToBe("-----");
        m.ExpectPulls(source).ToBe();
    });

    /// <summary>On the clock of <see cref="Work"/>.</summary>
    private void Run(Action<MarbleTest> test) => MarbleTest.Run(test, new MarbleOptions { Clock = _clock });

    private static ValueTask<int> Same(int item, CancellationToken cancellationToken) => new(item);

    private async ValueTask<string> Work(string item, CancellationToken cancellationToken)
    {
        await _clock.Delay(TimeSpan.FromMilliseconds(char.IsDigit(item[0]) ? item[0] - '0' : 2), cancellationToken);
        return item;
    }

    private async ValueTask<string> FailingWork(string item, CancellationToken cancellationToken)
    {
        await Work(item, cancellationToken);
        return char.IsUpper(item[0]) ? throw new IOException(item) : item;
    }
}
