using System.Reactive.Linq;
using System.Reactive.Subjects;
using System.Threading.Channels;
using NUnit.Framework;
using OpenAI.Chat;

namespace RxTokens.Packaging.Tests;

/// <summary>The samples of the readmes and docs/guide.md, line by line, compiled and, where nothing outside is needed, run.</summary>
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
        await chat.CompleteChatStreamingAsync(messages)                     // pull: nothing is read until it is asked for
            .Timeout(first: TimeSpan.FromSeconds(20), between: TimeSpan.FromSeconds(5), TimeProvider.System) // of the model's time
            .Through(updates => updates                                     // any Rx query, unchanged
                .SelectMany(update => update.ContentUpdate)
                .Select(part => part.Text))
            .Conflate()                                                     // screen busy? the text is joined, nothing is lost
            .RenderOnAsync(SynchronizationContext.Current!, screen.Append); // the next text is asked for when this one is drawn
    }

    [Test]
    public void ASlowScreenSlowsTheModel() => MarbleTest.Run(m =>
    {
        var tokens = m.Pull("abcdef|", name: "tokens");                              // one more is there at each frame
        var shown = tokens.Through(o => o.Buffer(2).Select(pair => pair[0] + pair[1]));
        m.Expect(shown, demand: "1---1---*").ToBe("-{ab}--{cd}---[{ef}|]");          // the screen asks at 0, at 4, and at 8 for the rest
        m.ExpectPulls(tokens).ToBe("[^2]---2---[3!]");                               // the model is read then, and not in between
    });

    /// <summary>The failures that the readmes print.</summary>
    [TestCase("README.md", 4)]
    [TestCase("src/RxTokens.Testing/README.md", 0)]
    public void ThePrintedFailure_IsWhatIsPrinted(string page, int readAhead)
    {
        Action<MarbleTest> test = readAhead == 0
            ? m =>
            {
                var typed = m.Hot("-ab-----c-----|", name: "typed");
                var searched = typed.Throttle(m.Time("----|"), m.Clock);
                m.Expect(searched).ToBe("-----b-----c--|");
            }
            : m =>
            {
                var tokens = m.Pull("abcdef|", name: "tokens");
                var shown = tokens.Buffered(readAhead).Through(o => o.Buffer(2).Select(pair => pair[0] + pair[1]));
                m.Expect(shown, demand: "1---1---*").ToBe("-{ab}--{cd}---[{ef}|]");
                m.ExpectPulls(tokens).ToBe("[^2]---2---[3!]");
            };
        var failure = Assert.Throws<MarbleAssertionException>(() => MarbleTest.Run(test));
        Assert.That(File.ReadAllText(Path.Combine(Package.RepositoryRoot(), page)), Does.Contain($"```text\n{failure!.Message.TrimEnd()}\n```"));
    }

    public class SearchTests
    {
        [Test]
        public void SearchesWhenTypingPauses() => MarbleTest.Run(m =>
        {
            var typed = m.Hot("-ab-----c-----|", name: "typed");
            var searched = typed.Throttle(m.Time("---|"), m.Clock);
            m.Expect(searched).ToBe("-----b-----c--|");
        });
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
    public void AListOfTheLinesInView()
    {
        var lines = new List<int>();
        var tokens = TokenStream.FromBlocking(Enumerable.Range(0, 3)).Through(_ => Observable.Range(1, 100));
        var demand = new Demand();
        var isVisible = new BehaviorSubject<bool>(true);
        var lastLineInView = new Subject<long>();

        using var list = tokens.Valve(isVisible).OnDemand(demand).Subscribe(lines.Add);
        using var scrolling = lastLineInView.Subscribe(demand.RequestUpTo);

        foreach (var last in new long[] { 20, 25, 22 })
            lastLineInView.OnNext(last);
        Assert.That(lines, Is.EqualTo(Enumerable.Range(1, 25)));
    }

    [Test]
    public async Task TheOneOfText()
    {
        var before = (Console.Out, Console.Error);
        using var screen = new StringWriter();
        Console.SetOut(screen);
        Console.SetError(screen);
        var tokens = TokenStream.FromBlocking(new[] { "hidden", "\e", "[2J" });
        var failure = new InvalidOperationException("\a");
        try
        {
            await foreach (var text in tokens.Printable().Conflate())
                Console.Write(text);
            Console.Error.WriteLine(failure.Message.Printable());   // what a server says comes in strings
        }
        finally
        {
            Console.SetOut(before.Out);
            Console.SetError(before.Error);
        }

        Assert.That(screen.ToString(), Is.EqualTo($"hidden{Environment.NewLine}"));
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

    [Test]
    public async Task OneAnswerForMany()
    {
        var source = Channel.CreateUnbounded<string>();
        var tokens = TokenStream.FromChannel(source.Reader);

        SharedStream<string> shared = tokens.ShareText();
        var answer = shared.Join(capacity: 64);                                 // holds the model back when 64 items wait
        var preview = shared.JoinConflated();                                   // never holds it: gets what it missed as one string
        var perSecond = shared.JoinConflated(_ => 1, (count, _) => count + 1);  // counts what it missed
        var audit = shared.Join(1000, Overflow.Fail);                           // fails alone when it falls too far behind

        var texts = Task.WhenAll(Text(answer), Text(preview), Text(audit));
        var count = Sum(perSecond);
        foreach (var text in new[] { "One ", "answer ", "for ", "many." })
            source.Writer.TryWrite(text);
        source.Writer.Complete();

        Assert.That(await texts, Is.All.EqualTo("One answer for many."));
        Assert.That(await count, Is.EqualTo(4));

        static async Task<string> Text(IAsyncEnumerable<string> stream)
        {
            var all = "";
            await foreach (var text in stream)
                all += text;
            return all;
        }

        static async Task<int> Sum(IAsyncEnumerable<int> stream)
        {
            var all = 0;
            await foreach (var number in stream)
                all += number;
            return all;
        }
    }

    [Test]
    public async Task AnAnswerWithinAQuota()
    {
        var (user, prompt) = ("ann", "0123456789");
        var tokens = TokenStream.FromBlocking(Enumerable.Range(0, 5).Select(_ => new string('x', 4998)).ToList());
        static int CountTokens(string text) => text.Length;

        var quota = new TokenQuota(limit: 20_000, window: TimeSpan.FromHours(1), TimeProvider.System);   // for each user; one for the application

        IAsyncEnumerable<string> within = tokens.WithinQuota(
            quota, user, cost: CountTokens, promptTokens: CountTokens(prompt),
            last: exceeded => $"\n[quota used up, {exceeded.Limit} tokens an hour; again in {exceeded.RetryAfter!.Value.TotalMinutes:0} minutes]");

        var shown = new List<string>();
        await foreach (var text in within)
            shown.Add(text);
        Assert.That(shown.Select(text => text.Length), Is.EqualTo(new[] { 4998, 4998, 4998, shown[^1].Length }));
        Assert.That(shown[^1], Does.Contain("20000 tokens an hour; again in 60 minutes"));
        Assert.That(quota.GetUsage(user).Available, Is.EqualTo(20_000 - 10 - 3 * 4998));
    }

    [TestCase("README.md")]
    [TestCase("docs/guide.md")]
    [TestCase("src/RxTokens.Testing/README.md")]
    public void EveryLineOfCode_IsCompiledHere(string page)
    {
        var root = Package.RepositoryRoot();
        var compiled = new[] { nameof(ReadmeSamples), nameof(ChatSamples) }
            .SelectMany(file => File.ReadLines(Path.Combine(root, "tests", "RxTokens.Packaging.Tests", file + ".cs")))
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
