using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Reactive.Concurrency;
using System.Runtime.CompilerServices;

namespace RxTokens;

public static partial class TokenStream
{
    /// <summary>Asks a second source too if the first one is late; who answers first stays, and the other is cancelled.</summary>
    /// <remarks>
    /// <code>
    /// source 1  -------a|
    /// source 2      -b--c|    // it is enumerated at 4
    /// result    -----b--c|    // Hedge(4 ms, source 2, scheduler)
    /// </code>
    /// <para><b>When:</b> the second source is begun when the first has not answered for <paramref name="delay"/> from the first request, or at once when it fails
    /// before its first item. An item is an answer, and so is an end without one. Of two that come in one instant, the one that lands first stays; of two that
    /// have landed, the first source's.</para>
    /// <para><b>Demand:</b> of each source that is begun the first item is read; then what is asked for, of the one that stays.</para>
    /// <para><b>Errors:</b> a failure before the first item counts only when both have failed: an <see cref="AggregateException"/> in the order of the sources. After
    /// it, the failure of the one that stays arrives as it is. What the clean-up of the other fails with, its cancelled read included where that is no
    /// <see cref="OperationCanceledException"/>, goes to <see cref="TaskScheduler.UnobservedTaskException"/>: it is no business of the answer.</para>
    /// <para><b>Disposal:</b> the one that has lost is cancelled, awaited and disposed beside the answer; the end waits for both. An item that it
    /// still brings is dropped, and counted by <c>rxtokens.items.dropped</c>. Cancelling and leaving end both. Else as <see cref="Through"/>.</para>
    /// <para><b>Threading:</b> the second source is begun on <paramref name="scheduler"/>, or where the first one failed; a consumer that waits
    /// resumes where the item arrived.</para>
    /// <code>
    /// // Conceptually (but that the one that has lost is disposed beside the answer):
    /// public static async IAsyncEnumerable&lt;T> Hedge&lt;T>(
    ///     this IAsyncEnumerable&lt;T> source, TimeSpan delay, IAsyncEnumerable&lt;T> second, IScheduler scheduler)
    /// {
    ///     using CancellationTokenSource stopOne = new(), stopOther = new();
    ///     var answers = new List&lt;Task&lt;(IAsyncEnumerator&lt;T> From, bool HasItem, Exception? Failure)>> { FirstAsync(source, stopOne.Token) };
    ///     try
    ///     {
    ///         await Task.WhenAny(answers[0], Observable.Timer(delay, scheduler).ToTask());
    ///         if (!answers[0].IsCompleted || answers[0].Result.Failure is not null)
    ///             answers.Add(FirstAsync(second, stopOther.Token));
    ///
    ///         var answer = await await Task.WhenAny(answers);
    ///         if (answer.Failure is not null)
    ///         {
    ///             var failures = from a in await Task.WhenAll(answers) where a.Failure is not null select a.Failure;
    ///             answer = answers.Find(a => a.Result.Failure is null) is { } good ? good.Result : throw new AggregateException(failures);
    ///         }
    ///
    ///         (answers[0] is { IsCompleted: true, Result.Failure: null } ? stopOther : stopOne).Cancel();
    ///         for (var hasItem = answer.HasItem; hasItem; hasItem = await answer.From.MoveNextAsync())
    ///             yield return answer.From.Current;
    ///     }
    ///     finally
    ///     {
    ///         foreach (var answer in answers)
    ///             await (await answer).From.DisposeAsync();
    ///     }
    ///
    ///     static async Task&lt;(IAsyncEnumerator&lt;T> From, bool HasItem, Exception? Failure)> FirstAsync(IAsyncEnumerable&lt;T> source, CancellationToken stop)
    ///     {
    ///         var from = source.GetAsyncEnumerator(stop);
    ///         try
    ///         {
    ///             return (from, await from.MoveNextAsync(), null);
    ///         }
    ///         catch (Exception failure)
    ///         {
    ///             return (from, false, failure);
    ///         }
    ///     }
    /// }
    /// </code>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <param name="source">The first source.</param>
    /// <param name="delay">How long to wait for its answer; zero to ask both at once, <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> to ask the second only when the first fails.</param>
    /// <param name="second">The second source.</param>
    /// <param name="scheduler">The clock.</param>
    /// <returns>A pull stream; each enumeration reads each source once at the most.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/>, <paramref name="second"/> or <paramref name="scheduler"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="delay"/> is negative, and not infinite.</exception>
    public static IAsyncEnumerable<TSource> Hedge<TSource>(this IAsyncEnumerable<TSource> source, TimeSpan delay, IAsyncEnumerable<TSource> second, IScheduler scheduler)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(second);
        ArgumentNullException.ThrowIfNull(scheduler);
        if (delay != System.Threading.Timeout.InfiniteTimeSpan)
            ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);

        return new HedgeStream<TSource>(source, second, delay, scheduler);
    }

    /// <summary>Asks a second source too if the first one is late; who answers first stays, and the other is cancelled.</summary>
    /// <remarks>
    /// <code>
    /// source 1  -------a|
    /// source 2      -b--c|    // it is enumerated at 4
    /// result    -----b--c|    // Hedge(4 ms, source 2, timeProvider)
    /// </code>
    /// <para><b>When</b> and all else as by <see cref="Hedge{TSource}(IAsyncEnumerable{TSource}, TimeSpan, IAsyncEnumerable{TSource}, IScheduler)"/>, on
    /// <paramref name="timeProvider"/>'s timers.</para>
    /// <para><b>Demand:</b> of each source that is begun the first item is read; then what is asked for, of the one that stays.</para>
    /// <para><b>Errors:</b> a failure before the first item counts only when both have failed: an <see cref="AggregateException"/> in the order of the sources.</para>
    /// <para><b>Disposal:</b> the one that has lost is cancelled, awaited and disposed beside the answer; the end waits for both.</para>
    /// <para><b>Threading:</b> the second source is begun where <paramref name="timeProvider"/> calls its timers back, or where the first one failed.</para>
    /// <code>
    /// // Conceptually:
    /// public static IAsyncEnumerable&lt;T> Hedge&lt;T>(
    ///     this IAsyncEnumerable&lt;T> source, TimeSpan delay, IAsyncEnumerable&lt;T> second, TimeProvider timeProvider) =>
    ///     source.Hedge(delay, second, timeProvider.AsScheduler());
    /// </code>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <param name="source">The first source.</param>
    /// <param name="delay">How long to wait for its answer; zero to ask both at once, <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> to ask the second only when the first fails.</param>
    /// <param name="second">The second source.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <returns>A pull stream; each enumeration reads each source once at the most.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/>, <paramref name="second"/> or <paramref name="timeProvider"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="delay"/> is negative, and not infinite.</exception>
    public static IAsyncEnumerable<TSource> Hedge<TSource>(this IAsyncEnumerable<TSource> source, TimeSpan delay, IAsyncEnumerable<TSource> second, TimeProvider timeProvider)
    {
        ArgumentNullException.ThrowIfNull(timeProvider);

        return source.Hedge(delay, second, timeProvider.AsScheduler());
    }
}

[DebuggerDisplay("Hedge({_delay})")]
internal sealed class HedgeStream<T>(IAsyncEnumerable<T> first, IAsyncEnumerable<T> second, TimeSpan delay, IScheduler scheduler) : OutletStream<T>
{
    private readonly TimeSpan _delay = delay;

    public override IOutlet<T> Start(CancellationToken cancellationToken) => new HedgeOutlet<T>(first, second, _delay, scheduler, cancellationToken);
}

/// <summary>Has two sources, each under a stage of its own, which keeps the rules for it; the outlet itself reads none.</summary>
/// <remarks>
/// <code>
/// field              written by                   read by       ordered by
/// _first, _second    constructor                  everyone      readonly; what is in them says so itself
/// all others         the runner                   the runner    the turn
/// </code>
/// </remarks>
internal sealed class HedgeOutlet<T> : Outlet<T, T>
{
    private readonly TimeSpan _delay;
    private readonly IScheduler _scheduler;
    private readonly Contestant _first;
    private readonly Contestant _second;
    private Contestant? _winner;
    private Alarm? _delayed;

    public HedgeOutlet(IAsyncEnumerable<T> first, IAsyncEnumerable<T> second, TimeSpan delay, IScheduler scheduler, CancellationToken cancellationToken)
        : base(source: null, cancellationToken)
    {
        _delay = delay;
        _scheduler = scheduler;
        _first = new Contestant(this, first);
        _second = new Contestant(this, second);
        _first.Enumerate();
    }

    protected override bool IsPushedTo => false;

    protected override bool IsComplete => _first.IsGone && _second.IsGone;

    protected override void OnStart()
    {
        Read(_first);
        if (!IsOpen || _winner is not null || _second.HasBegun || Alarm.IsNever(_delay))
            return;

        if (_delay == TimeSpan.Zero)
        {
            BeginSecond();
            return;
        }

        _delayed = new Alarm(this, _scheduler, _delay);
        _delayed.Start();
    }

    protected override void OnAsked()
    {
        if (_winner is not null && IsOpen)
            Read(_winner);
    }

    protected override void OnNews(Note notes)
    {
        Look(_first);
        Look(_second);
        Bury(_first);
        Bury(_second);
        if (_delayed is { HasRung: true } && IsOpen)
            BeginSecond();
    }

    private void BeginSecond()
    {
        Disarm(ref _delayed);
        LookAtNotes(); // nothing is begun for who has left from inside that
        if (!IsOpen || _winner is not null || _second.HasBegun)
            return;

        _second.Enumerate(); // not before: it may join others, and hold them back
        LookAtNotes(); // who has cancelled meanwhile did not find it; and the first may have answered, or failed
        if (IsOpen && _winner is null)
            Read(_second);
    }

    private void Read(Contestant contestant)
    {
        contestant.Read();
        LookAtNotes(); // from inside its code somebody may have left
        Look(contestant);
    }

    /// <summary>Sees to what its read has brought, if that has landed.</summary>
    private void Look(Contestant contestant)
    {
        if (!contestant.TryLand(out var hasItem, out var failure))
            return;

        if (!IsOpen || HasLost(contestant))
            Drop(contestant, hasItem, failure);
        else if (_winner is null && failure is not null)
            OnFailed(contestant, failure);
        else
            OnAnswer(contestant, hasItem, failure);
    }

    private bool HasLost(Contestant contestant) => _winner is not null && contestant != _winner;

    private void Drop(Contestant contestant, bool hasItem, Exception? failure)
    {
        if (hasItem)
            Metrics.Dropped.Add(1);
        // What a read that was given up fails with is what was asked of it, or belongs to the clean-up.
        if (failure is not null and not OperationCanceledException)
            OnFailedCleanUp(contestant, failure);
    }

    private void OnFailedCleanUp(Contestant contestant, Exception failure)
    {
        if (HasLost(contestant))
            Unobserved.Report(failure);
        else
            FailedToCleanUp(failure);
    }

    private void OnAnswer(Contestant contestant, bool hasItem, Exception? failure)
    {
        if (_winner is null)
        {
            _winner = contestant;
            Disarm(ref _delayed);
            Leave(contestant == _first ? _second : _first);
            LookAtNotes();
        }

        if (!IsOpen)
            Drop(contestant, hasItem, failure);
        else if (hasItem)
            Serve(contestant.Current);
        else if (failure is not null)
            Fail(failure);
        else
            Close();
    }

    private void OnFailed(Contestant contestant, Exception failure)
    {
        contestant.Failure = failure;
        Leave(contestant);
        if (_first.Failure is not null && _second.Failure is not null)
            Fail(Both(_first.Failure, _second.Failure));
        else if (contestant == _first)
            BeginSecond();
    }

    private static Exception Both(Exception first, Exception second) =>
        ReferenceEquals(first, second) ? first : new AggregateException("Both sources failed before their first item.", first, second);

    private void Leave(Contestant contestant)
    {
        contestant.Leave();
        Look(contestant); // what has landed already, and nobody gets
        Bury(contestant);
    }

    /// <summary>Sees to how its disposal has ended, if it has.</summary>
    private void Bury(Contestant contestant)
    {
        if (contestant.TryBury(out var failure) && failure is not null)
            OnFailedCleanUp(contestant, failure);
    }

    protected override bool TryTake([MaybeNullWhen(false)] out T item)
    {
        item = default;
        return false;
    }

    protected override void Discard()
    {
    }

    protected override bool MayRead() => false;

    protected override bool OnItem(T item) => false;

    protected override void OnClosed() => Disarm(ref _delayed);

    protected override void OnEnd()
    {
        Leave(_first);
        Leave(_second);
    }

    protected override void CancelSource()
    {
        _first.Cancel();
        _second.Cancel();
    }

    /// <summary>One of the two sources.</summary>
    /// <remarks>
    /// <code>
    /// field               written by                  read by       ordered by
    /// _enumerator         the runner, once            everyone      a fence, before the notes are looked at; an outlet is safe
    /// _hasLanded          the runner until it reads,  the runner    volatile, before its note News
    ///                     then the read
    /// _hasGone            the disposal                the runner    the same
    /// all others          the runner                  the runner    the turn
    /// </code>
    /// </remarks>
    private sealed class Contestant(HedgeOutlet<T> outlet, IAsyncEnumerable<T> source)
    {
        private IAsyncEnumerable<T>? _source = source; // until it is enumerated, which is when it is needed
        private IOutlet<T>? _enumerator;
        private ConfiguredValueTaskAwaitable<bool>.ConfiguredValueTaskAwaiter _read;
        private ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter _disposal;
        private volatile bool _hasLanded;
        private volatile bool _hasGone;
        private bool _isReading;
        private bool _isLeft;

        /// <summary>Whether it is enumerated, read or not: it is begun once.</summary>
        public bool HasBegun { get; private set; }

        /// <summary>What it has failed with, before its first item.</summary>
        public Exception? Failure { get; set; }

        public bool IsGone { get; private set; }

        public T Current => _enumerator!.Current;

        public void Cancel()
        {
            if (Volatile.Read(ref _enumerator) is { } enumerator)
                Unobserved.Cancel(enumerator, static e => e.Cancel());
        }

        public void Enumerate()
        {
            var stream = OutletStream<T>.Of(_source!) ?? new TakeUntilStream<T>(_source!, CancellationToken.None);
            _source = null;
            HasBegun = true;
            Volatile.Write(ref _enumerator, stream.Start(CancellationToken.None));
            Interlocked.MemoryBarrier();
        }

        public void Read()
        {
            _isReading = true;
            _hasLanded = false;
            _read = _enumerator!.MoveNextAsync().ConfigureAwait(false).GetAwaiter();
            if (_read.IsCompleted)
                _hasLanded = true;
            else
                _enumerator.OnCompleted(static contestant => ((Contestant)contestant!).OnLanded(), this);
        }

        private void OnLanded()
        {
            _hasLanded = true;
            outlet.Post(Note.News);
        }

        public bool TryLand(out bool hasItem, out Exception? failure)
        {
            (hasItem, failure) = (false, null);
            if (!_isReading || !_hasLanded)
                return false;

            _isReading = false;
            try
            {
                hasItem = _read.GetResult();
            }
            catch (Exception thrown)
            {
                failure = thrown;
            }

            return true;
        }

        /// <summary>Disposes it, once. A read that is under way is cancelled, and awaited.</summary>
        public void Leave()
        {
            if (_isLeft)
                return;

            _isLeft = true;
            _source = null;
            if (_enumerator is null)
            {
                _hasGone = true;
                return;
            }

            _disposal = _enumerator.DisposeAsync().ConfigureAwait(false).GetAwaiter();
            if (_disposal.IsCompleted)
                _hasGone = true;
            else
                _disposal.OnCompleted(OnGone);
        }

        private void OnGone()
        {
            _hasGone = true;
            outlet.PostFromTask(Note.News);
        }

        public bool TryBury(out Exception? failure)
        {
            failure = null;
            if (IsGone || !_hasGone)
                return false;

            IsGone = true;
            try
            {
                _disposal.GetResult();
            }
            catch (Exception thrown)
            {
                failure = thrown;
            }

            return true;
        }
    }
}
