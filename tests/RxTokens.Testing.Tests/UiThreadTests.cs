using System.Reactive.Linq;
using NUnit.Framework;

namespace RxTokens.Tests;

public class UiThreadTests
{
    [Test]
    public void WhatIsPosted_RunsWhenTheThreadIsFree() => MarbleTest.Run(m =>
        m.Expect(m.Hot("-a-b-c|").ObserveOn(m.UiThread("--^--!"))).ToBe("-a---[bc]|"));

    [Test]
    public void SeveralBusyRows_InARow() => MarbleTest.Run(m =>
        m.Expect(m.Hot("a-b-c-d|").ObserveOn(m.UiThread("-^-!", "---^--!"))).ToBe("a-----[bcd]|"));

    [Test]
    public Task ASlowScreen_ConflatesWhatItIsTooSlowFor() => MarbleTest.RunAsync(async m =>
    {
        var ui = m.UiThread();
        var drawn = new List<string>();
        await m.Pull("ab-c-d----e|").Conflate().RenderOnAsync(ui, text =>
        {
            Assert.That(SynchronizationContext.Current, Is.SameAs(ui));
            drawn.Add($"{m.Frame}: {text}");
            ui.BusyFor(TimeSpan.FromMilliseconds(6));
        });
        Assert.That(drawn, Is.EqualTo(new[] { "0: a", "6: b", "12: cd", "18: e" }));
    });

    [Test]
    public void OneThatIsBusyForEver_RunsNothingMore() => MarbleTest.Run(m =>
    {
        var ui = m.UiThread();
        m.At(2, () => ui.Post(_ => ui.BusyFor(TimeSpan.MaxValue), null));
        m.Expect(m.Hot("-a-b|").ObserveOn(ui)).ToBe("-a");
    });

    [Test]
    public Task AHandlerThatAwaits_GoesOnOnIt() => MarbleTest.RunAsync(async m =>
    {
        var ui = m.UiThread("---^---!");
        var frames = new List<long>();
        ui.Post(async _ =>
        {
            frames.Add(m.Frame);
            await m.Delay(4);
            Assert.That(SynchronizationContext.Current, Is.SameAs(ui));
            frames.Add(m.Frame);
        }, null);
        await m.Delay(20);
        Assert.That(frames, Is.EqualTo(new[] { 0, 7 }));
    });

    [Test]
    public void WhatItsWorkThrows_FailsTheTest() =>
        Assert.Throws<FormatException>(() => MarbleTest.Run(m => m.UiThread().Post(_ => throw new FormatException(), null)));

    [Test]
    public void Send_RunsInside_AndIsRefusedElsewhere() => MarbleTest.Run(m =>
    {
        var ui = m.UiThread();
        var ran = false;
        Assert.Throws<NotSupportedException>(() => ui.Send(_ => { }, null));
        ui.Post(_ => ui.Send(_ => ran = true, null), null);
        m.At(1, () => Assert.That(ran, Is.True));
    });

    [TestCase("--^--", "The busy row \"--^--\" needs a '^' and a '!'")]
    [TestCase("", "The busy row \"\" needs a '^' and a '!'")]
    public void ARowWithoutAnEnd_IsRefused(string row, string why) => MarbleTest.Run(m =>
        Assert.That(Assert.Throws<ArgumentException>(() => m.UiThread(row))!.Message, Does.StartWith(why)));

    [Test]
    public void RowsThatOverlap_AreRefused() => MarbleTest.Run(m =>
        Assert.That(Assert.Throws<ArgumentException>(() => m.UiThread("^--!", "--^-!"))!.Message, Does.Contain("begins before the one before it has ended")));
}
