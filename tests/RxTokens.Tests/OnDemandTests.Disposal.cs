using System.Reactive.Linq;
using System.Reactive.Subjects;
using NUnit.Framework;

namespace RxTokens.Tests;

public partial class OnDemandTests
{
    // Disposal

    [Test] // 3.5, 3.12, 1.8, 2.8: cancelling returns at once, the signals stop, the source is released
    public void Dispose_StopsTheSignalsAndReleasesTheSource() => MarbleTest.Run(m =>
    {
        var source = m.Pull("a--b--c|");
        m.Expect(requests => source.OnDemand(DemandOf(requests)), demand: "{10}---!").ToBe("a--b");
        m.ExpectPulls(source).ToBe("[^2]--1[x!]");
    });

    [Test] // 3.6, 3.7: after cancelling, requests and further cancels do nothing
    public void AfterDispose_RequestsAndDisposeDoNothing()
    {
        var source = Pull("ab|");
        var subscription = Subscribe(source);
        subscription.Dispose();
        subscription.Dispose();
        _demand.Request(3);
        _clock.Start();

        Assert.That(Received, Is.Empty);
        Assert.That(source.Enumerations, Is.Empty);
    }

    [Test] // 3.5: from inside OnNext
    public void Dispose_FromInsideOnNext_IsTheLastSignal()
    {
        var source = new ReadySource<string>(i => i.ToString());
        IDisposable? subscription = null;
        _recorder.OnItem = _ => subscription!.Dispose();
        subscription = Subscribe(source);
        _demand.Request(100);

        Assert.That(Received, Is.EqualTo("0:0"));
        Assert.That((source.Reads, source.Disposals), Is.EqualTo((1, 1)));
    }

    [Test]
    public void ADisposalThatFails_AfterTheSubscriberHasLeft_IsAnUnobservedTaskException()
    {
        Exception? unobserved = null;
        void Observe(object? sender, UnobservedTaskExceptionEventArgs e)
        {
            if (e.Exception.InnerException != Marbles.Failure)
                return;
            unobserved = e.Exception.InnerException;
            e.SetObserved();
        }

        TaskScheduler.UnobservedTaskException += Observe;
        try
        {
            LeaveASourceWhoseDisposalFails();
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= Observe;
        }

        Assert.That(unobserved, Is.SameAs(Marbles.Failure));

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        void LeaveASourceWhoseDisposalFails()
        {
            var source = new PullProbe<string>(_clock, Marbles.Of("a")) { DisposalFailure = Marbles.Failure };
            var subscription = Subscribe(source);
            _demand.Request(1);
            subscription.Dispose();
            Assert.That(source.Disposals, Has.Count.EqualTo(1));
        }
    }

    [Test]
    public void ASourceThatThrowsOnCancellation_DoesNotThrowIntoDispose()
    {
        var source = new ReadySource<string>(i => i.ToString());
        var throwing = new RawPull<string>(token =>
        {
            token.Register(() => throw Marbles.Failure);
            return source.GetAsyncEnumerator(token);
        });
        var subscription = Subscribe(throwing);
        _demand.Request(1);

        Assert.That(subscription.Dispose, Throws.Nothing);
        Assert.That(source.Disposals, Is.EqualTo(1));
    }
}
