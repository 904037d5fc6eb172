using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace RxTokens.AspNetCore.Tests;

/// <summary>A log, a source or a caller that misbehaves: answers can still be stopped, end once, and give back what they have taken.</summary>
public class HubFaultTests
{
    private static readonly TokenLogEnd ByHand = new(TokenEvents.Stopped, "The answer was stopped.");

    private static TokenStreamHub Hub(ITokenLog? log = null, Action<TokenStreamOptions>? configure = null, Action<IServiceCollection>? services = null)
    {
        var collection = new ServiceCollection();
        collection.AddLogging();
        if (log is not null)
            collection.AddSingleton(log);
        services?.Invoke(collection);
        collection.AddTokenStreams(configure);
        return collection.BuildServiceProvider().GetRequiredService<TokenStreamHub>();
    }

    private static ValueTask<TokenLogState?> StateAsync(FaultyLog log, string id) => log.Inner.FindAsync(new StreamKey("someone", id).Value);

    private static async Task<ScriptedSource<string>> UntilItIsRead(ScriptedSource<string> source)
    {
        await HubTests.Until(() => source.Reads > 0);
        return source;
    }

    // A log that fails

    [Test]
    public async Task AStopThatTheLogDoesNotTake_CancelsTheSource_AndIsSaidAgain()
    {
        var calls = 0;
        var log = new FaultyLog { OnEnd = () => ++calls == 1 ? throw new IOException("The store is away.") : Task.CompletedTask };
        var hub = Hub(log);
        var source = Script.Waits<string>();
        var id = await hub.BeginAsync("someone", (_, _) => source);
        await UntilItIsRead(source);
        Assert.That(async () => await hub.StopAsync("someone", id), Throws.TypeOf<IOException>());
        await source.Disposed.Task.WaitAsync(TestHost.Patience);
        await HubTests.Until(() => !hub.HasAnswersUnderWay);
        Assert.That((await StateAsync(log, id))?.End, Is.EqualTo(ByHand));
    }

    [Test]
    public async Task AStopThatTheLogTakesItsTimeFor_CancelsTheSourceAtOnce()
    {
        var taken = new TaskCompletionSource();
        var log = new FaultyLog { OnEnd = () => taken.Task };
        var hub = Hub(log);
        var source = new ScriptedSource<string>(async (_, token) =>
        {
            try
            {
                await Task.Delay(Timeout.Infinite, token);
            }
            catch (OperationCanceledException)
            {
                throw new IOException("The connection is closed."); // as many clients say it
            }

            return (false, "");
        });
        var id = await hub.BeginAsync("someone", (_, _) => source);
        await UntilItIsRead(source);
        var stopping = hub.StopAsync("someone", id).AsTask();
        await source.Disposed.Task.WaitAsync(TestHost.Patience);
        taken.SetResult();
        Assert.That(await stopping.WaitAsync(TestHost.Patience), Is.True);
        await HubTests.Until(() => !hub.HasAnswersUnderWay);
        Assert.That((await StateAsync(log, id))?.End, Is.EqualTo(ByHand));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task AnAnswerWhoseLogIsNotFound_CanBeStopped(bool throws)
    {
        var log = new FaultyLog { OnFind = () => throws ? throw new IOException("The store is away.") : Task.FromResult(false) };
        var hub = Hub(log);
        var source = Script.Waits<string>();
        var id = await hub.BeginAsync("someone", (_, _) => source);
        Assert.That(await hub.StopAsync("someone", id), Is.True);
        await HubTests.Until(() => !hub.HasAnswersUnderWay);
    }

    [Test]
    public async Task AnAppendThatHangs_DoesNotKeepAnAnswerFromBeingStopped()
    {
        var isAppending = new TaskCompletionSource();
        var log = new FaultyLog
        {
            OnAppend = token =>
            {
                isAppending.TrySetResult();
                return Task.Delay(Timeout.Infinite, token);
            },
        };
        var hub = Hub(log);
        var source = Script.Waits("a");
        var id = await hub.BeginAsync("someone", (_, _) => source);
        await isAppending.Task.WaitAsync(TestHost.Patience);
        await hub.StopAsync("someone", id);
        await source.Disposed.Task.WaitAsync(TestHost.Patience);
        await HubTests.Until(() => !hub.HasAnswersUnderWay);
    }

    [TestCase(typeof(IOException))]
    [TestCase(typeof(TaskCanceledException))]
    public async Task AnAppendThatFails_IsAFailureOfTheAnswer(Type failure)
    {
        var log = new FaultyLog { OnAppend = _ => throw (Exception)Activator.CreateInstance(failure)! };
        var hub = Hub(log);
        var source = Script.Waits("a");
        var id = await hub.BeginAsync("someone", (_, _) => source);
        await source.Disposed.Task.WaitAsync(TestHost.Patience);
        await HubTests.Until(() => !hub.HasAnswersUnderWay);
        Assert.That((await StateAsync(log, id))?.End?.EventType, Is.EqualTo("failure"));
    }

    [Test]
    public async Task ALoggerThatFails_KeepsNothing()
    {
        var log = new FaultyLog { OnEnd = () => throw new IOException("The store is away.") };
        var hub = Hub(log, services: services => services.AddSingleton<ILoggerFactory>(new FaultyLogger()));
        await hub.BeginAsync("someone", (_, _) => Script.Fails<string>(new InvalidOperationException()));
        await HubTests.Until(() => !hub.HasAnswersUnderWay);
        await hub.BeginAsync("someone", (_, _) => Script.Items("a"));
        await HubTests.Until(() => !hub.HasAnswersUnderWay);
    }

    /// <summary>By another machine, or one that took this for dead.</summary>
    [Test]
    public async Task R13_ASourceWhoseTextWasEndedFromOutside_IsCancelledAtItsNextSignOfLife()
    {
        var clock = new FakeTimeProvider();
        var log = new FaultyLog();
        var hub = Hub(log, services: services => services.AddSingleton<TimeProvider>(clock));
        var source = Script.Waits<string>();
        var id = await hub.BeginAsync("someone", (_, _) => source);
        await UntilItIsRead(source);
        var end = new TokenLogEnd(TokenEvents.Stopped, "Elsewhere.");
        await log.Inner.EndAsync(new StreamKey("someone", id).Value, fence: null, end);
        clock.Advance(TimeSpan.FromSeconds(100));
        await source.Disposed.Task.WaitAsync(TestHost.Patience);
        await HubTests.Until(() => !hub.HasAnswersUnderWay);
        Assert.That((await StateAsync(log, id))?.End, Is.EqualTo(end));
    }

    // A source that misbehaves

    [Test]
    public async Task SourcesThatBlockWhereTheyAreCancelled_HoldUpNeitherEachOtherNorWhoStops()
    {
        var hub = Hub();
        using var both = new CountdownEvent(2);
        var haveMet = 0;
        for (var n = 0; n < 2; n++)
        {
            var isRegistered = new TaskCompletionSource();
            await hub.BeginAsync("someone", (_, token) =>
            {
                token.Register(() =>
                {
                    both.Signal();
                    if (both.Wait(TestHost.Patience))
                        Interlocked.Increment(ref haveMet);
                });
                isRegistered.SetResult();
                return Script.Waits<string>();
            });
            await isRegistered.Task;
        }

        await Task.Run(() => hub.StopAllAsync(CancellationToken.None)).WaitAsync(TestHost.Patience / 2);
        await HubTests.Until(() => haveMet == 2);
        await HubTests.Until(() => !hub.HasAnswersUnderWay);
    }

    [Test]
    public async Task ASourceOfEmptyTexts_ThatIsDeaf_CanBeStopped()
    {
        var hub = Hub();
        var source = new ScriptedSource<string>(async (_, _) =>
        {
            await Task.Yield();
            return (true, "");
        });
        var id = await hub.BeginAsync("someone", (_, _) => source);
        await UntilItIsRead(source);
        await hub.StopAsync("someone", id);
        await source.Disposed.Task.WaitAsync(TestHost.Patience);
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task AnAnswerThatStopsItself_FromItsSource_IsStopped(bool fromACallback)
    {
        var log = new FaultyLog();
        var hub = Hub(log);
        var id = new TaskCompletionSource<string>();
        var result = new TaskCompletionSource<bool>();
        id.SetResult(await hub.BeginAsync("someone", (_, token) => Source(token)));
        await HubTests.Until(() => !hub.HasAnswersUnderWay);
        Assert.That((await StateAsync(log, await id.Task))?.End, Is.EqualTo(ByHand));
        Assert.That(await result.Task.WaitAsync(TestHost.Patience), Is.True);

        async IAsyncEnumerable<string> Source([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken token)
        {
            yield return "a";
            var own = await id.Task;
            if (fromACallback)
                token.Register(() => result.TrySetResult(hub.StopAsync("someone", own).AsTask().GetAwaiter().GetResult()));
            var hasStopped = await hub.StopAsync("someone", own);
            if (!fromACallback)
                result.TrySetResult(hasStopped);
            yield return "b";
        }
    }

    // A host that stops

    [Test]
    public async Task AHostThatStops_WithASourceThatIsDeaf_WaitsForItsTime_AndDoesNotFail()
    {
        var hears = new TaskCompletionSource();
        var source = new ScriptedSource<string>(async (_, _) =>
        {
            await hears.Task;
            return (false, "");
        });
        await using var host = await HubHost.StartAsync(
            () => source, configure: builder => builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromMilliseconds(300)));
        await host.PostAsync();
        await UntilItIsRead(source);
        try
        {
            Assert.That(host.Host.StopAsync, Throws.Nothing);
            Assert.That(host.Host.Logs.Lines.Select(line => line.Text), Has.Some.Contains("1 answer"));
        }
        finally
        {
            hears.SetResult();
        }
    }

    [Test]
    public async Task AHostThatStops_WithALogThatFails_StopsTheSources_AndDoesNotFail()
    {
        var log = new FaultyLog { OnEnd = () => throw new IOException("The store is away.") };
        var source = Script.Waits<string>();
        await using var host = await HubHost.StartAsync(() => source, configure: builder => builder.Services.AddSingleton<ITokenLog>(log));
        await host.PostAsync();
        await UntilItIsRead(source);
        Assert.That(host.Host.StopAsync, Throws.Nothing);
        Assert.That(source.Disposals, Is.EqualTo(1));
        Assert.That(host.Host.Logs.Errors, Has.Some.Contains("The store is away."));
    }

    // A request that is gone before it is answered

    [Test]
    public async Task APost_WhoseClientLeavesWhileTheLogBegins_StartsNothing_AndKeepsNoPlace()
    {
        var (begins, calls, started) = (new TaskCompletionSource(), 0, 0);
        var log = new FaultyLog
        {
            OnBegin = token =>
            {
                begins.TrySetResult();
                return ++calls == 1 ? Task.Delay(Timeout.Infinite, token) : Task.CompletedTask;
            },
        };
        await using var host = await HubHost.StartAsync(
            () =>
            {
                started++;
                return Script.Waits("a");
            },
            options => options.AnswersInAll = 1,
            builder => builder.Services.AddSingleton<ITokenLog>(log));
        using (var client = await host.Host.ConnectAsync("/answers", "POST", "Content-Length: 0\r\n"))
        {
            await begins.Task.WaitAsync(TestHost.Patience);
            Assert.That(await StatusOfAPostAsync(), Is.EqualTo(503), "its place is taken");
            client.Reset();
        }

        var status = 503;
        for (var i = 0; status == 503 && i < 1000; i++)
        {
            await Task.Delay(10);
            status = await StatusOfAPostAsync();
        }

        Assert.That((status, started), Is.EqualTo((202, 1)));

        async Task<int> StatusOfAPostAsync()
        {
            using var response = await host.SendAsync(HttpMethod.Post);
            return (int)response.StatusCode;
        }
    }

    // A timer that comes late

    [Test]
    public async Task AGraceTimeThatIsOver_AsSomebodyComesAndLeaves_IsNotThatOfTheNext()
    {
        var clock = new HeldClock();
        var source = Script.Waits<string>();
        var hub = Hub(new FaultyLog(), options => options.StopUnreadAfter = TimeSpan.FromSeconds(30), services => services.AddSingleton<TimeProvider>(clock));
        var id = await hub.BeginAsync("someone", (_, _) => source);
        await UntilItIsRead(source);
        var answer = hub.Find(new StreamKey("someone", id))!;
        answer.Follow();
        answer.Leave();
        var (old, next) = (clock.Due(30)[0], clock.Due(30)[1]);
        old(); // it was on its way when somebody came
        Assert.That(source.Token.IsCancellationRequested, Is.False);
        next();
        await source.Disposed.Task.WaitAsync(TestHost.Patience);
    }

    // A caller's context

    [Test]
    public async Task TheRequestThatHasStartedIt_IsNothingToItsSignsOfLife()
    {
        var ambient = new AsyncLocal<string?>();
        var found = new TaskCompletionSource<string?>();
        var log = new FaultyLog
        {
            OnAppend = _ =>
            {
                found.TrySetResult(ambient.Value);
                return Task.CompletedTask;
            },
        };
        var hub = Hub(log, options => options.Keep = TimeSpan.FromMilliseconds(150));
        ambient.Value = "the request's";
        var id = await hub.BeginAsync("someone", (_, _) => Script.Waits<string>());
        Assert.That(await found.Task.WaitAsync(TestHost.Patience), Is.Null);
        await hub.StopAsync("someone", id);
    }

    [Test]
    public async Task WhoHasLeftLast_IsNothingToTheStopThatFollows()
    {
        var ambient = new AsyncLocal<string?>();
        var found = new TaskCompletionSource<string?>();
        var log = new FaultyLog
        {
            OnEnd = () =>
            {
                found.TrySetResult(ambient.Value);
                return Task.CompletedTask;
            },
        };
        var hub = Hub(log, options => options.StopUnreadAfter = TimeSpan.FromMilliseconds(200));
        var id = await hub.BeginAsync("someone", (_, _) => Script.Waits<string>());
        var answer = hub.Find(new StreamKey("someone", id))!;
        answer.Follow();
        ambient.Value = "the follower's";
        answer.Leave();
        Assert.That(await found.Task.WaitAsync(TestHost.Patience), Is.Null);
    }

    [Test]
    public async Task ACallerWithoutAFlowingContext_MayBegin()
    {
        var hub = Hub();
        ValueTask<string> beginning;
        using (ExecutionContext.SuppressFlow())
            beginning = hub.BeginAsync("someone", (_, _) => Script.Items("a"));
        await beginning;
        await HubTests.Until(() => !hub.HasAnswersUnderWay);
    }

    // Odd characters

    [Test]
    public void OwnersThatUtf8DoesNotKnow_AreNotTheSame() =>
        Assert.That(new StreamKey("\ud800", "id").Value, Is.Not.EqualTo(new StreamKey("\ud801", "id").Value));

    [TestCase("ü/?#%\n\0 \u2028😀")]
    [TestCase("10,000")]
    public async Task OwnersAndIdsOfOddCharacters_AreAnswered(string owner)
    {
        if (owner == "10,000")
            owner = new string('x', 10_000);
        var hub = Hub();
        var id = await hub.BeginAsync(owner, (_, _) => Script.Items("a"));
        Assert.That(await hub.FindAsync(owner, id), Is.Not.Null);
        Assert.That(await hub.FindAsync(owner, owner), Is.Null);
        Assert.That(await hub.StopAsync(owner, ""), Is.False);
    }

    // A client that has what is not of the answer

    [Test]
    public async Task WhoHasWhatIsNotOfTheAnswer_IsGivenNoIdOfIt_BeforeItIsToldSo()
    {
        await using var host = await HubHost.StartAsync(() => Script.Items("all"));
        var followed = await host.FollowAsync(await host.PostAsync(), lastEventId: "abc");
        var reader = new EventSourceReader();
        foreach (var b in System.Text.Encoding.UTF8.GetBytes(followed.Body))
        {
            reader.Feed([b]);
            Assert.That(reader.LastEventId.Length > 0, Is.EqualTo(reader.Losses > 0), "cut here, it would come back as one that knows");
        }
    }

    [Test]
    public async Task AnIdThatIsSentTwice_BeginsAnew()
    {
        await using var host = await HubHost.StartAsync(() => Script.Items("all"));
        var id = await host.PostAsync();
        var tag = (await host.FollowAsync(id)).LastId![..8];
        using var client = await host.Host.ConnectAsync($"/answers/{id}", headers: $"Last-Event-ID: {tag}.1\r\nLast-Event-ID: {tag}.2\r\n");
        await client.ReadToAsync("event: end");
        Assert.That(client.Received, Does.Contain("event: lost").And.Contain("\"all\""));
    }
}
