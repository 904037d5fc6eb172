using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>Each bend, in the diagrams of its documentation and at its borders.</summary>
public class BendTests
{
    private static readonly IOException Error = new("cut");

    [TestCase(3, 4, "ab-----cd|")]
    [TestCase(0, 2, "--ab-cd|", TestName = "Stall_AtZero_DelaysTheFirst")]
    [TestCase(5, 1, "ab-cd-|", TestName = "Stall_AtTheEnding_DelaysIt")]
    [TestCase(6, 9, "ab-cd|", TestName = "Stall_AfterTheEnd_DelaysNothing")]
    [TestCase(3, 0, "ab-cd|", TestName = "Stall_ForNoTime_DelaysNothing")]
    public void Stall(int at, int duration, string bent) => Bends("ab-cd|", r => r.Stall(Ms(at), Ms(duration)), bent);

    [TestCase(2, 6, "-a----[bc]d|")]
    [TestCase(0, 3, "---[ab]-c-d|", TestName = "Burst_ItemsAtItsEnd_AreBehindIt")]
    [TestCase(3, 5, "-a---[bc]-d|", TestName = "Burst_ItemsAtItsBeginning_AreInIt")]
    [TestCase(7, 20, "-a-b-c- 13ms [d|]", TestName = "Burst_TheEnding_IsInIt")]
    [TestCase(9, 20, "-a-b-c-d|", TestName = "Burst_AfterTheEnd_ChangesNothing")]
    public void Burst(int from, int to, string bent) => Bends("-a-b-c-d|", r => r.Burst(Ms(from), Ms(to)), bent);

    [TestCase(3, "ab-#")]
    [TestCase(0, "#", TestName = "Cut_AtZero_LeavesNothing")]
    [TestCase(4, "ab-c#", TestName = "Cut_AnItemAtThatTime_IsLost")]
    [TestCase(5, "ab-cd#", TestName = "Cut_AtTheEnding_IsTheEnding")]
    [TestCase(6, "ab-cd|", TestName = "Cut_AfterTheEnding_ChangesNothing")]
    public void Cut_WithAnError(int at, string bent) => Bends("ab-cd|", r => r.Cut(Ms(at), Error), bent);

    [TestCase(3, "ab")]
    [TestCase(0, "", TestName = "Cut_Silently_AtZero_LeavesNothing")]
    [TestCase(5, "ab-cd", TestName = "Cut_Silently_AtTheEnding_NeverEnds")]
    [TestCase(6, "ab-cd|", TestName = "Cut_Silently_AfterTheEnding_ChangesNothing")]
    public void Cut_Silently(int at, string bent) => Bends("ab-cd|", r => r.Cut(Ms(at)), bent);

    [Test]
    public void Cut_OfARecordingWithoutAnEnding_GivesItOne() => Bends("ab", r => r.Cut(Ms(9), Error), "ab 7ms #");

    [TestCase("a--b-|", 3, "a--b-a--b-a--b-|")]
    [TestCase("a--b-|", 1, "a--b-|")]
    [TestCase("-a#", 2, "-a-a#", TestName = "Repeat_OfAFailure_FailsOnce")]
    [TestCase("-a--b", 2, "-a--[b]a--b", TestName = "Repeat_WithoutAnEnding_BeginsAgainWithTheLastItem")]
    [TestCase("[ab|]", 2, "[abab|]", TestName = "Repeat_InNoTime")]
    [TestCase("--|", 3, "------|", TestName = "Repeat_OfNothing_TakesItsTime")]
    [TestCase("", 1000, "", TestName = "Repeat_OfNothingAtAll_IsNothing")]
    public void Repeat(string recorded, int times, string bent) => Bends(recorded, r => r.Repeat(times), bent);

    [TestCase(2, "a-b-c|")]
    [TestCase(1, "a---b---c-|")]
    [TestCase(0.5, "a-------b-------c---|")]
    [TestCase(double.MaxValue, "[abc|]")]
    public void Speed(double factor, string bent) => Bends("a---b---c-|", r => r.Speed(factor), bent);

    [Test]
    public void Split()
    {
        var recording = Recorded("-{ab}--{cd}-e|");

        Assert.That(Text(recording.Split(text => text.Select(c => c.ToString()))), Is.EqualTo(Text(Recorded("-[ab]--[cd]-e|"))));
        Assert.That(Text(recording.Split(_ => [])), Is.EqualTo(new[] { "7:|" }));
    }

    [Test]
    public void ABend_ChangesNothingOfTheRecording_AndKeepsItsName()
    {
        var recording = new StreamRecording<string>(Marble.Parse("a-b|"), "answer");
        var before = Text(recording);

        var bent = recording.Stall(Ms(1), Ms(5)).Burst(Ms(0), Ms(2)).Repeat(2).Speed(3).Split(text => [text, text]).Cut(Ms(4));

        Assert.That(Text(recording), Is.EqualTo(before));
        Assert.That(bent.Name, Is.EqualTo("answer"));
        Assert.That(bent.Items, Has.Count.EqualTo(6));
    }

    [Test]
    public void Arguments_AreChecked_AndNamedWithTheirValues()
    {
        var recording = Recorded("a|");
        var forever = new StreamRecording<string>([new Marble<string>(TimeSpan.MaxValue, Marble.Next(0, "a").Notification)]);

        Refuses("at", -Ms(1), () => recording.Stall(-Ms(1), Ms(1)));
        Refuses("duration", -Ms(1), () => recording.Stall(Ms(1), -Ms(1)));
        Refuses("duration", TimeSpan.FromTicks(1), () => forever.Stall(Ms(1), TimeSpan.FromTicks(1)));
        Refuses("from", -Ms(1), () => recording.Burst(-Ms(1), Ms(1)));
        Refuses("to", Ms(1), () => recording.Burst(Ms(1), Ms(1)));
        Refuses("at", -Ms(1), () => recording.Cut(-Ms(1)));
        Refuses("times", 0, () => recording.Repeat(0));
        Refuses("times", int.MaxValue, () => recording.Repeat(int.MaxValue));
        Refuses("times", 2L, () => forever.Repeat(2));
        Refuses("factor", 0d, () => recording.Speed(0));
        Refuses("factor", -1d, () => recording.Speed(-1));
        Refuses("factor", double.NaN, () => recording.Speed(double.NaN));
        Refuses("factor", double.PositiveInfinity, () => recording.Speed(double.PositiveInfinity));
        Refuses("factor", 1e-300, () => recording.Speed(1e-300));
        Refuses("factor", 0.999, () => forever.Speed(0.999));
        Assert.That(() => recording.Split(null!), Throws.ArgumentNullException);
    }

    private static void Bends(string recorded, Func<StreamRecording<string>, StreamRecording<string>> bend, string bent) =>
        Assert.That(Text(bend(Recorded(recorded))), Is.EqualTo(Text(Recorded(bent))));

    private static void Refuses(string argument, object value, Action bend)
    {
        var refusal = Assert.Throws<ArgumentOutOfRangeException>(bend)!;
        Assert.That((refusal.ParamName, refusal.ActualValue), Is.EqualTo((argument, value)));
    }

    private static StreamRecording<string> Recorded(string diagram) => new(Marble.Parse<string>(diagram, error: Error));

    private static string[] Text(StreamRecording<string> recording) => [.. recording.Marbles.Select(m => m.ToString())];

    private static TimeSpan Ms(int milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
}
