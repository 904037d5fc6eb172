using System.Reactive.Linq;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>A recording is a source of a marble test, like a diagram.</summary>
public class ReplayTests
{
    private static readonly StreamRecording<string> Answer = new(Marble.Parse("-a-bc---d|"), "answer");

    [Test]
    public void ARecording_IsDelivered_WhenItIsAskedFor() => MarbleTest.Run(m =>
    {
        var tokens = m.Pull(Answer);

        m.Expect(tokens).ToBe("-a-bc---d|");
        m.ExpectPulls(tokens).ToBe("[^1]1-11---1!");
    });

    [Test]
    public void ARecording_GoesThroughAnyQuery() => MarbleTest.Run(m =>
    {
        var sampled = m.Pull(Answer).Through(o => o.Sample(TimeSpan.FromMilliseconds(4), m.Clock));

        m.Expect(sampled).ToBe("----b---c---[d|]");
    });

    [Test]
    public void ABentRecording_ShowsWhatAQueryMakesOfIt() => MarbleTest.Run(m =>
    {
        var stalled = m.Pull(Answer.Stall(TimeSpan.FromMilliseconds(4), TimeSpan.FromMilliseconds(20)), "stalled");
        var guarded = stalled.Through(o => o.Timeout(TimeSpan.FromMilliseconds(10), m.Clock));

        m.Expect(guarded).ToBe("-a-b 9ms #", error: typeof(TimeoutException));
    });

    [Test]
    public void ARecordingWithoutAnEnding_NeverEnds() => MarbleTest.Run(m =>
        m.Expect(m.Pull(Answer.Cut(TimeSpan.FromMilliseconds(4)))).ToBe("-a-b------"));

    [Test]
    public void AFailureShowsTheRecording()
    {
        var failure = Assert.Throws<MarbleAssertionException>(() => MarbleTest.Run(m => m.Expect(m.Pull(Answer)).ToBe("-a-bx---d|")))!;

        Assert.That(failure.Message, Does.Match(@"answer +- +a-bc---d\| +pull\n"));
    }

    [Test]
    public void APictureShowsTheRecording_WhateverItsItemsAre()
    {
        var recording = new StreamRecording<string>(
            [Marble.Next(1, ""), Marble.Next(2, " {"), Marble.Next(3, "\n"), Marble.Next(4, "🌊"), Marble.Next(5, new string('x', 999)), Marble.Error<string>(6, new IOException())]);

        var chart = MarbleTest.Run(m => m.Expect(m.Pull(recording)).ToBe("-{a}bcde#", [("a", ""), ("b", " {"), ("c", "\n"), ("d", "🌊"), ("e", new string('x', 999))], typeof(IOException)));

        Assert.That(chart.ToText(), Does.Match(@"source +- +AB\{␊\}🌊C# +pull\n"));
    }

    [Test]
    public void Arguments_AreChecked() =>
        MarbleTest.Run(m => Assert.That(() => m.Pull((StreamRecording<string>)null!), Throws.ArgumentNullException));
}
