using System.Diagnostics.CodeAnalysis;

namespace RxTokens;

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
        _call = Call.None;
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
        if (call == Call.GiveBack && reservation.Held > 0)
            _purse.Lose(); // it holds what nobody has asked for: no quota of ours, and no reason to ask for ever
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
        if (_call == Call.None && !_purse.IsLost && (_late > 0 || !_purse.IsEmpty))
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
            Disarm(ref _renewal);
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
}
