using Terminal;

namespace RxTokens.Terminal.Tests;

/// <summary>The keys of the live mode.</summary>
public sealed class KeyTests
{
    private const string Pauses = "p pauses";
    private const string Paused = "paused";

    [Test]
    public async Task P_pauses_and_p_goes_on()
    {
        var user = await User.RunsAndPresses([("Backpressure", 'p'), (Paused, 'P'), (Pauses, 's')], "--tokens", "100000");

        Assert.That(user.Output, Does.Contain("p goes on"));
        ExpectKept(user);
    }

    [Test]
    public async Task S_stops_and_keeps_what_was_read()
    {
        var user = await User.RunsAndPresses([("Backpressure", 's')], "--tokens", "100000");

        ExpectKept(user);
    }

    [Test]
    public async Task S_stops_in_a_pause_too()
    {
        var user = await User.RunsAndPresses([("Backpressure", 'p'), (Paused, 's')], "--tokens", "100000");

        ExpectKept(user);
    }

    [Test]
    public async Task S_when_the_model_has_said_that_it_is_done_stops_nothing()
    {
        await using var server = OddServer.Streams(OddServer.Stop(), OddServer.Text("Forty-two."), TimeSpan.FromMinutes(1));

        var user = await User.RunsAndPresses([("Forty-two.", 's')], "--endpoint", server.Address, "--model", "m");

        Assert.That(user.ExitCode, Is.Zero, user.Error);
        Assert.That(user.Output, Does.Contain("text shown equals text received: yes").And.Not.Contain("stopped by you"));
    }

    [Test]
    public async Task Without_a_keyboard_no_key_is_offered()
    {
        var user = await User.Runs(Surface.Terminal, "--tokens", "5", "--rate", "0");

        Assert.That(user.ExitCode, Is.Zero, user.Error);
        Assert.That(user.Output, Does.Contain("Ctrl+C stops the model").And.Not.Contain(Pauses));
    }

    [Test]
    public async Task Where_the_text_is_printed_plain_no_key_is_read()
    {
        var user = await User.RunsAndPresses([("Backpressure", 's')], "--plain", "--tokens", "100", "--rate", "0");

        Assert.That(user.ExitCode, Is.Zero, user.Error);
        Assert.That(user.Output, Does.Not.Contain(Pauses));
    }

    private static void ExpectKept(User user)
    {
        Assert.That(user.ExitCode, Is.EqualTo(130), user.Error);
        Assert.That(user.Error, Is.Empty);
        Assert.That(user.Output, Does.Contain("text shown equals text received: yes"));
        Assert.That(user.Output, Does.Match(@"stopped by you after \d+ tokens, all kept; the server stopped generating \d{1,3} ms later"));
    }
}
