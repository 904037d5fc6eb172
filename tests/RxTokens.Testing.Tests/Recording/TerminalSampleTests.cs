using System.Reactive;
using System.Reactive.Linq;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>
/// A real stream, replayed: 300 tokens that the Terminal example read from its HTTP endpoint. To record it again:
/// <c>dotnet run --project examples/Terminal -- --plain --tokens 300 --record tests/RxTokens.Testing.Tests/Recording/terminal.jsonl</c>.
/// What is expected here holds for any such recording.
/// </summary>
public class TerminalSampleTests
{
    private static readonly StreamRecording<string> Sample = Load();

    private static readonly string Text = string.Concat(Sample.Items);

    [Test]
    public void TheSample_IsWhatTheTerminalSends()
    {
        Assert.That(Sample.Items, Has.Count.EqualTo(300).And.All.Not.Empty);
        Assert.That(Sample.Marbles[^1].Notification.Kind, Is.EqualTo(NotificationKind.OnCompleted));
        Assert.That(Sample.Name, Is.EqualTo("embedded: Explain backpressure."));
        Assert.That(Resource("Answer.md").ReadToEnd().ReplaceLineEndings("\n"), Does.StartWith(Text));
    }

    [Test]
    public void TheSample_IsWrittenAsItWasRead()
    {
        using var writer = new StringWriter();
        Sample.Save(writer);

        Assert.That(writer.ToString(), Is.EqualTo(Resource("terminal.jsonl").ReadToEnd().ReplaceLineEndings("\n")));
    }

    [Test]
    public async Task ASlowScreen_BehindAConflate_LosesNothing_AndHoldsNobody()
    {
        var frames = new List<string>();
        PullProbe<string>? model = null;
        await MarbleTest.RunAsync(async m =>
        {
            model = m.Pull(Sample);
            await foreach (var text in model.Conflate())
            {
                frames.Add(text);
                await m.Delay(100);
            }
        });

        Assert.That(string.Concat(frames), Is.EqualTo(Text));
        Assert.That(frames, Has.Count.LessThan(Sample.Items.Count / 5), "they were merged");
        Assert.That(model!.Reads[^1], Is.LessThanOrEqualTo((long)Sample.Duration.TotalMilliseconds), "read as it came");
        var over = (long)Sample.Duration.TotalMilliseconds;
        Assert.That(model.Disposals.Single(), Is.InRange(over, over + 200), "and disposed when the screen has drawn what was there");
    }

    [Test]
    public async Task ASlowScreen_WithoutABoundary_HoldsTheModel()
    {
        var shown = 0;
        var end = 0L;
        await MarbleTest.RunAsync(async m =>
        {
            await foreach (var _ in m.Pull(Sample))
            {
                shown++;
                await m.Delay(100);
            }

            end = m.Frame;
        });

        Assert.That(shown, Is.EqualTo(300));
        Assert.That(end, Is.GreaterThanOrEqualTo(30_000), "a tenth of a second for each token");
    }

    [Test]
    public async Task AStall_IsLonger_ThanATimeoutAllows()
    {
        var half = Sample.Duration / 2;
        var seen = "";
        Exception? failure = null;
        long end = 0;
        PullProbe<string>? model = null;
        await MarbleTest.RunAsync(async m =>
        {
            model = m.Pull(Sample.Stall(half, TimeSpan.FromSeconds(30)));
            try
            {
                await foreach (var text in model.Through(o => o.Timeout(TimeSpan.FromSeconds(10), m.Clock)).Conflate())
                    seen += text;
            }
            catch (TimeoutException silence)
            {
                failure = silence;
                end = m.Frame;
            }
        });

        var last = Sample.Cut(half).Duration;
        Assert.That(failure, Is.Not.Null);
        Assert.That(seen, Is.EqualTo(string.Concat(Sample.Cut(half).Items)), "what had come is kept");
        Assert.That(end, Is.EqualTo((long)last.TotalMilliseconds + 10_000).Within(1));
        Assert.That((model!.Cancellations.Count, model.Disposals.Count), Is.EqualTo((1, 1)), "and the model is told to stop");
    }

    [Test]
    public async Task ACut_ArrivesBehindAllThatCame()
    {
        var half = Sample.Duration / 2;
        var seen = "";
        IOException? failure = null;
        await MarbleTest.RunAsync(async m =>
        {
            try
            {
                await foreach (var text in m.Pull(Sample.Cut(half, new IOException("The connection was reset."))).Conflate())
                {
                    seen += text;
                    await m.Delay(100);
                }
            }
            catch (IOException reset)
            {
                failure = reset;
            }
        });

        Assert.That(failure?.Message, Is.EqualTo("The connection was reset."));
        Assert.That(seen, Is.EqualTo(string.Concat(Sample.Cut(half).Items)).And.Length.InRange(1, Text.Length - 1));
    }

    [Test]
    public void ABurst_ComesInOneInstant() => MarbleTest.Run(m =>
    {
        var everything = m.Pull(Sample.Burst(TimeSpan.Zero, TimeSpan.FromMinutes(1)));

        m.Expect(everything.Through(o => o.Aggregate("", (all, text) => all + text))).ToBe("60000ms [a|]", [("a", Text)]);
    });

    /// <summary>Text operators must not care where the chunks' borders are.</summary>
    [Test]
    public void OtherChunks_AreTheSameText()
    {
        var units = Sample.Split(text => text.Select(unit => unit.ToString()));

        Assert.That(units.Items, Has.Count.EqualTo(Text.Length));
        Assert.That(string.Concat(units.Items), Is.EqualTo(Text));
        Assert.That(units.Duration, Is.EqualTo(Sample.Duration));
    }

    private static StreamRecording<string> Load()
    {
        using var file = Resource("terminal.jsonl");
        return StreamRecording.Load(file);
    }

    private static StreamReader Resource(string name) => new(typeof(TerminalSampleTests).Assembly.GetManifestResourceStream(name)!);
}
