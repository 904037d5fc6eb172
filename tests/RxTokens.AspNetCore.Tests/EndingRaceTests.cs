using System.Net.ServerSentEvents;
using System.Text;

namespace RxTokens.AspNetCore.Tests;

/// <summary>End, failure, quota, a host that stops and a client that leaves, at the same time.</summary>
public class EndingRaceTests
{
    private static readonly TokenResultOptions Options = new()
    {
        DescribeFailure = failure => failure is TimeoutException ? new TokenFailure { EventType = TokenEvents.Quota, StatusCode = 429 } : null,
    };

    private static readonly string[] Endings = [TokenEvents.End, TokenEvents.Failure, TokenEvents.Stopped, TokenEvents.Quota];

    [Test]
    public async Task E13_WhateverRaces_OneEndingIsTold_TheFirst_AndLast()
    {
        var told = new Dictionary<string, int>();
        for (var seed = 0; seed < 10_000; seed++)
        {
            var ending = await RaceAsync(new Random(seed), $"seed {seed}");
            told[ending] = told.GetValueOrDefault(ending) + 1;
        }

        TestContext.Out.WriteLine(string.Join(", ", told.Select(pair => $"{pair.Key} {pair.Value}")));
    }

    private static async Task<string> RaceAsync(Random random, string name)
    {
        var (items, outcome) = (random.Next(0, 12), random.Next(4));
        var (stops, leaves, isSlow) = (random.Next(3) > 0, random.Next(3) == 0, random.Next(2) == 0);
        var (spinsToStop, spinsToLeave) = (random.Next(random.Next(2) == 0 ? 400 : 10_000), random.Next(random.Next(2) == 0 ? 400 : 10_000));
        var pauses = Enumerable.Range(0, items + 1).Select(_ => random.Next(3)).ToArray();
        var (stopsBefore, hasLeft) = (false, false);

        var response = new MemoryResponse { OnFlush = isSlow ? () => Task.Run(() => Thread.SpinWait(20)) : null };
        var source = new ScriptedSource<SseItem<string>>(async (number, token) =>
        {
            var pause = number <= pauses.Length ? pauses[number - 1] : 0;
            if (pause == 1)
                await Task.Yield();
            else if (pause == 2)
                await Task.Run(() => Thread.SpinWait(100), CancellationToken.None);
            if (number <= items)
                return (true, new SseItem<string>($"{number}") { EventId = $"{number}" });

            if (outcome == 3 && (stops || leaves))
                await Task.Delay(Timeout.Infinite, token);
            Volatile.Write(ref stopsBefore, ((Microsoft.Extensions.Hosting.IHostApplicationLifetime)response).ApplicationStopping.IsCancellationRequested);
            return outcome switch
            {
                1 => throw new InvalidOperationException(),
                2 => throw new TimeoutException(),
                _ => (false, default),
            };
        });

        // At a random moment each; the first flush makes sure that there is a response.
        var stopping = Task.Run(() => At(stops, spinsToStop, response.StopHost));
        var leaving = Task.Run(() => At(leaves, spinsToLeave, () =>
        {
            Volatile.Write(ref hasLeft, true);
            response.Leave();
        }));
        Exception? thrown = null;
        try
        {
            await response.Serve(TokenResults.ServerSentEvents(source, options: Options)).WaitAsync(TestHost.Patience);
        }
        catch (Exception failure)
        {
            thrown = failure;
        }

        var left = Volatile.Read(ref hasLeft);
        await Task.WhenAll(stopping, leaving);

        var events = SseParser.Create(new MemoryStream(Encoding.UTF8.GetBytes(response.Body))).Enumerate().ToList();
        var endings = events.Where(e => Endings.Contains(e.EventType)).ToList();
        var told = endings.Count == 1 ? endings[0].EventType : left ? "gone" : $"status {response.Context.Response.StatusCode}";
        var story = $"{name}: {items} items, outcome {outcome}, {(stops ? $"stops at {spinsToStop}" : "")} {(leaves ? $"leaves at {spinsToLeave}" : "")}: {string.Join(" ; ", response.Flushes)}";

        Assert.That(source.Started == 0 ? 1 : source.Disposals, Is.EqualTo(1), story);
        Assert.That(source.WasMisused, Is.False, story);
        Assert.That(endings, Has.Count.LessThanOrEqualTo(1), story);
        Assert.That(events.Take(events.Count - endings.Count).Select(e => e.Data), Is.EqualTo(Enumerable.Range(1, events.Count - endings.Count).Select(i => $"{i}")), story);
        if (endings.Count == 1)
            Assert.That(events[^1].EventType, Is.EqualTo(told), story);
        else if (!left)
            Assert.That((response.Flushes.Count, response.Context.Response.StatusCode is 503 or 429 || thrown is InvalidOperationException), Is.EqualTo((0, true)), story);

        switch (told)
        {
            case TokenEvents.End:
                Assert.That((outcome is 0 or 3, stopsBefore), Is.EqualTo((true, false)), story);
                break;
            case TokenEvents.Failure:
                Assert.That((outcome, stopsBefore), Is.EqualTo((1, false)), story);
                break;
            case TokenEvents.Quota:
                Assert.That((outcome, stopsBefore), Is.EqualTo((2, false)), story);
                break;
            case TokenEvents.Stopped:
                Assert.That(stops, Is.True, story);
                break;
        }

        if (told is TokenEvents.End or TokenEvents.Failure or TokenEvents.Quota)
            Assert.That(events, Has.Count.EqualTo(items + 1), story);
        return told;

        static void At(bool happens, int spins, Action action)
        {
            if (!happens)
                return;
            Thread.SpinWait(spins);
            action();
        }
    }
}
