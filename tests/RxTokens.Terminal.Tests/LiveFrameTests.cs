using System.Reactive.Concurrency;
using System.Reactive.Subjects;
using System.Text.RegularExpressions;
using Terminal;

namespace RxTokens.Terminal.Tests;

/// <summary>The live frame fits whatever terminal it is given.</summary>
public sealed partial class LiveFrameTests
{
    private static readonly RateNow Silence = new([], PerSecond: 0, Peak: 0);

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
        var figures = new Figures(new HistoricalScheduler(), Strategy.Conflate);
        var frame = new LiveFrame("embedded · conflate", TimeSpan.FromMilliseconds(100), hasColors: true, new Controls());

        var lines = Plain(frame.Render("", Ascii(AnswerText.Whole), figures.Now, Silence, width, height));

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
        var figures = new Figures(new HistoricalScheduler(), Strategy.Conflate);
        var frame = new LiveFrame("embedded", TimeSpan.Zero, hasColors: false, new Controls());

        var lines = Plain(frame.Render("", "one\ntwo\nx", figures.Now, Silence, width, height));

        Assert.That(lines, Has.Length.EqualTo(height));
        Assert.That(lines[^1].TrimEnd(), Is.EqualTo("x"));
        Assert.That(lines.Max(line => line.Length), Is.LessThanOrEqualTo(width));
    }

    [Test]
    public void The_frame_shows_the_end_of_the_text_and_the_figures()
    {
        var figures = new Figures(new HistoricalScheduler(), Strategy.Conflate);
        figures.OnToken("a");
        figures.OnToken("b");
        figures.OnDrawn("a");
        var frame = new LiveFrame("embedded", TimeSpan.Zero, hasColors: false, new Controls());

        var shown = string.Join('\n', Plain(frame.Render("", $"# Beginning\n{new string('\n', 50)}- the **end**", figures.Now, Silence, 100, 30)));

        Assert.Multiple(() =>
        {
            Assert.That(shown, Does.Not.Contain("Beginning"));
            Assert.That(shown, Does.Contain(" • the end"));
            Assert.That(shown, Does.Match(@"tokens read\s+2\b"));
            Assert.That(shown, Does.Match(@"waiting\s+1\b"));
        });
    }

    [TestCase(84, 10, """
        ╭─╴m╶──────────────────────────────────────────────╮╭─╴2.0 s╶──────────────────────╮
        │ the end                                          ││ tokens read                0 │
        │                                                  ││ first token                … │
        │                                                  ││ frames drawn               0 │
        │                                                  ││ waiting                    0 │
        │                                                  ││ merged                     0 │
        ╰──────────────────────────────────────────────────╯│ dropped                    0 │
        ╭─╴tokens/s╶───────────────────────────────────────╮│ model waited          0.00 s │
        │                         ▁▂▃▄▅▆▇█ 104/s, peak 104 ││                              │
        ╰──────────────────────────────────────────────────╯╰──────────────────────────────╯
        """)]
    [TestCase(40, 12, """
        ╭─╴m╶──────────────────────────────────╮
        │ the end                              │
        │                                      │
        │                                      │
        ╰──────────────────────────────────────╯
        ╭─╴2.0 s · p pauses, s stops╶──────────╮
        │             ▁▂▃▄▅▆▇█ 104/s, peak 104 │
        │ tokens read                        0 │
        │ waiting                            0 │
        │ dropped                            0 │
        │ model waited                  0.00 s │
        ╰──────────────────────────────────────╯
        """)]
    public void The_rate_has_a_row_that_fits(int width, int height, string picture)
    {
        var clock = new HistoricalScheduler();
        var figures = new Figures(clock, Strategy.Conflate);
        var rate = new Rate(clock);
        for (var i = 1; i <= 8; i++)
        {
            rate.Add(4 * i);
            clock.AdvanceBy(TimeSpan.FromSeconds(0.25));
        }

        var frame = new LiveFrame("m", TimeSpan.Zero, hasColors: false, new Controls(AsyncEnumerable.Empty<char>()));
        Assert.That(string.Join('\n', Plain(frame.Render("", "the end", figures.Now, rate.Now, width, height))), Is.EqualTo(picture));
    }

    [TestCase(10, 5)]
    [TestCase(500, 2)]
    public void The_figures_go_on_while_no_text_comes_and_a_slow_screen_is_not_hurried(double frame, int frames)
    {
        var clock = new HistoricalScheduler(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        using var output = new StringWriter();
        var figures = new Figures(clock, Strategy.Conflate);
        var period = TimeSpan.FromMilliseconds(frame);
        using var live = new LiveScreen(output, figures, new LiveFrame("m", period, hasColors: false, new Controls()), () => (84, 24), clock, new FrameClock(period, clock));

        clock.AdvanceBy(TimeSpan.FromSeconds(0.95));

        Assert.That(figures.Now.Frames, Is.EqualTo(frames));
        Assert.That(output.ToString(), Does.Contain("╭─╴m╶"));
    }

    [TestCase(84, 24)]
    [TestCase(40, 12)]
    [TestCase(20, 5)]
    public void A_pause_is_named_and_how_to_end_it(int width, int height)
    {
        using var keys = new Subject<char>();
        var controls = new Controls(keys.Buffered(1));
        var figures = new Figures(new HistoricalScheduler(), Strategy.Conflate);
        var frame = new LiveFrame("m", TimeSpan.Zero, hasColors: false, controls);
        string[] Rows() => Plain(frame.Render("", "the end", figures.Now, Silence, width, height));
        var before = Rows();

        keys.OnNext('p');

        Assert.That(before[0], Does.StartWith("╭─╴m╶"));
        Assert.That(Rows()[0], Does.StartWith("╭─╴paused · m╶"));
        Assert.That(Rows().Any(row => row.Contains("p goes on")), Is.EqualTo(before.Any(row => row.Contains("p pauses"))));
    }

    private const string Odd =
        "```\nfunc main() {\n\tfmt.Println(\"hi\")\n\tif x {\n\t\treturn\n\t}\n}\n```\n\ncol1\tcol2\tcol3\nline one\r\nline two\r\nthree\rOVER\n" +
        "a\vb\fc\u0085d\u2028e\n\e[5;5HJUMP\b\a ⚠️ ❤️ 👨‍👩‍👧‍👦 🇩🇪 👍🏽 日本語 ﷽ x͎͊ 🏳️‍🌈\n" +
        "prose prose prose prose prose prose prose a\tb\tc a\tb\tc a\tb\tc";

    /// <summary>What terminals make of it: one column each, emoji of two, joiners and marks of none, or everything beyond ASCII of two.</summary>
    private static readonly Dictionary<string, Func<System.Text.Rune, int>> Terminals = new()
    {
        ["one column each"] = _ => 1,
        ["two for an emoji"] = rune => rune.Value is 0xFE0F or 0x200D or (>= 0x300 and < 0x370) ? 0 : rune.Value is (>= 0x2600 and < 0x2800) or (>= 0x3000 and < 0xE000) or >= 0x10000 ? 2 : 1,
        ["two beyond ASCII"] = rune => rune.Value is < 0x80 or (>= 0x2500 and < 0x2600) or 0x2026 or 0xB7 ? 1 : 2,
    };

    [Test]
    public void Odd_characters_leave_the_frame_whole_whatever_a_terminal_makes_of_them(
        [Values("one column each", "two for an emoji", "two beyond ASCII")] string terminal, [Values(84, 110, 60, 40)] int width, [Values(26, 40)] int height)
    {
        var screen = new TerminalModel(width, height, Terminals[terminal]);
        DrawOn(screen, width, height, [.. Odd.Select(c => $"{c}")]);

        var right = width >= 74 ? width - 33 : width - 1;
        var answer = screen.Rows.TakeWhile(row => !row.StartsWith('╰')).ToArray();
        Assert.Multiple(() =>
        {
            Assert.That(screen.Obeyed, Is.Empty);
            Assert.That(answer, Has.Length.GreaterThan(8));
            Assert.That(answer.Skip(1), Has.All.StartsWith("│ "));
            Assert.That(screen.Cells.Skip(1).Take(answer.Length - 1).Select(row => row[right]), Has.All.EqualTo("│"), "the right border of the answer");
            Assert.That(screen.Cells[^1][width - 1], Is.EqualTo("╯"));
            Assert.That(string.Join('\n', screen.Rows), Does.Match(@"waiting\s+\d").And.Contain("model waited"));
        });
    }

    [TestCase(84, 26)]
    [TestCase(40, 20)]
    public void A_frame_after_odd_ones_is_the_same_as_one_by_itself(int width, int height)
    {
        var after = new TerminalModel(width, height, Terminals["two for an emoji"]);
        DrawOn(after, width, height, Odd, new string('\n', 60), "the end");
        var alone = new TerminalModel(width, height);
        DrawOn(alone, width, height, new string('\n', 60) + "the end");

        Assert.That(WithoutFigures(after), Is.EqualTo(WithoutFigures(alone)));

        static string[] WithoutFigures(TerminalModel screen) => [.. screen.Rows.Select(row => FiguresAndTimes().Replace(row, "#"))];
    }

    [TestCase(50, 40, "tokens read", "first token", "frames drawn", "waiting", "merged", "dropped", "model waited", "frame takes")]
    [TestCase(60, 20, "tokens read", "first token", "frames drawn", "waiting", "merged", "dropped", "model waited", "frame takes")]
    [TestCase(40, 12, "tokens read", "waiting", "dropped", "model waited")]
    [TestCase(30, 10, "tokens read", "waiting", "model waited")]
    [TestCase(20, 9, "tokens read", "waiting")]
    public void A_narrow_terminal_shows_the_figures_that_matter_each_in_one_row(int width, int height, params string[] labels)
    {
        var screen = new TerminalModel(width, height);
        DrawOn(screen, width, height, new string('\n', 60) + "the **end**");

        var all = (string[])["tokens read", "first token", "frames drawn", "waiting", "merged", "dropped", "model waited", "frame takes"];
        var rows = string.Join('\n', screen.Rows);
        Assert.Multiple(() =>
        {
            Assert.That(all.Where(rows.Contains), Is.EqualTo(labels), rows);
            Assert.That(rows, Does.Contain("│ the end"));
            Assert.That(screen.Rows.TakeWhile(row => !row.StartsWith('╰')).Count(), Is.GreaterThanOrEqualTo(4), "three lines of the answer");
            Assert.That(screen.Rows[^1], Does.StartWith("╰").And.EndWith("╯"));
        });
    }

    [Test]
    public void What_the_model_thinks_is_dim_and_above_the_answer()
    {
        var figures = new Figures(new HistoricalScheduler(), Strategy.Conflate);
        var frame = new LiveFrame("m", TimeSpan.Zero, hasColors: true, new Controls());

        var rows = frame.Render("Let me\tthink\e[2J", "42", figures.Now, Silence, 84, 10);

        Assert.That(rows[1], Does.Match(@"\e\[2;[\d;]*mLet me  think␛\[2J"));
        Assert.That(Plain(rows)[3], Does.StartWith("│ 42 "));
    }

    private static void DrawOn(TerminalModel screen, int width, int height, params string[] texts)
    {
        using var output = new StringWriter();
        var clock = new HistoricalScheduler();
        var figures = new Figures(clock, Strategy.Latest);
        var frame = new LiveFrame("embedded · latest", TimeSpan.FromMilliseconds(100), hasColors: true, new Controls());
        using (var live = new LiveScreen(output, figures, frame, () => (width, height), clock, new FrameClock(Options.ShortestFrame, clock)))
        {
            foreach (var text in texts)
            {
                figures.OnToken(text);
                live.Draw(text);
            }

            screen.Write(output.ToString());
        }
    }

    [GeneratedRegex(@" +[\d.,]+( m?s)? ")]
    private static partial Regex FiguresAndTimes();

    private static string[] Plain(string[] rows) => [.. rows.Select(row => Escapes().Replace(row, ""))];

    private static string Ascii(string text) => NotAscii().Replace(text, "x");

    [GeneratedRegex(@"\e\[[0-9;?]*[A-Za-z]")]
    private static partial Regex Escapes();

    [GeneratedRegex(@"[^\x00-\x7F]")]
    private static partial Regex NotAscii();
}
