using Terminal;

namespace RxTokens.Terminal.Tests;

/// <summary>What a stranger sees who runs the program, with output that is not a terminal.</summary>
public sealed class AnswerTests
{
    [Test]
    public async Task Without_options_the_whole_answer_and_the_summary_are_printed()
    {
        var user = await User.Runs("--rate", "0");

        Assert.Multiple(() =>
        {
            Assert.That(user.ExitCode, Is.Zero);
            Assert.That(user.Output, Does.StartWith(AnswerText.Whole));
            Assert.That(user.Output, Does.Contain("text shown equals text sent: yes"));
            Assert.That(user.Output.Contains('\e'), Is.False, "no escapes where nobody can read them");
            Assert.That(user.Figure("tokens read"), Does.StartWith($"{AnswerText.Tokens(null).Count:N0} in "));
            Assert.That(user.Figure("waiting"), Does.StartWith("0 at the end, "));
            Assert.That(user.Figure("dropped"), Is.EqualTo("0"));
            Assert.That(user.Error, Is.Empty);
        });
    }

    [Test]
    public async Task Each_token_is_drawn_by_itself_or_merged_into_one_that_is()
    {
        var user = await User.Runs("--tokens", "300", "--rate", "2000");

        var frames = int.Parse(user.Figure("frames drawn").Split(' ')[0]);
        Assert.That(frames + int.Parse(user.Figure("merged")), Is.EqualTo(300));
    }

    [Test]
    public async Task Wait_loses_nothing_and_holds_the_model()
    {
        var user = await User.Runs("--strategy", "wait", "--tokens", "40", "--rate", "0", "--screen-ms", "25");

        Assert.Multiple(() =>
        {
            Assert.That(user.ExitCode, Is.Zero);
            Assert.That(user.Output, Does.Contain("text shown equals text sent: yes"));
            Assert.That(user.Figure("strategy"), Is.EqualTo("wait, buffer 5"));
            Assert.That(double.Parse(user.Figure("model waited for the screen").Split(' ')[0]), Is.GreaterThan(0.5));
        });
    }

    [TestCase("drop-oldest")]
    [TestCase("drop-newest")]
    [TestCase("latest")]
    public async Task A_lossy_strategy_says_what_it_lost_and_is_no_error(string strategy)
    {
        var user = await User.Runs("--strategy", strategy, "--tokens", "200", "--rate", "1000");

        var dropped = user.Figure("dropped");
        Assert.Multiple(() =>
        {
            Assert.That(user.ExitCode, Is.Zero);
            Assert.That(int.Parse(dropped), Is.Positive);
            Assert.That(user.Output, Does.Contain($"text shown equals text sent: no, {dropped} of 200 tokens lost"));
        });
    }

    [Test]
    public async Task Push_loses_nothing_and_lets_the_tokens_pile_up()
    {
        var user = await User.Runs("--strategy", "push", "--tokens", "60", "--rate", "0");

        Assert.Multiple(() =>
        {
            Assert.That(user.ExitCode, Is.Zero);
            Assert.That(user.Output, Does.Contain("text shown equals text sent: yes"));
            Assert.That(int.Parse(user.Figure("waiting").Split(' ')[4]), Is.GreaterThan(40));
        });
    }

    [TestCase("conflate")]
    [TestCase("push")]
    public async Task Ctrl_C_reaches_the_server_and_the_summary_follows(string strategy)
    {
        var user = await User.RunsAndStops(200, "--tokens", "100000", "--strategy", strategy);

        Assert.Multiple(() =>
        {
            Assert.That(user.ExitCode, Is.EqualTo(130));
            Assert.That(user.Error, Is.Empty);
            Assert.That(user.Lines, Has.Some.Match(@"^stopped by you after \d+ tokens; the server stopped generating \d{1,3} ms later$"));
            Assert.That(user.Output, Does.Contain("model waited for the screen"));
        });
    }

    [Test]
    public async Task Ctrl_C_while_the_model_is_held_reaches_the_server_too()
    {
        var user = await User.RunsAndStops(40, "--tokens", "100000", "--strategy", "wait", "--screen-ms", "50");

        Assert.That(user.Lines, Has.Some.Match(@"^stopped by you after \d+ tokens; the server stopped generating \d{1,3} ms later$"));
    }

    [Test]
    public async Task Ctrl_C_before_the_first_token_ends_the_program()
    {
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        var output = new StringWriter();

        var exitCode = await App.RunAsync([], output, TextWriter.Null, stop: stop.Token).WaitAsync(TimeSpan.FromSeconds(10));

        Assert.Multiple(() =>
        {
            Assert.That(exitCode, Is.EqualTo(130));
            Assert.That(output.ToString(), Does.Contain("stopped by you after 0 tokens; the server had not begun"));
        });
    }
}
