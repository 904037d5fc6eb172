using System.Reactive.Disposables;
using System.Runtime.CompilerServices;

namespace RxTokens.Stress;

/// <summary>A stream that ends while it connects leaves nothing behind in an application-wide token, which would keep it for as long as the application lives.</summary>
public sealed class RegistrationRaces
{
    [Test]
    public void AStreamThatEndsWhileItConnects_IsNotKeptByTheToken()
    {
        using var application = new CancellationTokenSource();
        var streams = new List<WeakReference>();
        ConnectAndEnd(application.Token, streams);
        for (var i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        // The last may still be in a register.
        Assert.That(streams.Count(s => s.IsAlive), Is.LessThanOrEqualTo(1), $"of {streams.Count} that have ended and were left");
        GC.KeepAlive(application);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ConnectAndEnd(CancellationToken token, List<WeakReference> streams) => Lockstep.Run(TimeSpan.FromSeconds(1), spins: 120, _ =>
    {
        var source = new Source();
        var reading = source.Buffered(1).GetAsyncEnumerator(token);
        streams.Add(new WeakReference(reading));
        Task<bool>? asked = null;
        return new Lockstep.Try(
            meeting =>
            {
                source.OnSubscribed = meeting.Now;
                asked = reading.MoveNextAsync().AsTask();
            },
            () => source.Observer!.OnCompleted(),
            () => asked!.IsCompleted,
            () =>
            {
                Assert.That(asked!.Result, Is.False);
                Assert.That(reading.DisposeAsync().IsCompletedSuccessfully, Is.True);
            });
    });

    private sealed class Source : IObservable<int>
    {
        public volatile IObserver<int>? Observer;

        public Action OnSubscribed { get; set; } = static () => { };

        public IDisposable Subscribe(IObserver<int> observer)
        {
            Observer = observer;
            OnSubscribed();
            return Disposable.Empty;
        }
    }
}
