using System.Diagnostics;
using System.Reactive;
using System.Reactive.Linq;
using System.Threading.Channels;
using System.Threading.RateLimiting;
using System.Threading.Tasks.Dataflow;
using NUnit.Framework;
using Polly;
using Polly.Retry;

namespace RxTokens.Tests;

/// <summary>Every awaitable of the framework does in a marble test what it does on a UI thread: nothing runs inside whoever completes it, and nothing is left to luck.</summary>
public class AwaitingTests
{
    private const int Rounds = 200;

    [Test]
    public Task ABoundedChannel_HandsOverEachItemOnce() => MarbleTest.RunAsync(async m =>
    {
        var channel = Channel.CreateBounded<string>(1);
        var done = "";
        var working = Work();
        foreach (var letter in new[] { "a", "b", "c", "d", "e" })
            await channel.Writer.WriteAsync(letter);
        channel.Writer.Complete();
        await working;
        Assert.That(done, Is.EqualTo("abcde"));

        async Task Work()
        {
            while (await channel.Reader.WaitToReadAsync())
            {
                while (channel.Reader.TryRead(out var letter))
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(5), m.TimeProvider);
                    done += letter;
                }
            }
        }
    });

    [Test]
    public Task ABoundedChannel_UnderAnExpectation_HandsOverEachItemOnce() => MarbleTest.RunAsync(async m =>
    {
        var channel = Channel.CreateBounded<string>(1);
        m.Expect(TokenStream.FromChannel(channel.Reader), demand: "1----1----1----1----1----1----1").ToBe("a----b----c----d----e----f----|");
        foreach (var letter in new[] { "a", "b", "c", "d", "e", "f" })
            await channel.Writer.WriteAsync(letter);
        channel.Writer.Complete();
    });

    [Test]
    public Task ASemaphore_KeepsItsPermits() => MarbleTest.RunAsync(async m =>
    {
        var gate = new SemaphoreSlim(1);
        await gate.WaitAsync();
        var other = Other();
        gate.Release();
        await other;
        Assert.That(gate.CurrentCount, Is.EqualTo(1));
        await gate.WaitAsync();

        async Task Other()
        {
            await gate.WaitAsync();
            gate.Release();
        }
    });

    /// <summary>ReadAllAsync awaits without the context: each of its items comes by way of the pool.</summary>
    [Test]
    public async Task AChannelThatDropsTheOldest_ReadThroughThePool_DropsTheSameInEachRun()
    {
        for (var round = 0; round < Rounds; round++)
        {
            var read = new List<int>();
            await MarbleTest.RunAsync(async m =>
            {
                var channel = Channel.CreateBounded<int>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
                var writing = Write();
                await foreach (var item in channel.Reader.ReadAllAsync())
                {
                    read.Add(item);
                    await m.Delay(5);
                }

                await writing;

                async Task Write()
                {
                    for (var i = 0; i < 6; i++)
                    {
                        await m.Delay(2);
                        channel.Writer.TryWrite(i);
                    }

                    channel.Writer.Complete();
                }
            });
            Assert.That(read, Is.EqualTo(new[] { 0, 2, 4, 5 }), $"round {round}");
        }
    }

    [Test]
    public async Task TwoItemsInOnePieceOfWork_ReadThroughThePool_AreBothThereWhenItIsRead()
    {
        for (var round = 0; round < Rounds; round++)
        {
            var read = "";
            await MarbleTest.RunAsync(async m =>
            {
                var channel = Channel.CreateBounded<string>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
                m.At(3, () =>
                {
                    channel.Writer.TryWrite("a"); // takes the reader out of its wait, but it comes only after this
                    channel.Writer.TryWrite("b");
                    channel.Writer.TryWrite("c");
                    channel.Writer.Complete();
                });
                await foreach (var item in channel.Reader.ReadAllAsync())
                    read += item;
            });
            Assert.That(read, Is.EqualTo("c"), $"round {round}");
        }
    }

    [Test]
    public async Task WhatIsAwaitedWithoutTheContext_BelongsToItsInstant()
    {
        for (var round = 0; round < Rounds; round++)
        {
            await MarbleTest.RunAsync(m =>
            {
                m.Expect(Counted(m)).ToBe("a--b--c--|");
                return Task.CompletedTask;
            });
        }

        static async IAsyncEnumerable<string> Counted(MarbleTest m)
        {
            foreach (var letter in new[] { "a", "b", "c" })
            {
                yield return letter;
                using var cancellation = new CancellationTokenSource(TimeSpan.FromMilliseconds(3), m.TimeProvider);
                try
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, m.TimeProvider, cancellation.Token).ConfigureAwait(false);
                }
                catch (OperationCanceledException)
                {
                    // The framework takes what comes after a cancelled delay to the pool.
                }
            }
        }
    }

    /// <summary>As with xUnit, MSTest and TUnit. What a thread of the pool queues, others take when nothing else is left for them.</summary>
    [Test]
    public Task OnAThreadOfThePool_WhileOthersKeepThePoolBusy_WhatIsAwaitedWithoutTheContext_BelongsToItsInstant() => Task.Run(async () =>
    {
        using var others = new Others(8);
        await MarbleTest.RunAsync(m =>
        {
            m.Expect(Letters(m)).ToBe("--a-[b|]");
            return Task.CompletedTask;
        });

        static async IAsyncEnumerable<string> Letters(MarbleTest m)
        {
            await m.Delay(2).ConfigureAwait(false);
            yield return "a";
            await m.Delay(2).ConfigureAwait(false);
            yield return "b";
        }
    });

    [Test]
    public async Task TestsThatRunAtTheSameTime_DoNotTakeOneAnothersWorkForTheirOwn()
    {
        var frames = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(Frames, TaskCreationOptions.LongRunning)));
        Assert.That(frames.SelectMany(f => f), Is.All.EqualTo("2 4 6 8 10 "));

        static List<string> Frames() => [.. Enumerable.Range(0, 10).Select(_ =>
        {
            var frames = "";
            MarbleTest.RunAsync(async m =>
            {
                for (var i = 0; i < 5; i++)
                {
                    await m.Delay(2).ConfigureAwait(false);
                    await Task.Yield();
                    frames += $"{m.Frame} ";
                }
            }).GetAwaiter().GetResult();
            return frames;
        })];
    }

    [Test]
    public Task ATestWithinATest_DoesNotWaitForIt() => MarbleTest.RunAsync(async m =>
    {
        await m.Delay(1);
        await MarbleTest.RunAsync(inner => inner.Delay(5));
        await Task.Run(() => MarbleTest.RunAsync(inner => inner.Delay(5)));
        Assert.That(m.Frame, Is.EqualTo(1));
    });

    [Test]
    public async Task ATestThatWaitsForWhatIsReal_HoldsNoOtherUp()
    {
        var promise = new TaskCompletionSource();
        using var waits = new ManualResetEventSlim();
        var waiting = Task.Run(() => MarbleTest.RunAsync(async m =>
        {
            await m.Delay(1);
            waits.Set();
            await promise.Task;
        }, new MarbleOptions { MaxRealWait = TimeSpan.FromSeconds(20) }));
        waits.Wait();
        await MarbleTest.RunAsync(m => m.Delay(5));
        promise.SetResult();
        await waiting;
    }

    [Test]
    public Task Tasks_ThatWaitForSeveral_ComeBackInOrder() => MarbleTest.RunAsync(async m =>
    {
        var order = new List<string>();
        var tasks = new[] { After(5), After(3), After(9) };
        Assert.That(await await Task.WhenAny(tasks), Is.EqualTo(3));
        Assert.That(m.Frame, Is.EqualTo(3));
        await foreach (var task in Task.WhenEach(tasks))
            order.Add($"{await task}@{m.Frame}");
        Assert.That(order, Is.EqualTo(new[] { "3@3", "5@5", "9@9" }));
        Assert.That(await Task.WhenAll(tasks), Is.EqualTo(new[] { 5, 3, 9 }));

        async Task<int> After(int frames)
        {
            await m.Delay(frames);
            return frames;
        }
    });

    [Test]
    public Task APeriodicTimer_Ticks() => MarbleTest.RunAsync(async m =>
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(4), m.TimeProvider);
        var frames = new List<long>();
        while (frames.Count < 3 && await timer.WaitForNextTickAsync())
            frames.Add(m.Frame);
        Assert.That(frames, Is.EqualTo(new[] { 4, 8, 12 }));
    });

    [TestCase(TaskCreationOptions.None)]
    [TestCase(TaskCreationOptions.RunContinuationsAsynchronously)]
    public Task APromise_ComesBackAsOnAnyThreadWithAContext(TaskCreationOptions options) => MarbleTest.RunAsync(async m =>
    {
        var promise = new TaskCompletionSource(options);
        var log = new List<string>();
        m.At(2, () =>
        {
            log.Add("before");
            promise.SetResult();
            log.Add("after");
        });
        await promise.Task;
        log.Add("awaited");
        Assert.That(m.Frame, Is.EqualTo(2));
        Assert.That(log, options == TaskCreationOptions.None ? Is.EqualTo(new[] { "before", "awaited" }) : Is.EqualTo(new[] { "before", "after", "awaited" }));
    });

    [Test]
    public Task AsyncLocals_StayWhereTheyBelong() => MarbleTest.RunAsync(async m =>
    {
        var local = new AsyncLocal<string> { Value = "outside" };
        var inside = Inside();
        Assert.That(local.Value, Is.EqualTo("outside"));
        await inside;
        Assert.That(local.Value, Is.EqualTo("outside"));

        async Task Inside()
        {
            local.Value = "inside";
            await m.Delay(1);
            Assert.That(local.Value, Is.EqualTo("inside"));
            await Task.Delay(TimeSpan.FromMilliseconds(1), m.TimeProvider).ConfigureAwait(false);
            Assert.That(local.Value, Is.EqualTo("inside"));
        }
    });

    [Test]
    public Task ADisposalThatAwaits_IsAwaited() => MarbleTest.RunAsync(async m =>
    {
        var closing = new Closing(m);
        await using (closing)
            await m.Delay(1);
        Assert.That((closing.IsClosed, m.Frame), Is.EqualTo((true, 4)));
    });

    [Test]
    public Task Dataflow_WorksWhileTheClockWaits() => MarbleTest.RunAsync(async m =>
    {
        var log = new List<string>();
        var block = new TransformBlock<string, string>(async text =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), m.TimeProvider);
            return text + m.Frame;
        });
        block.Post("a");
        block.Post("b");
        block.Complete();
        while (await block.OutputAvailableAsync())
            log.Add(await block.ReceiveAsync());
        Assert.That(log, Is.EqualTo(new[] { "a5", "b10" }));
    });

    [Test]
    public Task Polly_RetriesInVirtualTime() => MarbleTest.RunAsync(async m =>
    {
        var pipeline = new ResiliencePipelineBuilder { TimeProvider = m.TimeProvider }
            .AddRetry(new RetryStrategyOptions { MaxRetryAttempts = 2, Delay = TimeSpan.FromSeconds(1), BackoffType = DelayBackoffType.Constant })
            .Build();
        var frames = new List<long>();
        await pipeline.ExecuteAsync(async token =>
        {
            frames.Add(m.Frame);
            await Task.Delay(TimeSpan.FromMilliseconds(10), m.TimeProvider, token);
            if (frames.Count < 3)
                throw new TimeoutException();
        });
        Assert.That(frames, Is.EqualTo(new[] { 0, 1010, 2020 }));
    });

    [Test]
    public Task ALimiter_LetsOneInAfterTheOther() => MarbleTest.RunAsync(async m =>
    {
        using var limiter = new ConcurrencyLimiter(new ConcurrencyLimiterOptions { PermitLimit = 1, QueueLimit = 10, QueueProcessingOrder = QueueProcessingOrder.OldestFirst });
        var frames = new List<long>();
        await Task.WhenAll(Call(), Call(), Call());
        Assert.That(frames, Is.EqualTo(new[] { 4, 8, 12 }));

        async Task Call()
        {
            using var lease = await limiter.AcquireAsync();
            await m.Delay(4);
            frames.Add(m.Frame);
        }
    });

    [Test]
    public void BlockingForThePool_IsNotHeldUp() => MarbleTest.Run(m =>
    {
        m.At(1, () => Assert.That(Task.Run(() => 42).Result, Is.EqualTo(42)));
        m.At(2, () => Parallel.For(0, 8, _ => Thread.Yield()));
    });

    [Test]
    public void AThrowInAnAsyncVoid_FailsItsTest()
    {
        var failure = Assert.Throws<FormatException>(() => MarbleTest.Run(m =>
            m.Hot("-a|").Subscribe(async _ =>
            {
                await m.Delay(1);
                throw new FormatException("in Run");
            })));
        Assert.That(failure!.Message, Is.EqualTo("in Run"));
    }

    [Test]
    public void AThrowInAnAsyncVoid_BeforeItsFirstAwait_FailsItsTest() =>
        Assert.Throws<FormatException>(() => MarbleTest.Run(m => m.Hot("-a|").Throttle(m.Time("--|"), m.Clock).Subscribe(async _ =>
        {
            if (m.Frame > 0)
                throw new FormatException();
            await m.Delay(1);
        })));

    [Test]
    public async Task AThrowInAnAsyncVoid_OfATestThatAwaits_FailsIt() =>
        await Assert.ThrowsAsync<FormatException>(() => MarbleTest.RunAsync(async m =>
        {
            m.Hot("-a|").Subscribe(async _ =>
            {
                await m.Delay(1);
                throw new FormatException();
            });
            await m.Delay(10);
        }));

    [Test]
    public async Task WhatComesBackFromAThreadOfItsOwn_WhileTheClockIsAtWork_FailsTheRun_ByName()
    {
        var failure = await Assert.ThrowsAsync<MarbleAssertionException>(() => MarbleTest.RunAsync(async m =>
        {
            var promise = new TaskCompletionSource();
            m.At(3, () =>
            {
                var thread = new Thread(promise.SetResult);
                thread.Start();
                while (thread.IsAlive)
                    Thread.SpinWait(10); // at work, not waiting for it
            });
            await Device(promise.Task);
        }));
        Assert.That(failure!.Message, Does.StartWith(
            "Marble test stopped at frame 3 (3 ms): an await in Device came back from another thread while the clock was going on"));

        static async Task Device(Task task) => await task;
    }

    [Test]
    public async Task WhatComesBackFromAThreadOfItsOwn_WhileTheClockHasNothingToDo_IsWaitedFor()
    {
        var frame = -1L;
        await MarbleTest.RunAsync(async m =>
        {
            await m.Delay(3);
            var promise = new TaskCompletionSource();
            new Thread(() =>
            {
                Thread.Sleep(30);
                promise.SetResult();
            }).Start();
            await promise.Task;
            frame = m.Frame;
        });
        Assert.That(frame, Is.EqualTo(3));
    }

    [Test]
    public void WhatGoesOnForEver_IsNamed_WithTheRowThatEndsIt()
    {
        var pulled = Failing.Message(m => m.Expect(Poll(m), demand: "3", name: "poll").ToBe("1000ms a", values: null));
        Assert.That(pulled, Does.Contain("\"poll\" is still open: a row with '!' ends it (demand: \"* 20ms !\"). "
            + "It has been asked for an item, and none has come since frame 2000."));

        var pushed = Failing.Message(m => m.Expect(Observable.Interval(TimeSpan.FromSeconds(1), m.Clock).Select(_ => "a"), name: "ticks").ToBe("1000ms a"));
        Assert.That(pushed, Does.Contain("\"ticks\" is still open: a row with '!' ends it (subscription: \"^ 20ms !\").").And.Not.Contain("It has been asked"));

        static async IAsyncEnumerable<string> Poll(MarbleTest m)
        {
            using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), m.TimeProvider);
            for (var i = 0; await timer.WaitForNextTickAsync(); i++)
            {
                if (i < 2)
                    yield return "a";
            }
        }
    }

    [Test]
    public async Task WhatWaitsForRealTime_IsAskedForItsClock()
    {
        const string Question = "A timer of real time was started, of 1h: was an operator given no m.Clock?";
        var options = new MarbleOptions { MaxRealWait = TimeSpan.FromMilliseconds(20) };
        var failure = await Assert.ThrowsAsync<MarbleAssertionException>(() => MarbleTest.RunAsync(_ => Task.Delay(TimeSpan.FromHours(1)), options));
        Assert.That(failure!.Message, Does.Contain("The test waits for something that its clock does not drive").And.Contains(Question));

        failure = await Assert.ThrowsAsync<MarbleAssertionException>(() => MarbleTest.RunAsync(_ => new TaskCompletionSource().Task, options));
        Assert.That(failure!.Message, Does.Not.Contain(Question));

        failure = Assert.Throws<MarbleAssertionException>(() => MarbleTest.Run(m =>
        {
            m.Expect(Observable.Interval(TimeSpan.FromSeconds(1), m.Clock).Select(_ => "a"), name: "ticks").ToBe("1000ms a");
            m.Expect(Observable.Timer(TimeSpan.FromHours(1)).Select(_ => "a"), name: "timer").ToBe("a");
        }));
        Assert.That(failure!.Message, Does.Contain(Question));
    }

    [Test]
    public async Task OneThatHasLeftThePool_WhileAnotherIsThere_ComesBack()
    {
        for (var round = 0; round < Rounds; round++)
        {
            await MarbleTest.RunAsync(async m =>
            {
                await m.Delay(3);
                var first = Task.Run(() => Compute(1));
                var second = Task.Run(() => Compute(3));
                await first;
                await second;
                Assert.That(m.Frame, Is.EqualTo(3));
            });
        }
    }

    [Test]
    public Task OneThatHasSlept_WaitsForItsTurn() => MarbleTest.RunAsync(async m =>
    {
        var said = m.Hot("-");
        m.Expect(said).ToBe("---a");
        await m.Delay(3);
        var sleeps = Task.Run(() =>
        {
            Thread.Sleep(10);
            said.Signal(Notification.CreateOnNext("a")); // while the other has the turn, which it took from one that slept
        });
        var computes = Task.Run(() => Compute(60));
        await Task.WhenAll(sleeps, computes);
    });

    [Test]
    public void AfterAPieceOfWorkThatBlocked_ThePoolIsWaitedForAsBefore()
    {
        long frame = -1, later = -1;
        MarbleTest.Run(m =>
        {
            m.At(1, () =>
            {
                _ = Task.Run(() =>
                {
                    Compute(60);
                    frame = m.Frame;
                });
                Thread.Sleep(30);
            });
            m.At(2, () => { });
            m.At(3, () =>
            {
                _ = Task.Run(() =>
                {
                    Compute(10);
                    later = m.Frame;
                });
            });
            m.At(4, () => { });
        });
        Assert.That((frame, later), Is.EqualTo((1L, 3L)));
    }

    [Test]
    public async Task ATimersCallback_ThatComesBackTwice_IsWaitedFor()
    {
        for (var round = 0; round < 10; round++)
        {
            await MarbleTest.RunAsync(async m =>
            {
                var (one, two) = (new TaskCompletionSource(), new TaskCompletionSource());
                using var timer = new Timer(
                    _ =>
                    {
                        one.SetResult();
                        Compute(5);
                        two.SetResult();
                    },
                    null,
                    dueTime: 10,
                    Timeout.Infinite);
                var both = Task.WhenAll(Await(one.Task), Await(two.Task));
                await one.Task;
                Compute(10);
                await both;
            });
        }

        static async Task Await(Task task) => await task;
    }

    [Test]
    public void OneThatIsGivenUp_IsNotTakenForAnother()
    {
        using var release = new ManualResetEventSlim();
        var frame = -1L;
        MarbleTest.Run(
            m =>
            {
                m.At(1, () => { _ = Task.Run(() => release.Wait()); }); // longer than the clock waits
                m.At(2, release.Set);
                m.At(3, () => Thread.Sleep(30));
                m.At(4, () =>
                {
                    _ = Task.Run(() =>
                    {
                        Compute(500);
                        frame = m.Frame;
                    });
                });
                m.At(5, () => { });
            },
            new MarbleOptions { MaxRealWait = TimeSpan.FromMilliseconds(900) });
        Assert.That(frame, Is.EqualTo(4));
    }

    [Test]
    public void OneThatIsGivenUp_AndEndsBesideAnother_IsNotTakenForIt()
    {
        using var release = new ManualResetEventSlim();
        var frame = -1L;
        MarbleTest.Run(
            m =>
            {
                m.At(1, () => { _ = Task.Run(() => release.Wait()); }); // longer than the clock waits
                m.At(2, () =>
                {
                    _ = Task.Run(() =>
                    {
                        Compute(500);
                        frame = m.Frame;
                    });
                    release.Set();
                });
                m.At(3, () => { });
            },
            new MarbleOptions { MaxRealWait = TimeSpan.FromMilliseconds(900) });
        Assert.That(frame, Is.EqualTo(2));
    }

    [Test]
    public void APoolThatOthersBlock_CostsATestThatDoesNotUseItLittle()
    {
        var release = new ManualResetEventSlim(); // not disposed: some come to it when the test is over
        for (var i = 0; i < 60; i++)
            ThreadPool.UnsafeQueueUserWorkItem(_ => release.Wait(), null);
        var start = Stopwatch.GetTimestamp();
        MarbleTest.Run(m => m.Expect(m.Hot("abcdefghijklmnop|")).ToBe("abcdefghijklmnop|"), new MarbleOptions { MaxRealWait = TimeSpan.FromMilliseconds(400) });
        var took = Stopwatch.GetElapsedTime(start);
        release.Set();
        Assert.That(took, Is.LessThan(TimeSpan.FromSeconds(3)), "not 400 ms for each of 17 pieces of work");
    }

    [TestCase("a timer")]
    [TestCase("a UI thread")]
    public async Task WhatAThreadOfItsOwnSchedules_WhileTheClockIsAtWork_FailsTheRun(string what)
    {
        var failure = await Assert.ThrowsAsync<MarbleAssertionException>(() => MarbleTest.RunAsync(async m =>
        {
            var ui = m.UiThread();
            m.At(3, () =>
            {
                var thread = new Thread(() =>
                {
                    if (what == "a timer")
                        m.Clock.ScheduleRelative(0, 5, (_, _) => System.Reactive.Disposables.Disposable.Empty);
                    else
                        ui.Post(_ => { }, null);
                });
                thread.Start();
                while (thread.IsAlive)
                    Thread.SpinWait(10);
            });
            await m.Delay(10);
        }));
        Assert.That(failure!.Message, Does.Contain("came back from another thread while the clock was going on"));
    }

    private static void Compute(int milliseconds)
    {
        var start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start).TotalMilliseconds < milliseconds)
            Thread.SpinWait(20);
    }

    private static IEnumerable<TestCaseData> Blocking()
    {
        yield return Case("Wait", m => m.Delay(5).Wait());
        yield return Case("Result", m => _ = Five(m).Result);
        yield return Case("Assert.That of a lambda that awaits", m => Assert.That(async () => await Five(m), Is.EqualTo(5)));
        yield return Case("a lock", m =>
        {
            using var never = new ManualResetEventSlim();
            never.Wait();
        });
        yield return Case("a finally block", m =>
        {
            try
            {
                m.Delay(5).Wait();
            }
            finally
            {
                m.Delay(5).Wait();
            }
        });

        static TestCaseData Case(string name, Action<MarbleTest> test) => new TestCaseData(test).SetArgDisplayNames(name);

        static async Task<int> Five(MarbleTest m)
        {
            await m.Delay(5);
            return 5;
        }
    }

    [TestCaseSource(nameof(Blocking))]
    public async Task ATestThatBlocks_IsToldToAwait(Action<MarbleTest> blocks)
    {
        var options = new MarbleOptions { MaxRealWait = TimeSpan.FromMilliseconds(50) };
        var inRunAsync = await Assert.ThrowsAsync<MarbleAssertionException>(() => MarbleTest.RunAsync(
            async m =>
            {
                await m.Delay(1);
                blocks(m);
            },
            options));
        var inRun = Assert.Throws<MarbleAssertionException>(() => MarbleTest.Run(m => m.At(1, () => blocks(m)), options));

        Assert.That(inRunAsync!.Message, Does.StartWith("Marble test stopped at frame 1 (1 ms): The test blocks the thread on which its clock runs"));
        Assert.That(inRun!.Message, Does.StartWith("Marble test stopped at frame 1 (1 ms): The test blocks the thread on which its clock runs"));
        Assert.DoesNotThrow(() => Thread.Sleep(1), "the thread is as before");
    }

    [Test]
    public async Task ATestThatWaitsForWhatNeverComes_IsNotTakenForOneThatBlocks()
    {
        for (var round = 0; round < 20; round++)
        {
            var failure = await Assert.ThrowsAsync<MarbleAssertionException>(
                () => MarbleTest.RunAsync(_ => new TaskCompletionSource().Task, new MarbleOptions { MaxRealWait = TimeSpan.FromMilliseconds(45) }));
            Assert.That(failure!.Message, Does.Contain("The test waits for something that its clock does not drive"));
        }
    }

    /// <summary>Others' work on the pool, always some of it in its queue.</summary>
    private sealed class Others : IThreadPoolWorkItem, IDisposable
    {
        private volatile bool _isOver;

        public Others(int count)
        {
            for (var i = 0; i < count; i++)
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }

        public void Execute()
        {
            if (!_isOver)
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }

        public void Dispose() => _isOver = true;
    }

    [Test]
    public async Task ATaskThatNobodyAwaits_AndBlocks_FailsTheTest()
    {
        var failure = await Assert.ThrowsAsync<MarbleAssertionException>(() => MarbleTest.RunAsync(
            async m =>
            {
                _ = Forgotten(m);
                await m.Delay(10);
            },
            new MarbleOptions { MaxRealWait = TimeSpan.FromMilliseconds(50) }));
        Assert.That(failure!.Message, Does.Contain("The test blocks the thread on which its clock runs"));

        static async Task Forgotten(MarbleTest m)
        {
            await m.Delay(1);
            m.Delay(3).Wait();
        }
    }

    [Test]
    public void ATestThatCatchesItsInterruption_FailsAllTheSame() => Assert.That(
        Failing.Message(
            m => m.At(1, () =>
            {
                try
                {
                    m.Delay(5).Wait();
                }
                catch (Exception)
                {
                    // and goes on
                }
            }),
            new MarbleOptions { MaxRealWait = TimeSpan.FromMilliseconds(50) }),
        Does.Contain("The test blocks the thread on which its clock runs"));

    [TestCase(true)]
    [TestCase(false)]
    public Task LongWork_IsNoBlock(bool thenSleeps) => MarbleTest.RunAsync(
        async m =>
        {
            m.At(1, () =>
            {
                Compute(1200);
                if (thenSleeps)
                    Thread.Sleep(30);
            });
            await m.Delay(2);
            var promise = new TaskCompletionSource();
            new Thread(() =>
            {
                Thread.Sleep(30);
                promise.SetResult();
            }).Start();
            await promise.Task;
        },
        new MarbleOptions { MaxRealWait = TimeSpan.FromMilliseconds(200) });

    [Test]
    public Task ATestInATest_ThatWaits_IsNoBlock() => MarbleTest.RunAsync(
        async m =>
        {
            await m.Delay(1);
            await MarbleTest.RunAsync(async _ =>
            {
                var promise = new TaskCompletionSource();
                new Thread(() =>
                {
                    Thread.Sleep(300);
                    promise.SetResult();
                }).Start();
                await promise.Task;
            });
        },
        new MarbleOptions { MaxRealWait = TimeSpan.FromMilliseconds(80) });

    [Test]
    public void AWaitThatNoTimerCanMeasure_IsRefused_AndLeavesTheThreadAsItWas()
    {
        var before = SynchronizationContext.Current;
        var failure = Assert.Throws<ArgumentOutOfRangeException>(() => MarbleTest.Run(_ => { }, new MarbleOptions { MaxRealWait = TimeSpan.FromDays(60) }));
        Assert.That(failure!.ParamName, Is.EqualTo("options.MaxRealWait"));
        Assert.That(SynchronizationContext.Current, Is.SameAs(before));
    }

    private sealed class Closing(MarbleTest m) : IAsyncDisposable
    {
        public bool IsClosed { get; private set; }

        public async ValueTask DisposeAsync()
        {
            await Task.Delay(TimeSpan.FromMilliseconds(3), m.TimeProvider).ConfigureAwait(false);
            IsClosed = true;
        }
    }
}
