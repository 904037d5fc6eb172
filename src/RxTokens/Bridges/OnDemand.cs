using System.Reactive;
using System.Reactive.Concurrency;
using System.Reactive.Disposables;

namespace RxTokens;

public static partial class TokenStream
{
    /// <summary>Pushes the items of a pull source as far as they are requested, and reads no further.</summary>
    /// <remarks>
    /// <code>
    /// source    -   a--b--c--d--|
    /// requests  2   -------1---*
    /// pulls     [^1]1------1---2!    // c is there at 7, and read at 8, when it is asked for
    /// result    -   a--b---c---d|    // OnDemand(requests)
    /// </code>
    /// <para><b>Demand:</b> requests add up and saturate at <see cref="long.MaxValue"/> = no limit (Reactive Streams 3.8, 3.17); the
    /// source is read only while some are left (1.1), read-ahead 0. Each subscription has a ledger of its own and reads the source
    /// anew. Where the source ends is found out by reading: completion needs one request more than there are items, unless the source
    /// ends early or <paramref name="requests"/> completes.</para>
    /// <para><b>Ending:</b> completes with the source; or, once <paramref name="requests"/> has completed, with the last item that was
    /// requested. A request below 1 ends it with <see cref="ArgumentOutOfRangeException"/> (3.9); a failure of
    /// <paramref name="requests"/>, of the source or of its clean-up ends it with that failure (1.4). Nothing follows the ending (1.7).</para>
    /// <para><b>Disposal:</b> cancels the source's token at once; the source is disposed, once, as soon as a pending read has returned
    /// (3.5-3.7, 3.12). Where the stream ends by itself the source is disposed before the ending arrives. If cleaning up after an
    /// unsubscribe fails, nobody is left to be told: the failure goes to <see cref="TaskScheduler.UnobservedTaskException"/>.
    /// If an observer's <c>OnNext</c> throws, the source is disposed first, then the exception surfaces on the thread that called it
    /// or, where the disposal takes time, on the one that completes that.</para>
    /// <para><b>Threading:</b> <c>OnNext</c> is called one at a time (1.3), on the thread that completes the read or, for items that are
    /// ready, that makes the request; requests from inside <c>OnNext</c> do not recurse (3.3).</para>
    /// </remarks>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="source">The pull source.</param>
    /// <param name="requests">How many items more, each time: usually a <see cref="Demand"/>.</param>
    /// <returns>A cold push stream.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static IObservable<T> OnDemand<T>(this IAsyncEnumerable<T> source, IObservable<long> requests)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(requests);

        return new OnDemandObservable<T>(source, requests);
    }
}

internal sealed class OnDemandObservable<T>(IAsyncEnumerable<T> source, IObservable<long>? requests) : IObservable<T>
{
    public IDisposable Subscribe(IObserver<T> observer)
    {
        ArgumentNullException.ThrowIfNull(observer); // Reactive Streams 1.9

        var subscription = new Subscription(source, requests, observer);
        // The first item must not arrive before the subscriber has its disposable, or a Take could not stop a source
        // that completes synchronously: this is what Rx's trampoline is for.
        CurrentThreadScheduler.Instance.Schedule(subscription, static (trampoline, s) => s.Begin(trampoline));
        return subscription;
    }

    private sealed class Subscription : Pump<T>, IObserver<long>, ICreditLedger, IDisposable
    {
        private const int MaxTurn = 1024;
        private static readonly IObserver<T> Nobody = Observer.Create<T>(static _ => { }, static _ => { });

        private readonly IObservable<long>? _requests;
        private IObserver<T> _observer;
        private readonly SingleAssignmentDisposable _requesting = new();

        private Credit _credit;
        private long _creditSeen; // belongs to the thread inside the pump, as the next two do
        private long _requested; // that, and what was requested from inside OnNext
        private long _delivered;
        private volatile bool _requestsEnded;
        private volatile bool _disposed;
        private Exception? _failure;

        private int _turn = 1;

        public Subscription(IAsyncEnumerable<T> source, IObservable<long>? requests, IObserver<T> observer)
            : base(source)
        {
            _requests = requests;
            _observer = observer;
            if (requests is null)
                _credit.TryAdd(long.MaxValue);
        }

        public IDisposable Begin(IScheduler trampoline)
        {
            if (_requests is not null && !_disposed)
            {
                try
                {
                    _requesting.Disposable = _requests.Subscribe(this);
                }
                catch (Exception failure)
                {
                    End(failure);
                }
            }

            return TakeTurn(trampoline);
        }

        /// <summary>
        /// Reads on, but gives way from time to time to what the observers have scheduled on the trampoline (the inner
        /// sequences of a SelectMany, say), which an endless synchronous source would starve. Turns grow, so that giving
        /// way costs nothing to speak of.
        /// </summary>
        private IDisposable TakeTurn(IScheduler trampoline)
        {
            var items = _turn;
            _turn = Math.Min(_turn * 2, MaxTurn);
            return Wake(items)
                ? trampoline.Schedule(this, static (trampoline, s) => s.TakeTurn(trampoline))
                : Disposable.Empty;
        }

        protected override bool MayPull()
        {
            if (_delivered < _requested)
                return true;

            // Read in this order: what was requested before the requests ended is seen.
            var requestsEnded = _requestsEnded;
            Look(_credit.Amount);
            if (_delivered < _requested)
                return true;

            if (requestsEnded)
                Stop();
            return false;
        }

        private void Look(long credit)
        {
            _requested = Credit.Sum(_requested, credit - _creditSeen);
            _creditSeen = credit;
        }

        protected override bool OnItem(T item)
        {
            _delivered++;
            try
            {
                _observer.OnNext(item);
            }
            catch
            {
                // The throw takes the place of OnEnd.
                LetGoOfRequests();
                throw;
            }

            return MayPull();
        }

        protected override void OnEnd(Ending ending)
        {
            LetGoOfRequests();

            if (_disposed)
            {
                Unobserved.Report(ending.CleanupFailure);
                return;
            }

            _disposed = true;
            var observer = _observer;
            _observer = Nobody;
            if (Ending.Combine(_failure, ending.Error) is { } error)
                observer.OnError(error);
            else
                observer.OnCompleted();
        }

        public void Dispose()
        {
            _disposed = true;
            _observer = Nobody; // 3.13: whoever keeps the subscription does not keep the observer
            _requesting.Dispose();
            Stop();
        }

        void IObserver<long>.OnNext(long count) => TryRequest(count);

        public bool TryRequest(long count)
        {
            if (count <= 0)
            {
                End(new ArgumentOutOfRangeException(
                    nameof(count), count, "A stream was asked for a number of items that is not positive (Reactive Streams 3.9)."));
                return true;
            }

            // From inside OnNext nobody else can be there to add.
            if (TryWakeFromInside())
            {
                _requested = Credit.Sum(_requested, count);
                return !_credit.IsClosed;
            }

            if (!_credit.TryAdd(count))
                return false;
            Wake();
            return true;
        }

        void IObserver<long>.OnError(Exception error) => End(error);

        void IObserver<long>.OnCompleted()
        {
            _requestsEnded = true;
            Wake();
        }

        private void End(Exception failure)
        {
            Interlocked.CompareExchange(ref _failure, failure, null);
            Stop();
        }

        /// <summary>Unsubscribes from the requests, and hands back those that were not used.</summary>
        private void LetGoOfRequests()
        {
            _requesting.Dispose();
            if (_credit.IsClosed)
                return;

            Look(_credit.Close());
            var unused = _requested == long.MaxValue ? _requested : _requested - _delivered;
            if (unused > 0)
                (_requests as Demand)?.TakeBack(this, unused);
        }
    }
}
