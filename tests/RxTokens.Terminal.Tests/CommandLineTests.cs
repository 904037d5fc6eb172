using Terminal;

namespace RxTokens.Terminal.Tests;

/// <summary>What the options mean, and what is said about wrong ones.</summary>
public sealed class CommandLineTests
{
    [Test]
    public void Without_options_the_embedded_model_says_all_of_its_answer_at_500_tokens_a_second() =>
        Assert.That(Parse(), Is.EqualTo(new Options(
            Endpoint: null, Model: "embedded", Prompt: "Explain backpressure.", Tokens: null, Rate: 500, ScreenTime: TimeSpan.Zero,
            Strategy.Conflate, Buffer: 5, Timeout: TimeSpan.FromSeconds(10), Fault.None, Record: null, Plain: false, Compare: false)));

    [Test]
    public void Every_option_is_understood() =>
        Assert.That(
            Parse("--tokens", "7", "--rate", "0", "--screen-ms", "100", "--strategy", "drop-oldest", "--buffer", "9", "--timeout", "2.5", "--fault", "stall", "--record", "answer.jsonl", "--plain"),
            Is.EqualTo(new Options(
                null, "embedded", "Explain backpressure.", 7, 0, TimeSpan.FromMilliseconds(100),
                Strategy.DropOldest, 9, TimeSpan.FromSeconds(2.5), Fault.Stall, "answer.jsonl", Plain: true, Compare: false)));

    [Test]
    public void Another_server_gets_more_time()
    {
        var options = Parse("--endpoint", "http://localhost:11434/v1", "--model", "llama", "--prompt", "Why?");

        Assert.Multiple(() =>
        {
            Assert.That(options.Endpoint, Is.EqualTo(new Uri("http://localhost:11434/v1")));
            Assert.That((options.Model, options.Prompt), Is.EqualTo(("llama", "Why?")));
            Assert.That(options.Timeout, Is.EqualTo(TimeSpan.FromSeconds(60)));
        });
    }

    [Test]
    public void Compare_is_slower_so_that_it_can_be_watched()
    {
        var options = Parse("--compare");

        Assert.That((options.Tokens, options.Rate, options.ScreenTime), Is.EqualTo(((int?)100, 100d, TimeSpan.FromMilliseconds(100))));
    }

    [TestCase("wait", Strategy.Wait)]
    [TestCase("drop-oldest", Strategy.DropOldest)]
    [TestCase("drop-newest", Strategy.DropNewest)]
    [TestCase("latest", Strategy.Latest)]
    [TestCase("conflate", Strategy.Conflate)]
    [TestCase("push", Strategy.Push)]
    public void Strategies_have_names(string name, object strategy) =>
        Assert.That(Parse("--strategy", name).Strategy, Is.EqualTo(strategy));

    [TestCase("--endpoint needs --model.", "--endpoint", "http://localhost/v1")]
    [TestCase("--endpoint must be an http or https address.", "--endpoint", "localhost", "--model", "m")]
    [TestCase("--compare plays the embedded model; leave out --endpoint.", "--compare", "--endpoint", "http://localhost/v1", "--model", "m")]
    [TestCase("--compare plays five strategies; leave out --strategy.", "--compare", "--strategy", "wait")]
    [TestCase("--record writes one answer; leave out --compare.", "--record", "answer.jsonl", "--compare")]
    [TestCase("--record must be a file.", "--record", "")]
    [TestCase("--model must not be empty.", "--endpoint", "http://localhost/v1", "--model", "")]
    [TestCase("--model must not be empty.", "--model", " ")]
    [TestCase("--prompt must not be empty.", "--prompt", "")]
    [TestCase("--endpoint must be an http or https address.", "--endpoint", "", "--model", "m")]
    [TestCase("--fault is for the embedded endpoint; leave out --endpoint.", "--fault", "cut", "--endpoint", "http://localhost/v1", "--model", "m")]
    [TestCase("--rate is for the embedded model; leave out --endpoint.", "--rate", "9", "--endpoint", "http://localhost/v1", "--model", "m")]
    [TestCase("--tokens must be a number from 1 to 1000000.", "--tokens", "0")]
    [TestCase("--rate must be a number from 0 to 1000000.", "--rate", "-1")]
    [TestCase("--screen-ms must be a number from 0 to 60000.", "--screen-ms", "-1")]
    [TestCase("--buffer must be a number from 1 to 1000000.", "--buffer", "0")]
    [TestCase("--timeout must be a number from 0.001 to 3600.", "--timeout", "0")]
    [TestCase("--tokens must be a number from 1 to 1000000.", "--tokens", "many")]
    [TestCase("--rate must be a number from 0 to 1000000.", "--rate", "fast")]
    [TestCase("--strategy must be one of conflate, wait, drop-oldest, drop-newest, latest, push.", "--strategy", "best")]
    [TestCase("Unrecognized command or argument '--colour'.", "--colour")]
    public async Task A_wrong_option_is_a_line_and_exit_code_2(string complaint, params string[] args)
    {
        var user = await User.Runs(args);

        Assert.Multiple(() =>
        {
            Assert.That(user.ExitCode, Is.EqualTo(2));
            Assert.That(user.Error, Is.EqualTo($"error: {complaint}{Environment.NewLine}Try --help.{Environment.NewLine}"));
            Assert.That(user.Output, Is.Empty);
        });
    }

    [Test]
    public async Task Help_names_every_option_and_says_what_is_measured()
    {
        var user = await User.Runs("--help");

        Assert.Multiple(() =>
        {
            Assert.That(user.ExitCode, Is.Zero);
            foreach (var option in (string[])["--compare", "--strategy", "--buffer", "--screen-ms", "--tokens", "--rate", "--fault", "--timeout", "--record", "--plain", "--endpoint", "--model", "--prompt"])
                Assert.That(user.Output, Does.Contain(option));
            Assert.That(user.Output, Does.Contain("\"Model waited\" is the time"));
            Assert.That(user.Output, Does.Contain("p pauses: the model is held").And.Contain("s stops the model"));
            Assert.That(user.Output, Does.Contain("OPENAI_API_KEY"));
            Assert.That(user.Lines, Has.Some.StartsWith("3    the model itself stopped short"), "exit codes");
        });
    }

    private static Options Parse(params string[] args)
    {
        Options? parsed = null;
        var exitCode = CommandLine.Create((options, _) =>
        {
            parsed = options;
            return Task.FromResult(0);
        }).Parse(args).Invoke();
        Assert.That(exitCode, Is.Zero);
        return parsed!;
    }
}
