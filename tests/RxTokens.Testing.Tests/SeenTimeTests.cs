using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>What a marble test waits in real time: a process that stands still in between (a busy machine, a debugger) does not use its patience up.</summary>
public class SeenTimeTests
{
    [Test]
    public void WhatNobodyWasThereToSee_CountsAsOneShortLook()
    {
        var waited = SeenTime.Start();
        Thread.Sleep(200);
        Assert.That(waited.Look(), Is.EqualTo(TimeSpan.FromMilliseconds(20)));
        Thread.Sleep(200);
        Assert.That(waited.Look(), Is.EqualTo(TimeSpan.FromMilliseconds(40)));
    }

    [Test]
    public void WhoeverLooksOften_SeesItAll()
    {
        var start = TimeProvider.System.GetTimestamp();
        var waited = SeenTime.Start();
        TimeSpan seen;
        while ((seen = waited.Look()) < TimeSpan.FromMilliseconds(50))
            Thread.Yield();
        Assert.That(TimeProvider.System.GetElapsedTime(start), Is.GreaterThanOrEqualTo(seen));
    }
}
