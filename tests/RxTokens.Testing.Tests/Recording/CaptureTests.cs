using System.Runtime.CompilerServices;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>CaptureAsync reads a stream to its end at full speed, in virtual time and, once, in real time.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class CaptureTests
{
    private readonly VirtualClock _clock = new();

    [Test]
    public void Arguments_AreChecked()
    {
        Assert.That(() => StreamRecording.CaptureAsync<string>(null!, TimeProvider.System), Throws.ArgumentNullException);
        Assert.That(() => StreamRecording.CaptureAsync(_clock.Pull("a"), null!), Throws.ArgumentNullException);
        Assert.That(
            () => StreamRecording.CaptureAsync(_clock.Pull("a"), TimeProvider.System, maxItems: 0),
            Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ActualValue").EqualTo(0));
    }

    [TestCase("-a--(bc)|")]
    [TestCase("-a--#")]
    [TestCase("|")]
    public void WhatTheSourceDelivers_IsCaptured(string diagram)
    {
        var source = _clock.Pull(diagram);
        source.DisposalFrames = 7;

        var recording = Run(StreamRecording.CaptureAsync(source, _clock.AsTimeProvider(), "answer"));

        Assert.That(recording.Marbles.Select(m => m.ToString()), Is.EqualTo(Marble.Parse(diagram).Select(m => m.ToString())));
        Assert.That(recording.Name, Is.EqualTo("answer"));
        Assert.That((source.Disposals.Count, source.Violations.Count), Is.EqualTo((1, 0)));
    }

    [Test]
    public void AFailureOfTheDisposal_IsTheEnding()
    {
        var source = _clock.Pull("a|");
        source.DisposalFailure = new IOException("no");

        var recording = Run(StreamRecording.CaptureAsync(source, _clock.AsTimeProvider()));

        Assert.That(recording.Marbles[^1].Notification.Exception, Is.SameAs(source.DisposalFailure));
    }

    [Test]
    public void MoreItemsThanAllowed_FailTheCapture()
    {
        var source = _clock.Pull("abc|");

        Assert.That(
            () => Run(StreamRecording.CaptureAsync(source, _clock.AsTimeProvider(), maxItems: 2)),
            Throws.TypeOf<BackpressureException>().With.Property("Bound").EqualTo(2).And.Message.Contains("more than 2 items"));
        Assert.That(source.Disposals, Has.Count.EqualTo(1));

        Assert.That(Run(StreamRecording.CaptureAsync(_clock.Pull("abc|"), _clock.AsTimeProvider(), maxItems: 3)).HasEnding);
    }

    [Test]
    public void Cancelling_EndsTheCapture()
    {
        using var cancellation = new CancellationTokenSource();
        var source = _clock.Pull("a---b|");
        var capturing = StreamRecording.CaptureAsync(source, _clock.AsTimeProvider(), cancellationToken: cancellation.Token);
        _clock.At(2, cancellation.Cancel);
        _clock.AdvanceToFrame(9);

        Assert.That(capturing.IsCanceled);
        Assert.That(source.Disposals, Is.EqualTo(new[] { 2 }));
    }

    [Test]
    public async Task RealTime_IsMeasured()
    {
        var recording = await StreamRecording.CaptureAsync(Slowly(TimeSpan.FromMilliseconds(30)), TimeProvider.System).WaitAsync(TimeSpan.FromSeconds(20));

        Assert.That(recording.Items, Is.EqualTo(new[] { "a", "b" }));
        Assert.That(recording.HasEnding);
        // A timer may ring a little early by another clock.
        Assert.That(recording.Marbles[0].Time, Is.GreaterThan(TimeSpan.FromMilliseconds(15)).And.LessThan(TimeSpan.FromSeconds(20)));
        Assert.That(recording.Marbles[1].Time - recording.Marbles[0].Time, Is.GreaterThan(TimeSpan.FromMilliseconds(15)));
    }

    private T Run<T>(Task<T> task)
    {
        _clock.AdvanceBy(TimeSpan.FromMilliseconds(100));
        Assert.That(task.IsCompleted);
        return task.GetAwaiter().GetResult();
    }

    private static async IAsyncEnumerable<string> Slowly(TimeSpan pause, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var item in (string[])["a", "b"])
        {
            await Task.Delay(pause, TimeProvider.System, cancellationToken);
            yield return item;
        }
    }
}
