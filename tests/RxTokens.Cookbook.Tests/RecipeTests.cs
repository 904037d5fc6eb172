using System.Reactive.Linq;
using System.Text;

namespace RxTokens.Cookbook.Tests;

public class RecipeTests
{
    [Test]
    public Task ConsoleAt30Frames() => MarbleTest.RunAsync(async m =>
    {
        var console = new Console(m);
        await Recipes.ConsoleAt30Frames(m.Pull(string.Concat(Enumerable.Repeat("a", 100)) + "|"), console, m.TimeProvider);

        Assert.That(string.Concat(console.Written.Select(w => w.Text)), Is.EqualTo(new string('a', 100)));
        Assert.That(console.Written, Has.Count.EqualTo(4), "in 100 ms");
        Assert.That(console.Written.Select(w => w.Frame), Is.EqualTo(new long[] { 0, 34, 67, 100 }));
    });

    [Test]
    public Task SentencesOrEvery100Milliseconds() => MarbleTest.RunAsync(async m =>
    {
        var said = new List<string>();
        var answer = m.Pull("a b 300ms c|", [("a", "It rains. I "), ("b", "think"), ("c", " so.")]);
        await Recipes.SentencesOrEvery100Milliseconds(answer, Say, m.TimeProvider);

        Assert.That(said, Is.EqualTo(new[] { "0: It rains. ", "100: I think", "303: so." }));

        Task Say(string piece)
        {
            said.Add($"{m.Frame}: {piece}");
            return Task.CompletedTask;
        }
    });

    [Test]
    public Task TwoPanes() => MarbleTest.RunAsync(async m =>
    {
        var (text, counts) = (new StringBuilder(), new List<int>());
        var source = m.Pull("a-b-(cd)-e|");
        await Recipes.TwoPanes(source, more => text.Append(more), counts.Add, m.UiThread());

        Assert.That(text.ToString(), Is.EqualTo("abcde"));
        Assert.That(counts[^1], Is.EqualTo(5));
        m.ExpectPulls(source);
        Assert.That(counts, Is.Ordered.Ascending);
    });

    [Test]
    public Task StopAndKeep() => MarbleTest.RunAsync(async m =>
    {
        using var stop = new CancellationTokenSource();
        using var pressed = Observable.Timer(TimeSpan.FromMilliseconds(5), m.Clock).Subscribe(_ => stop.Cancel());
        var shown = new List<string>();

        Assert.That(await Recipes.StopAndKeep(m.Pull("a-b-c-d-e-f|"), shown.Add, stop.Token), Is.EqualTo("abc"));
        Assert.That(shown, Is.EqualTo(new[] { "a", "ab", "abc" }));
    });

    [Test]
    public Task LimitAndOneRetry() => MarbleTest.RunAsync(async m =>
    {
        var tries = new Queue<IAsyncEnumerable<string>>([m.Pull("30s a|"), m.Pull("2s a-b|")]);
        var shown = new List<string>();
        await Recipes.LimitAndOneRetry(Enumerate(), text => shown.Add($"{m.Frame}: {text}"), m.TimeProvider);

        Assert.That(shown, Is.EqualTo(new[] { "22000: a", "22002: b" }));

        async IAsyncEnumerable<string> Enumerate()
        {
            await foreach (var text in tries.Dequeue())
                yield return text;
        }
    });

    [Test]
    public Task SharedBudget() => MarbleTest.RunAsync(async m =>
    {
        var shown = new StringBuilder();
        await Recipes.SharedBudget([m.Pull("a-b-c-d|"), m.Pull("-e-f-g|")], _ => 4_000, Show, m.TimeProvider);

        Assert.That(shown.ToString(), Is.EqualTo("aebfc [the budget is used up] [the budget is used up]"));

        Task Show(string text)
        {
            shown.Append(text);
            return Task.CompletedTask;
        }
    });

    private sealed class Console(MarbleTest m) : StringWriter
    {
        public List<(long Frame, string Text)> Written { get; } = [];

        public override Task WriteAsync(string? value)
        {
            Written.Add((m.Frame, value!));
            return Task.CompletedTask;
        }
    }
}
