using System.Reactive.Disposables;
using System.Runtime.InteropServices;

namespace RxTokens;

/// <summary>A push source of a boundary: the subscription to it, and whether it speaks.</summary>
/// <remarks>
/// <code>
/// field             written by                       read by           ordered by
/// _subscription     the runner                       who interrupts    itself: Rx's own, so it may be disposed before it is there
/// _isSpeaking       the push source                  the push source   interlocked: who finds it set speaks at the same time as another
/// </code>
/// </remarks>
internal sealed class PushSource<T>(IObservable<T> source)
{
    private readonly SingleAssignmentDisposable _subscription = new();
    private AloneInItsLine _isSpeaking;

    public void Subscribe(IObserver<T> observer) => _subscription.Disposable = source.Subscribe(observer);

    public void Unsubscribe() => _subscription.Dispose();

    /// <summary>False: another call of OnNext has not returned, which Rx forbids.</summary>
    public bool TryBeginToSpeak() => Interlocked.Exchange(ref _isSpeaking.Value, 1) == 0;

    public void EndToSpeak() => Volatile.Write(ref _isSpeaking.Value, 0);
}

/// <summary>A flag that the source sets for each item, on a cache line that the consumer does not touch.</summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
internal struct AloneInItsLine
{
    [FieldOffset(64)]
    public int Value;
}
