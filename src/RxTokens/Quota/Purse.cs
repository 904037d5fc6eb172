namespace RxTokens;

/// <summary>What one stream has of its user's quota: the last reservation, and how much of it is spent.</summary>
/// <remarks>
/// <code>
/// field    written by              read by     ordered by
/// all      the stream's runner;    the same    the stream's turn; the timer comes to it only when the stream has been collected,
///          then the renewal                    and there is nobody else any more
/// </code>
/// </remarks>
internal sealed class Purse(ITokenQuota quota, string user, int reserve)
{
    private TokenReservation _reservation = new(user, "", 0, TimeSpan.Zero);
    private long _spent; // of what is held, and not charged yet

    public TimeProvider TimeProvider => quota.TimeProvider;

    public TimeSpan Lease => _reservation.Lease;

    /// <summary>Whether there is nothing to charge and nothing to give back.</summary>
    public bool IsEmpty => _reservation.Held == 0 && _spent == 0;

    /// <summary>Pays with what is held. One that reserves nothing ahead has every item charged at once.</summary>
    public bool TryPay(int price)
    {
        if (price > (reserve == 0 ? 0 : _reservation.Held - _spent))
            return false;

        _spent += price;
        return true;
    }

    public ValueTask<TokenReservation> OpenAsync(int charge) => quota.ReserveAsync(user, charge, Math.Max(1, reserve));

    public ValueTask<TokenReservation> ChargeAsync(int price) => quota.SettleAsync(_reservation, _spent + price, reserve);

    public ValueTask<TokenReservation> RenewAsync() => quota.SettleAsync(_reservation, _spent, _reservation.Held - _spent);

    public ValueTask<TokenReservation> GiveBackAsync(long late) => quota.SettleAsync(_reservation, _spent + late, 0);

    /// <summary>The answer to one of these that was granted.</summary>
    public void Take(TokenReservation answer) => (_reservation, _spent) = (answer, 0);

    /// <summary>A call has failed: nobody knows what is held, and the lease will give it back.</summary>
    public void Lose() => (_reservation, _spent) = (new(user, "", 0, TimeSpan.Zero), 0);

    /// <summary>A refusal as it looks to the stream, for which what is spent is charged.</summary>
    public QuotaExceeded SeenByTheStream(QuotaExceeded exceeded) => exceeded with
    {
        Charged = exceeded.Charged + _spent,
        Left = exceeded.Left - _spent,
        Asked = exceeded.Asked - _spent,
    };
}
