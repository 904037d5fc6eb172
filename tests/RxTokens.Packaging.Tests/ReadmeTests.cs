using System.Reactive.Linq;

namespace RxTokens.Packaging.Tests;

/// <summary>The samples of the packages' readmes, run.</summary>
public class ReadmeTests
{
    [Test]
    public void TestingSample()
    {
        var clock = new VirtualClock();
        PullProbe<string> tokens = clock.Pull([Marble.Next(1, "a"), Marble.Next(2, "b"), Marble.Next(3, "c"), Marble.End<string>(4)]);

        PullConsumer<IList<string>> screen = clock
            .Consume(tokens.Through(o => o.Buffer(2)))
            .AskAt(0, 10);

        clock.AdvanceToFrame(20);

        Assert.That(screen.Received.Select(m => m.Time.TotalMilliseconds), Is.EqualTo(new[] { 2, 10 }));
        Assert.That(screen.Items.Select(list => string.Concat(list)), Is.EqualTo(new[] { "ab", "c" }));
        Assert.That(tokens.Reads.Where(frame => frame is > 2 and < 10), Is.Empty);
        Assert.That(tokens.Violations, Is.Empty);
    }

    [Test]
    public async Task CoreSample()
    {
        var tokens = TokenStream.FromBlocking(Enumerable.Range(0, 25).Select(n => n % 2 == 0 ? "word" : "").ToList());
        var shown = new List<int>();

        await foreach (IList<string> ten in tokens.Through(o => o.Where(t => t.Length > 0).Buffer(10)))
            shown.Add(ten.Count);

        Assert.That(shown, Is.EqualTo(new[] { 10, 3 }));
    }
}
