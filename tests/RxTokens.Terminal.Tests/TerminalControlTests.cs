using System.Reactive.Concurrency;
using Terminal;

namespace RxTokens.Terminal.Tests;

/// <summary>Nothing that a model or a server says controls the terminal, on whatever way it gets there.</summary>
public sealed class TerminalControlTests
{
    private const string Title = "\e]0;PWNED TITLE\a";
    private const string Clear = "\e[2J\e[H\e[5;5H";
    private const string Clipboard = "\e]52;c;cm0gLXJmIH4=\a";
    private const string AlternateScreen = "\e[?1049h\e[?25l";
    private const string C1 = "\u009B31m\u009D0;C1\u009C";
    private const string Backwards = "\u202Egnp.exe\u2066";
    private const string Others = "a\bb\rc \0nul \u007Fdel \vvt \fff \u0085nel";

    private static readonly string Attack = $"safe {Title}{Clear}{Clipboard}{AlternateScreen}{C1}{Backwards}{Others} end";

    private static OddServer Attacker() => OddServer.Streams(OddServer.Text(Attack), OddServer.Stop(), OddServer.Done);

    [TestCase(true)]
    [TestCase(false)]
    public async Task An_answer_on_a_terminal_is_shown_and_not_obeyed(bool isPlain)
    {
        await using var server = Attacker();

        var user = await User.Asks(server, Surface.Terminal, isPlain ? ["--plain"] : []);

        Assert.That(user.ExitCode, Is.Zero, user.Error);
        Assert.That(user.Output, Does.Contain("safe ␛]0;PWNED").And.Contain("␇").And.Contain("\uFFFD31m"));
        ExpectNothingObeyed(user.Output);
    }

    [Test]
    public async Task A_terminal_that_knows_no_escapes_gets_none_at_all()
    {
        await using var server = OddServer.Streams(OddServer.Delta(new { reasoning = "hm\e[2J" }), OddServer.Text(Attack), OddServer.Stop(), OddServer.Done);

        var user = await User.Asks(server, Surface.DumbTerminal);

        Assert.That(user.Output, Does.StartWith("safe ␛]0;PWNED TITLE␇"));
        Assert.That(user.Output.Where(c => c != '\n' && c != '\r' && char.IsControl(c)), Is.Empty);
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task A_sequence_that_is_split_over_tokens_is_not_obeyed_either(bool isPlain)
    {
        await using var server = OddServer.Streams(
            [.. Attack.Select(c => OddServer.Text($"{c}")), OddServer.Text("smile "), OddServer.Text("😀"), OddServer.Stop(), OddServer.Done]);

        var user = await User.Asks(server, Surface.Terminal, isPlain ? ["--plain"] : []);

        Assert.That(user.ExitCode, Is.Zero, user.Error);
        Assert.That(user.Output, Does.Contain("smile 😀"));
        ExpectNothingObeyed(user.Output);
    }

    [Test]
    public async Task What_the_model_thinks_and_the_tools_it_asks_for_are_not_obeyed()
    {
        await using var server = OddServer.Streams(
            OddServer.Delta(new { reasoning_content = Attack }), OddServer.Delta(new { refusal = Attack }),
            OddServer.Delta(new { tool_calls = new[] { new { index = 0, id = "1", type = "function", function = new { name = "f" + Title, arguments = Clear } } } }),
            OddServer.Stop("tool_calls"), OddServer.Done);

        foreach (var more in (string[][])[[], ["--plain"]])
        {
            var user = await User.Asks(server, Surface.Terminal, more);
            Assert.That(user.Output, Does.Contain("the model asked for"));
            ExpectNothingObeyed(user.Output);
            ExpectNothingObeyed(user.Error);
        }
    }

    [Test]
    public async Task A_pipe_gets_the_answer_to_the_letter()
    {
        await using var server = Attacker();

        var user = await User.Asks(server);

        Assert.That(user.Output, Does.StartWith(Attack));
    }

    [TestCase("400 Bad Request", "application/json", """{"error":{"message":"bad \u001b]0;pwned\u0007\u001b[2J\u009b31m\u202e"}}""")]
    [TestCase("503 Unavailable", "text/plain", "bad \e]0;pwned\a\e[2J")]
    [TestCase("200 OK", "application/json", """{"error":"bad \u001b]0;pwned\u0007"}""")]
    [TestCase("200 OK", "text/html", "<title>bad \e]0;pwned\a</title>")]
    [TestCase("200 OK", "text/event-stream", "data: {\"error\":{\"message\":\"bad \\u001b]0;pwned\\u0007\"}}\n\n")]
    public async Task An_error_line_is_shown_and_not_obeyed(string status, string mediaType, string body)
    {
        await using var server = OddServer.Says(status, mediaType, body);

        var user = await User.Asks(server);

        Assert.That(user.ExitCode, Is.EqualTo(1));
        Assert.That(user.Error, Does.Contain("bad ␛]0;pwned␇"));
        ExpectNothingObeyed(user.Error);
    }

    [Test]
    public async Task The_time_to_wait_is_not_obeyed_either()
    {
        await using var server = OddServer.Says("429 Too Many Requests", "application/json", "{}", "Retry-After: \u009B2J soon\r\n");

        ExpectNothingObeyed((await User.Asks(server)).Error);
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task The_name_of_a_model_is_not_obeyed(bool isPlain)
    {
        await using var server = Attacker();

        var user = await User.Runs(Surface.Terminal, ["--endpoint", server.Address, "--model", $"m{Title}{C1}", .. isPlain ? (string[])["--plain"] : []]);

        Assert.That(user.Output, Does.Contain("m␛]0;PWNED TITLE␇\uFFFD31m"));
        ExpectNothingObeyed(user.Output);
    }

    [Test]
    public async Task A_wrong_option_is_not_obeyed()
    {
        var user = await User.Runs($"--x{Title}");

        ExpectNothingObeyed(user.Error);
    }

    [Test]
    public void Half_of_something_waits_for_its_other_half()
    {
        var text = new TerminalText();

        var shown = new[] { "ab\tc\r", "\n\td", "\uD83D", "\uDE00\u2028\t|", "\r" }.Select(text.Next).ToList();

        Assert.That(
            shown.Append(text.Rest()),
            Is.EqualTo(new[] { "ab  c", "\n    d", "", "😀\n    |", "", "␍" }));
    }

    [Test]
    public void The_live_screen_holds_back_half_a_pair()
    {
        using var output = new StringWriter();
        var clock = new HistoricalScheduler();
        var figures = new Figures(clock, Strategy.Latest);
        var frame = new LiveFrame("m", TimeSpan.Zero, hasColors: false, new Controls());
        using (var screen = new LiveScreen(output, figures, frame, () => (80, 24), clock, new FrameClock(Options.ShortestFrame, clock)))
        {
            screen.Draw("x \uD83D");
            Assert.That(output.ToString(), Does.Not.Contain("\uFFFD"));
            screen.Draw("\uDE00");
        }

        Assert.That(output.ToString(), Does.Contain("x 😀"));
    }

    private static void ExpectNothingObeyed(string output)
    {
        var terminal = new TerminalModel(200, 50);
        terminal.Write(output.Replace("\r\n", "\n"));
        Assert.That(terminal.Obeyed, Is.Empty);
        Assert.That(output.IndexOfAny(['\u202E', '\u2066']), Is.Negative, "bidirectional overrides");
    }
}
