using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace RxTokens.AspNetCore.Tests;

/// <summary>The end, a failure, a stop, a grace time and followers that come and go, on threads of their own: one ending, the same for all.</summary>
public class HubRaces
{
    private static readonly string[] Endings = ["end", "failure", "stopped"];

    private static TokenStreamHub Hub(Action<TokenStreamOptions>? configure = null, ITokenLog? log = null)
    {
        var services = new ServiceCollection();
        if (log is not null)
            services.AddSingleton(log);
        services.AddSingleton<Microsoft.Extensions.Logging.ILoggerFactory>(NullLoggerFactory.Instance);
        services.AddTokenStreams(options =>
        {
            (options.AnswersPerOwner, options.CharactersPerAnswer) = (1000, 100);
            configure?.Invoke(options);
        });
        return services.BuildServiceProvider().GetRequiredService<TokenStreamHub>();
    }

    private static async Task<(string Text, TokenLogEnd End)> ReadAsync(TokenStreamHub hub, StreamKey key, long position)
    {
        var text = "";
        await foreach (var entry in hub.Log.ReadAsync(key.Value, position))
        {
            Assert.That(entry.IsLost, Is.False);
            text += entry.Text;
            if (entry.End is { } end)
                return (text, end);
        }

        throw new AssertionException("no end");
    }

    [Test]
    public async Task EveryFollowerIsToldTheSameEnding()
    {
        var hub = Hub();
        var seen = new HashSet<string>();
        for (var seed = 0; seed < 1000; seed++)
        {
            var random = new Random(seed);
            var (fails, count, spins) = (random.Next(2) == 0, random.Next(6), random.Next(3000));
            var id = await hub.BeginAsync("someone", (_, _) => Source(count, fails));
            var key = new StreamKey("someone", id);
            var stopping = Task.Run(async () =>
            {
                Thread.SpinWait(spins);
                await hub.StopAsync("someone", id);
            });
            var results = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => ReadAsync(hub, key, 0)))).WaitAsync(TestHost.Patience);
            await stopping;
            Assert.That(results.Select(result => result.End).Distinct().Count(), Is.EqualTo(1), $"seed {seed}");
            Assert.That(results.Select(result => result.Text).Distinct().Count(), Is.EqualTo(1), $"seed {seed}");
            Assert.That(results[0].End.EventType, Is.AnyOf(Endings));
            Assert.That("abcdef".StartsWith(results[0].Text, StringComparison.Ordinal), Is.True);
            if (results[0].End == TokenLogEnd.Complete)
                Assert.That(results[0].Text, Has.Length.EqualTo(count), $"seed {seed}: complete, and not whole");
            seen.Add(results[0].End.EventType);
        }

        await HubTests.Until(() => hub.Limits.Followers == 0);
        TestContext.Out.WriteLine($"endings seen: {string.Join(", ", seen)}");

        static async IAsyncEnumerable<string> Source(int count, bool fails)
        {
            for (var n = 0; n < count; n++)
            {
                yield return $"{(char)('a' + n)}";
                await Task.Yield();
            }

            if (fails)
                throw new InvalidOperationException();
        }
    }

    /// <summary>Two servers over one log: what the one makes, the other follows and stops.</summary>
    [Test]
    public async Task R13_AnotherHubOverTheSameLog_FollowsAndStops()
    {
        var log = new MemoryTokenLog(1000, TimeSpan.FromMinutes(1));
        var (one, another) = (Hub(log: log), Hub(log: log));
        var (source, writer) = Script.Handed<string>();
        var id = await one.BeginAsync("someone", (_, _) => source);
        var key = new StreamKey("someone", id);
        writer.TryWrite("a");
        await HubTests.Until(() => log.FindAsync(key.Value).Result!.Position == 1);
        var following = ReadAsync(another, key, 0);
        Assert.That(await another.StopAsync("somebody else", id), Is.False);
        Assert.That(await another.StopAsync("someone", id), Is.True);
        Assert.That((await following.WaitAsync(TestHost.Patience)).End.EventType, Is.EqualTo("stopped"));
        writer.TryWrite("too late"); // by which the first learns of it
        await source.Disposed.Task.WaitAsync(TestHost.Patience);
        Assert.That((await ReadAsync(one, key, 0)).Text, Is.EqualTo("a"));
        await HubTests.Until(() => !one.HasAnswersUnderWay);
    }

    /// <summary>Who follows and leaves beside the grace time's timer either keeps the answer, or is told that it was stopped; no timer is left.</summary>
    [Test]
    public async Task FollowersBesideTheGraceTime_LeaveNothing()
    {
        var hub = Hub(options => options.StopUnreadAfter = TimeSpan.FromMilliseconds(1));
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var source = Script.Waits("a");
            var id = await hub.BeginAsync("someone", (_, _) => source);
            var followers = Enumerable.Range(0, 3).Select(n => Task.Run(async () =>
            {
                await Task.Delay(random.Next(3));
                var answer = hub.Find(new StreamKey("someone", id));
                answer?.Follow();
                Thread.SpinWait(100);
                answer?.Leave();
            })).ToArray();
            await Task.WhenAll(followers).WaitAsync(TestHost.Patience);
            await source.Disposed.Task.WaitAsync(TestHost.Patience);
            Assert.That((source.Disposals, source.WasMisused), Is.EqualTo((1, false)), $"seed {seed}");
            Assert.That((await ReadAsync(hub, new StreamKey("someone", id), 0)).End.EventType, Is.EqualTo("stopped"));
        }
    }

    /// <summary>All are stopped, also those that begin beside it.</summary>
    [Test]
    public async Task AnswersThatBeginBesideTheStopOfTheHost_AreRefusedOrStopped()
    {
        for (var round = 0; round < 200; round++)
        {
            var hub = Hub();
            var started = 0;
            var disposed = 0;
            var beginning = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
            {
                try
                {
                    var source = new ScriptedSource<string>(async (_, token) =>
                    {
                        await Task.Delay(Timeout.Infinite, token);
                        return (false, "");
                    })
                    { OnDispose = () => { Interlocked.Increment(ref disposed); return default; } };
                    await hub.BeginAsync("someone", (_, _) => source);
                    Interlocked.Increment(ref started);
                }
                catch (TokenStreamRefusedException)
                {
                }
            })).ToArray();
            await hub.StopAllAsync(CancellationToken.None);
            await Task.WhenAll(beginning).WaitAsync(TestHost.Patience);
            await hub.WaitForAllAsync(CancellationToken.None).WaitAsync(TestHost.Patience);
            Assert.That(disposed, Is.LessThanOrEqualTo(started), "one that was stopped before it was read has no source");
            await HubTests.Until(() => !hub.HasAnswersUnderWay);
        }
    }
}
