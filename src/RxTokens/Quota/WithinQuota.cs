using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace RxTokens;

public static partial class TokenStream
{
    /// <summary>Charges each item to a user's token quota before it is delivered, and closes the stream, and its source, when that is used up.</summary>
    /// <remarks>
    /// <code>
    /// source  abcde|
    /// result  abc#    // WithinQuota(quota, "ann", _ => 1): Ann had 3 tokens left
    /// </code>
    /// <para><b>At the beginning</b> <paramref name="promptTokens"/> are charged, and one token at least is reserved. If there are not as many the source is never started,
    /// nothing is charged, and the stream fails with a <see cref="TokenQuotaExceededException"/>, also where there is a <paramref name="last"/>: a server can still
    /// answer <c>429</c>, with its <see cref="TokenQuotaExceededException.RetryAfter"/>.</para>
    /// <para><b>In the middle</b> an item that costs more than what is left is not delivered and not charged (it is counted by <c>rxtokens.items.dropped</c>); what
    /// is left stays. The source is cancelled and disposed, and then the stream ends with the item that <paramref name="last"/> makes, or, where that is null, with a
    /// <see cref="TokenQuotaExceededException"/>.</para>
    /// <para><b>What is charged</b> is what was read from the source, not what somebody saw: also an item that a read brings after its consumer has left, as
    /// far as the quota has enough for it. The function is called once for each.</para>
    /// <para><b>Reserving ahead:</b> with 0 each item is one call of the quota, which charges it, and nothing is held meanwhile. With more, as many tokens are taken out of the quota
    /// at once and spent without a call; they are charged with the next one, at the latest after a third of the lease. That is for a quota behind a network.
    /// Other streams of the user find less left meanwhile; and a process that dies is forgiven what it had spent since the last call, which is never more than that.</para>
    /// <para><b>Leases</b> of what is held are renewed by time, on the quota's own clock: neither a model that thinks nor a client that is full loses its reservation. If
    /// it ends all the same the next call fails, and so does the stream, with a <see cref="TokenReservationExpiredException"/>.</para>
    /// <para><b>Demand:</b> reads what is asked for, nothing ahead.</para>
    /// <para><b>Errors:</b> a cost that is negative fails the stream with an <see cref="ArgumentOutOfRangeException"/>. A throw of <paramref name="cost"/> or
    /// <paramref name="last"/>, and failures of the quota and of the source, arrive as they are. After a call that failed nothing more is settled: the lease gives back what was held.</para>
    /// <para><b>Disposal:</b> what was reserved and not used is given back at once, and that is awaited before the end is told, or the disposal returns. A stream that was abandoned without
    /// being disposed is settled when it has been collected, at the next renewal. Else as <see cref="Through"/>.</para>
    /// <para><b>Threading:</b> a consumer that waits resumes where its item or the quota's answer arrived.</para>
    /// <code>
    /// // Conceptually (nothing reserved ahead, no last item):
    /// public static async IAsyncEnumerable&lt;T> WithinQuota&lt;T>(
    ///     this IAsyncEnumerable&lt;T> source, ITokenQuota quota, string user, Func&lt;T, int> cost, int promptTokens)
    /// {
    ///     var mine = await quota.ReserveAsync(user, promptTokens, hold: 1);
    ///     if (mine.Exceeded is { } fromTheBeginning)
    ///         throw new TokenQuotaExceededException(fromTheBeginning);
    ///     try
    ///     {
    ///         await foreach (var item in source)
    ///         {
    ///             var answer = await quota.SettleAsync(mine, cost(item), hold: 0);
    ///             if (answer.Exceeded is { } exceeded)
    ///                 throw new TokenQuotaExceededException(exceeded);
    ///             mine = answer;
    ///             yield return item;
    ///         }
    ///     }
    ///     finally
    ///     {
    ///         await quota.SettleAsync(mine, charge: 0, hold: 0);
    ///     }
    /// }
    /// </code>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <param name="source">The pull source.</param>
    /// <param name="quota">The quota; shared by any number of streams.</param>
    /// <param name="user">Whose: a user, a key, a tenant.</param>
    /// <param name="cost">How many tokens an item costs; 0 or more.</param>
    /// <param name="promptTokens">What is charged at the beginning; 0 or more.</param>
    /// <param name="reserve">How many tokens are reserved ahead of what is read; 0 or more.</param>
    /// <param name="last">Makes the item that ends a stream whose quota is used up. It fails instead, if this is null.</param>
    /// <returns>A pull stream; each enumeration reads the source anew, and is charged.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/>, <paramref name="quota"/>, <paramref name="user"/> or <paramref name="cost"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="user"/> is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="promptTokens"/> or <paramref name="reserve"/> is negative.</exception>
    public static IAsyncEnumerable<TSource> WithinQuota<TSource>(
        this IAsyncEnumerable<TSource> source, ITokenQuota quota, string user, Func<TSource, int> cost, int promptTokens = 0, int reserve = 0, Func<QuotaExceeded, TSource>? last = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(quota);
        ArgumentException.ThrowIfNullOrEmpty(user);
        ArgumentNullException.ThrowIfNull(cost);
        ArgumentOutOfRangeException.ThrowIfNegative(promptTokens);
        ArgumentOutOfRangeException.ThrowIfNegative(reserve);

        return new QuotaStream<TSource>(source, new(quota, user, cost, promptTokens, reserve, last));
    }
}

internal sealed record QuotaTerms<T>(ITokenQuota Quota, string User, Func<T, int> Cost, int PromptTokens, int Reserve, Func<QuotaExceeded, T>? Last);

[DebuggerDisplay("WithinQuota({_terms.User})")]
internal sealed class QuotaStream<T>(IAsyncEnumerable<T> source, QuotaTerms<T> terms) : OutletStream<T>
{
    private readonly QuotaTerms<T> _terms = terms;

    public override IOutlet<T> Start(CancellationToken cancellationToken) => new QuotaOutlet<T>(source, _terms, cancellationToken);
}

/// <summary>Has at most one call of the quota under way. An item that has been read waits for it, and is then paid for.</summary>
/// <remarks>
/// <code>
/// field        written by                 read by       ordered by
/// _answer      who completes the call,    the runner    volatile, before its note News; one call at a time
///              once
/// all others   the runner                 the runner    the turn
/// </code>
/// <para>The purse and the renewal have their own tables.</para>
/// </remarks>
internal sealed class QuotaOutlet<T>(IAsyncEnumerable<T> source, QuotaTerms<T> terms, CancellationToken cancellationToken) : OneByOne<T>(source, cancellationToken)
{
    private enum Call : byte
    {
        None,
        Open,
        Charge,
        Renew,
        GiveBack,
    }

    private readonly Purse _purse = new(terms.Quota, terms.User, terms.Reserve);
    private LeaseRenewal? _renewal; // while something is held
    private volatile Task<TokenReservation>? _answer;
    private Call _call; // under way
    private bool _isAdmitted;
    private bool _hasItem; // read, and not paid for
    private T _item = default!;
    private int _price; // what of it is to be charged, whatever becomes of it
    private long _late; // to be charged of items that nobody gets
    private long _lateAsked; // with the call under way
    private bool _hasLast;
    private T _last = default!;

    protected override void OnStart() => Begin(Call.Open);

    protected override bool MayRead() => IsAsking && _isAdmitted && _call == Call.None && !_hasItem;

    protected override bool OnItem(T item)
    {
        (_hasItem, _item) = (true, item);
        try
        {
            _price = Price(item);
        }
        catch (Exception failure)
        {
            Fail(failure);
            return false;
        }

        if (_call == Call.None)
            Pay();
        return false;
    }

    private int Price(T item)
    {
        var cost = terms.Cost(item);
        ArgumentOutOfRangeException.ThrowIfNegative(cost);
        return cost;
    }

    private void Pay()
    {
        if (_purse.TryPay(_price))
            HandOut();
        else
            Begin(Call.Charge);
    }

    private void HandOut()
    {
        var item = _item;
        (_hasItem, _item, _price) = (false, default!, 0);
        Serve(item);
    }

    private void Begin(Call call)
    {
        _call = call;
        _lateAsked = call == Call.GiveBack ? _late : 0;
        ValueTask<TokenReservation> answer;
        try
        {
            answer = call switch
            {
                Call.Open => _purse.OpenAsync(terms.PromptTokens),
                Call.Charge => _purse.ChargeAsync(_price),
                Call.Renew => _purse.RenewAsync(),
                _ => _purse.GiveBackAsync(_late),
            };
        }
        catch (Exception failure)
        {
            answer = ValueTask.FromException<TokenReservation>(failure);
        }

        if (answer.IsCompleted)
            Finish(answer);
        else
            _ = answer.AsTask().ContinueWith(
                static (task, outlet) => ((QuotaOutlet<T>)outlet!).OnAnswer(task), this, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>The quota has answered, on whatever thread.</summary>
    private void OnAnswer(Task<TokenReservation> answer)
    {
        _answer = answer;
        PostFromTask(Note.News);
    }

    protected override void OnNews(Note notes)
    {
        if (_answer is { } answer)
        {
            _answer = null;
            Finish(new(answer));
        }

        // A call that is under way renews it, too.
        if (_renewal is not null && _renewal.TryTakeRing() && IsOpen && _call == Call.None && !_purse.IsEmpty)
            Begin(Call.Renew);
    }

    private void Finish(ValueTask<TokenReservation> answer)
    {
        TokenReservation reservation;
        try
        {
            reservation = answer.GetAwaiter().GetResult();
        }
        catch (Exception failure)
        {
            OnFailedCall(failure);
            return;
        }

        var call = _call;
        _call = Call.None;
        if (reservation.Exceeded is { } exceeded)
            OnRefused(call, _purse.SeenByTheStream(exceeded));
        else
            OnGranted(call, reservation);
        if (!IsOpen)
            GiveBack();
    }

    private void OnFailedCall(Exception failure)
    {
        var call = _call;
        (_call, _price, _late) = (Call.None, 0, 0);
        _purse.Lose();
        LookAtNotes(); // what fails may be what a note has ended
        if (IsOpen && call != Call.GiveBack)
            Fail(failure);
        else
            FailedToCleanUp(failure);
    }

    private void OnGranted(Call call, TokenReservation reservation)
    {
        _purse.Take(reservation);
        _late -= _lateAsked; // more may have come meanwhile
        if (call == Call.Charge)
            _price = 0;
        _isAdmitted = true;
        if (_hasItem && IsOpen)
            Pay(); // nothing more, if it has just been charged
    }

    private void OnRefused(Call call, QuotaExceeded exceeded)
    {
        if (call == Call.GiveBack && _lateAsked == 0)
            _purse.Lose(); // it does not take back what it gave: no quota of ours
        _late -= _lateAsked;
        if (call == Call.Charge)
            _price = 0;
        LookAtNotes(); // who has left meanwhile is told nothing
        if (!IsOpen || call == Call.GiveBack)
            return;

        if (_isAdmitted)
            CancelSource();
        if (terms.Last is null || !_isAdmitted)
        {
            Fail(new TokenQuotaExceededException(exceeded));
            return;
        }

        try
        {
            (_last, _hasLast) = (terms.Last(exceeded), true);
        }
        catch (Exception failure)
        {
            Fail(failure);
            return;
        }

        Close();
    }

    /// <summary>Charges what was read, as far as there is enough, and gives the rest back.</summary>
    private void GiveBack()
    {
        if (_call == Call.None && (_late > 0 || !_purse.IsEmpty))
            Begin(Call.GiveBack);
    }

    protected override void OnClosed() => GiveBack();

    protected override bool MayDispose()
    {
        if (_call != Call.None || !base.MayDispose())
            return false;

        Discard();
        GiveBack();
        return _call == Call.None;
    }

    /// <summary>The last item comes after the source's disposal: a model is stopped at once, however slow the client is.</summary>
    protected override bool TryTake([MaybeNullWhen(false)] out T item)
    {
        item = _last;
        if (!_hasLast || !IsSourceDisposed)
            return false;

        (_hasLast, _last) = (false, default!);
        return true;
    }

    protected override void Discard()
    {
        if (_hasItem)
        {
            _late += _price;
            Discard(_item);
        }

        (_hasItem, _item, _price) = (false, default!, 0);
        (_hasLast, _last) = IsGivenUp ? (false, default!) : (_hasLast, _last);
    }

    protected override void OnDiscarded(T item)
    {
        try
        {
            base.OnDiscarded(item);
        }
        finally
        {
            if (!_hasItem)
                _late += Price(item); // it came after the end
        }
    }

    protected override Due OnRest(bool isUsedUp)
    {
        if (!IsOpen || _purse.IsEmpty)
            Disarm();
        else if (_renewal is null)
            Arm();
        return base.OnRest(isUsedUp);
    }

    private void Arm()
    {
        try
        {
            _renewal = new(this, _purse);
        }
        catch (Exception failure)
        {
            Fail(failure);
            Post(Note.News); // to have it seen to: we are about to rest
        }
    }

    private void Disarm()
    {
        try
        {
            _renewal?.Dispose();
        }
        catch (Exception failure)
        {
            FailedToCleanUp(failure);
        }

        _renewal = null;
    }
}
