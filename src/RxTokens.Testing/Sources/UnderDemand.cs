using System.Reactive.Disposables;

namespace RxTokens;

/// <summary>What a source of a test does with an item that nobody has asked for.</summary>
public enum DemandPolicy
{
    /// <summary>Keeps it until somebody asks: the times of what follows stay as they are.</summary>
    Hold,

    /// <summary>Drops it.</summary>
    Drop,

    /// <summary>Fails with a <see cref="BackpressureException"/>.</summary>
    Fail,

    /// <summary>Says it all the same: a source that breaks the rule.</summary>
    Ignore,
}

/// <summary>Puts the push sources of a test under demand.</summary>
public static class DemandExtensions
{
    /// <summary>Lets the items of a push source through as they are asked for.</summary>
    /// <remarks>
    /// <code>
    /// source    -a--b--c--d--|
    /// requests  2-------1---*
    /// Hold      -a--b---c---d|
    /// Drop      -a--b-----d--|
    /// Fail      -a--b--#
    /// </code>
    /// <para>An ending needs no request; it follows the last item that is held. What is held has no bound: it is for tests.</para>
    /// </remarks>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="source">The source, subscribed after the requests.</param>
    /// <param name="requests">How much is asked for; requests add up. The end of the requests ends nothing.</param>
    /// <param name="policy">What becomes of an item that nobody has asked for.</param>
    /// <returns>The items.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="policy"/> is none of the four; or, as a failure of the stream, a request is not positive.</exception>
    public static IObservable<T> UnderDemand<T>(this IObservable<T> source, IObservable<long> requests, DemandPolicy policy = DemandPolicy.Hold)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(requests);
        if (!Enum.IsDefined(policy))
            throw new ArgumentOutOfRangeException(nameof(policy), policy, "This is no policy.");

        return new UnderDemand<T>(source, requests, policy);
    }
}

internal sealed class UnderDemand<T>(IObservable<T> source, IObservable<long> requests, DemandPolicy policy) : IObservable<T>
{
    public IDisposable Subscribe(IObserver<T> observer) => new Ledger(observer, policy).Run(source, requests);

    private sealed class Ledger(IObserver<T> observer, DemandPolicy policy) : IObserver<T>
    {
        private readonly CompositeDisposable _subscriptions = [];
        private readonly Queue<T> _held = [];
        private long _credit;
        private Action? _ending;
        private bool _hasEnded;
        private bool _isDraining;

        public IDisposable Run(IObservable<T> source, IObservable<long> requests)
        {
            _subscriptions.Add(requests.Subscribe(Ask, error => End(() => observer.OnError(error))));
            _subscriptions.Add(source.Subscribe(this));
            return _subscriptions;
        }

        public void OnNext(T value)
        {
            if (policy == DemandPolicy.Hold)
            {
                _held.Enqueue(value);
                Drain();
            }
            else if (_credit > 0 || policy == DemandPolicy.Ignore)
            {
                Spend();
                observer.OnNext(value);
            }
            else if (policy == DemandPolicy.Fail)
            {
                End(() => observer.OnError(new BackpressureException($"An item came that nobody had asked for: {ValueText.Of(value)}.", 0)));
            }
        }

        private void Ask(long value)
        {
            if (value <= 0)
            {
                End(() => observer.OnError(new ArgumentOutOfRangeException(nameof(requests), value, "A request must be positive (Reactive Streams 3.9).")));
                return;
            }

            _credit = Amount.Sum(_credit, value);
            Drain();
        }

        public void OnError(Exception error) => EndAfterHeld(() => observer.OnError(error));

        public void OnCompleted() => EndAfterHeld(observer.OnCompleted);

        private void Drain()
        {
            // A request from inside OnNext is for the loop that is in it.
            if (_isDraining)
                return;

            _isDraining = true;
            while (_credit > 0 && !_hasEnded && _held.TryDequeue(out var value))
            {
                Spend();
                observer.OnNext(value);
            }

            _isDraining = false;

            if (_held.Count == 0 && _ending is { } ending)
                End(ending);
        }

        private void Spend()
        {
            if (_credit is > 0 and < long.MaxValue)
                _credit--;
        }

        private void EndAfterHeld(Action ending)
        {
            _ending = ending;
            Drain();
        }

        private void End(Action ending)
        {
            if (_hasEnded)
                return;

            _hasEnded = true;
            _held.Clear();
            _subscriptions.Dispose();
            ending();
        }
    }
}
