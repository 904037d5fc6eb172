using System.Reactive.Linq;
using OpenAI.Chat;

namespace RxTokens.Packaging.Tests;

/// <summary>The samples of README.md and docs/guide.md, line by line, compiled and, where nothing outside is needed, run.</summary>
public class ReadmeSamples
{
    private sealed class View
    {
        public void Append(string text) => Console.WriteLine(text);
    }

    /// <summary>Compiled only: it wants a model.</summary>
    internal static async Task TheFirst(ChatClient chat, ChatMessage[] messages)
    {
        var screen = new View();
        await chat.CompleteChatStreamingAsync(messages)                // pull: nothing is read until it is asked for
            .Through(updates => updates                                // any Rx query, unchanged
                .SelectMany(update => update.ContentUpdate)
                .Select(part => part.Text)
                .Timeout(TimeSpan.FromSeconds(20)))
            .Conflate()                                                // screen busy? the text is joined, nothing is lost
            .RenderOn(SynchronizationContext.Current!, screen.Append); // the next text is asked for when this one is drawn
    }

    [Test]
    public void TheTestingOne()
    {
        var clock = new VirtualClock();
        var tokens = clock.Pull([Marble.Next(0, "a"), Marble.Next(1, "b"), Marble.Next(2, "c"), Marble.End<string>(3)]);

        var screen = clock.Consume(tokens.Through(o => o.Buffer(2))).AskAt(0, 3_600_000);   // away for an hour
        clock.Start();

        Assert.That(screen.Received.Select(m => m.Time.TotalMilliseconds), Is.EqualTo(new[] { 1, 3_600_000 }));
        Assert.That(tokens.Reads, Is.EqualTo(new[] { 0, 0, 3_600_000, 3_600_000 }));        // nobody asked, nothing was read
    }

    [Test]
    public void TheOneOfOnDemand()
    {
        var shown = new List<int>();
        void Show(int item) => shown.Add(item);
        var tokens = TokenStream.FromBlocking(Enumerable.Range(0, 3)).Through(_ => Observable.Range(0, 25));

        var demand = new Demand();
        using var subscription = tokens.OnDemand(demand).Subscribe(Show);
        demand.Request(10);          // ten more; from any thread, or from inside Show

        Assert.That(shown, Is.EqualTo(Enumerable.Range(0, 10)));
    }

    [Test]
    public void TheOneOfTheClock()
    {
        var virtualClock = new VirtualClock();
        TimeProvider time = virtualClock.AsTimeProvider();

        using var limit = new CancellationTokenSource(TimeSpan.FromHours(1), time);
        Task pause = Task.Delay(TimeSpan.FromMinutes(30), time, limit.Token);
        virtualClock.AdvanceBy(TimeSpan.FromMinutes(45));

        Assert.That(pause.IsCompletedSuccessfully, Is.True);
        Assert.That(limit.IsCancellationRequested, Is.False);
        virtualClock.AdvanceBy(TimeSpan.FromMinutes(15));
        Assert.That(limit.IsCancellationRequested, Is.True);
    }

    [TestCase("README.md")]
    [TestCase("docs/guide.md")]
    public void EveryLineOfCode_IsCompiledHere(string page)
    {
        var root = Package.RepositoryRoot();
        var compiled = File.ReadAllLines(Path.Combine(root, "tests", "RxTokens.Packaging.Tests", nameof(ReadmeSamples) + ".cs"))
            .Select(line => line.Trim()).Append("using RxTokens;").ToHashSet();

        var isCode = false;
        var lines = 0;
        foreach (var line in File.ReadLines(Path.Combine(root, page)).Select(l => l.Trim()))
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
            {
                isCode = line == "```csharp";
                continue;
            }

            if (!isCode || line.Length == 0)
                continue;
            lines++;
            Assert.That(compiled, Does.Contain(line), $"a line of {page} is not compiled");
        }

        Assert.That(lines, Is.GreaterThan(2), "there is code on the page");
    }
}
