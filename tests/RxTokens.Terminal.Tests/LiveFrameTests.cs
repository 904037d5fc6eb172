using System.Reactive.Concurrency;
using System.Text.RegularExpressions;
using Terminal;

namespace RxTokens.Terminal.Tests;

/// <summary>The live frame fits whatever terminal it is given.</summary>
public sealed partial class LiveFrameTests
{
    [TestCase(100, 30)]
    [TestCase(80, 24)]
    [TestCase(74, 24)]
    [TestCase(73, 24)]
    [TestCase(60, 20)]
    [TestCase(40, 12)]
    [TestCase(20, 9)]
    [TestCase(73, 4)]
    [TestCase(100, 3)]
    [TestCase(20, 3)]
    public void A_frame_fills_the_terminal_and_never_more(int width, int height)
    {
        using var figures = new Figures(new HistoricalScheduler(), Strategy.Conflate);
        var frame = new LiveFrame("embedded · conflate", TimeSpan.FromMilliseconds(100), hasColors: true);

        var lines = Escapes().Replace(frame.Render(Ascii(AnswerText.Whole), figures, width, height), "").Split('\n');

        Assert.That(lines, Has.Length.LessThanOrEqualTo(height));
        Assert.That(lines.Max(line => line.Length), Is.LessThanOrEqualTo(width));
        Assert.That(lines[0], Does.StartWith("╭"));
    }

    [TestCase(0, 0, 80, 24)]
    [TestCase(0, 40, 80, 40)]
    [TestCase(132, 0, 132, 24)]
    [TestCase(1, 1, 1, 1)]
    public void A_terminal_that_does_not_know_its_size_has_the_usual_one(int width, int height, int usedWidth, int usedHeight) =>
        Assert.That(Canvas.SizeOf(width, height), Is.EqualTo((usedWidth, usedHeight)));

    [TestCase(100, 2)]
    [TestCase(100, 1)]
    [TestCase(10, 1)]
    [TestCase(1, 1)]
    public void A_terminal_without_room_for_a_frame_gets_the_end_of_the_text(int width, int height)
    {
        using var figures = new Figures(new HistoricalScheduler(), Strategy.Conflate);
        var frame = new LiveFrame("embedded", TimeSpan.Zero, hasColors: false);

        var lines = Escapes().Replace(frame.Render("one\ntwo\nx", figures, width, height), "").Split('\n');

        Assert.That(lines, Has.Length.EqualTo(height));
        Assert.That(lines[^1].TrimEnd(), Is.EqualTo("x"));
        Assert.That(lines.Max(line => line.Length), Is.LessThanOrEqualTo(width));
    }

    [Test]
    public void The_frame_shows_the_end_of_the_text_and_the_figures()
    {
        using var figures = new Figures(new HistoricalScheduler(), Strategy.Conflate);
        figures.OnToken("a");
        figures.OnToken("b");
        figures.OnDrawn("a");
        var frame = new LiveFrame("embedded", TimeSpan.Zero, hasColors: false);

        var shown = Escapes().Replace(frame.Render($"# Beginning\n{new string('\n', 50)}- the **end**", figures, 100, 30), "");

        Assert.Multiple(() =>
        {
            Assert.That(shown, Does.Not.Contain("Beginning"));
            Assert.That(shown, Does.Contain(" • the end"));
            Assert.That(shown, Does.Match(@"tokens read\s+2\b"));
            Assert.That(shown, Does.Match(@"waiting\s+1\b"));
        });
    }

    private static string Ascii(string text) => NotAscii().Replace(text, "x");

    [GeneratedRegex(@"\e\[[0-9;?]*[A-Za-z]")]
    private static partial Regex Escapes();

    [GeneratedRegex(@"[^\x00-\x7F]")]
    private static partial Regex NotAscii();
}
