using System.Reactive;
using Terminal;

namespace RxTokens.Terminal.Tests;

/// <summary>With --record: the text as it arrived, with its times, in a file that a test can replay.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class RecordTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rxtokens").FullName;

    private string File => Path.Combine(_folder, "answer.jsonl");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [TestCase("conflate")]
    [TestCase("wait")]
    [TestCase("latest")]
    [TestCase("push")]
    public async Task The_file_has_every_token_that_came_whatever_the_screen_shows(string strategy)
    {
        var user = await User.Runs("--tokens", "60", "--rate", "2000", "--strategy", strategy, "--record", File);

        var recording = StreamRecording.Load(File);
        Assert.Multiple(() =>
        {
            Assert.That(user.ExitCode, Is.Zero, user.Error);
            Assert.That(recording.Items, Is.EqualTo(AnswerText.Tokens(60)));
            Assert.That(recording.Marbles[^1].Notification.Kind, Is.EqualTo(NotificationKind.OnCompleted));
            Assert.That(recording.Marbles.Select(marble => marble.Time), Is.Ordered);
            Assert.That(recording.Name, Is.EqualTo("embedded: Explain backpressure."));
            Assert.That(user.Figure("recorded"), Is.EqualTo($"60 chunks to {File}"));
        });
    }

    [Test]
    public async Task The_recorded_text_is_the_text_that_was_printed()
    {
        var user = await User.Runs("--rate", "0", "--plain", "--record", File);

        var recording = StreamRecording.Load(File);
        Assert.Multiple(() =>
        {
            Assert.That(user.Output, Does.StartWith(string.Concat(recording.Items) + Environment.NewLine));
            Assert.That(string.Concat(recording.Items), Is.EqualTo(AnswerText.Whole));
        });
    }

    [Test]
    public async Task The_times_are_the_models_and_not_the_screens()
    {
        await User.Runs("--tokens", "6", "--rate", "0", "--screen-ms", "1000", "--record", File);

        var recording = StreamRecording.Load(File);
        Assert.That(recording.Marbles[^1].Time - recording.Marbles[0].Time, Is.LessThan(TimeSpan.FromMilliseconds(900)), "before the second frame");
    }

    [TestCase("cut", "Examples.CutOffException")]
    [TestCase("stall", "System.TimeoutException")]
    public async Task A_fault_in_mid_stream_is_how_the_recording_ends(string fault, string type)
    {
        var user = await User.Runs("--tokens", "60", "--timeout", "0.5", "--fault", fault, "--record", File);

        var recording = StreamRecording.Load(File);
        Assert.Multiple(() =>
        {
            Assert.That(user.ExitCode, Is.EqualTo(1));
            Assert.That(recording.Items, Is.EqualTo(AnswerText.Tokens(60).Take(30)));
            Assert.That((recording.Marbles[^1].Notification.Exception as RecordedException)?.OriginalType, Is.EqualTo(type));
            Assert.That(user.Figure("recorded"), Does.StartWith("30 chunks "));
        });
    }

    [TestCase("conflate")]
    [TestCase("push")]
    public async Task Ctrl_C_leaves_a_recording_that_is_broken_off(string strategy)
    {
        var user = await User.RunsAndStops(200, "--tokens", "100000", "--strategy", strategy, "--record", File);

        var recording = StreamRecording.Load(File);
        Assert.Multiple(() =>
        {
            Assert.That(user.ExitCode, Is.EqualTo(130));
            Assert.That(user.Error, Is.Empty);
            Assert.That(recording.HasEnding, Is.False);
            Assert.That(string.Concat(recording.Items), Has.Length.GreaterThanOrEqualTo(200));
        });
    }

    [Test]
    public async Task Another_servers_answer_is_recorded_too()
    {
        await using var server = await Endpoint.StartAsync(new Manner(Tokens: 50, Rate: 0), TimeProvider.System);

        var user = await User.Runs("--endpoint", server.Address.ToString(), "--model", "any", "--record", File);

        var recording = StreamRecording.Load(File);
        Assert.Multiple(() =>
        {
            Assert.That(user.ExitCode, Is.Zero, user.Error);
            Assert.That(recording.ToString(), Does.Match("^any: Explain backpressure.: 50 items in .*, completed$"));
            Assert.That(string.Concat(recording.Items), Is.EqualTo(server.LastAnswer!.TextSent));
        });
    }

    [Test]
    public async Task An_existing_file_is_replaced()
    {
        await System.IO.File.WriteAllTextAsync(File, new string('x', 100_000));

        await User.Runs("--tokens", "5", "--rate", "0", "--record", File);

        Assert.That(StreamRecording.Load(File).Items, Has.Count.EqualTo(5));
    }

    [TestCase("--model", "")]
    [TestCase("--prompt", "")]
    [TestCase("--endpoint", "")]
    public async Task An_existing_file_survives_an_option_that_is_refused(string option, string value)
    {
        await System.IO.File.WriteAllTextAsync(File, "precious");

        var user = await User.Runs("--record", File, option, value);

        Assert.That(user.ExitCode, Is.EqualTo(2));
        Assert.That(await System.IO.File.ReadAllTextAsync(File), Is.EqualTo("precious"));
    }

    [Test]
    public async Task Without_the_option_nothing_is_said_of_it()
    {
        var user = await User.Runs("--tokens", "5", "--rate", "0");

        Assert.That(user.Output, Does.Not.Contain("recorded"));
    }

    [TestCase("")]
    [TestCase("no such folder/answer.jsonl")]
    [TestCase("nul\0.jsonl")]
    public async Task A_path_that_cannot_be_written_is_one_line_and_exit_code_2(string path)
    {
        var user = await User.Runs("--tokens", "5", "--record", Path.Combine(_folder, path));

        Assert.Multiple(() =>
        {
            Assert.That(user.ExitCode, Is.EqualTo(2));
            Assert.That(user.Error.TrimEnd(), Does.Match(@"^error: --record cannot write the file: [^\n]+$"));
            Assert.That(user.Output, Is.Empty);
        });
    }

    [Test]
    [Platform("Linux")]
    public async Task A_disk_that_is_full_is_not_blamed_on_the_server()
    {
        var user = await User.Runs("--tokens", "5", "--record", "/dev/full");

        Assert.Multiple(() =>
        {
            Assert.That(user.ExitCode, Is.EqualTo(1));
            Assert.That(user.Error.TrimEnd(), Does.Match("^error: the recording cannot be written before the first token: [^\n]+$"));
        });
    }
}
