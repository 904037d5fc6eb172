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
    private long _asked; // when the call under way began
    private long _since; // when that began that was answered by the reservation: its lease is no longer than from there

    public TimeProvider TimeProvider => quota.TimeProvider;

    public TimeSpan Lease => _reservation.Lease;

    /// <summary>Whether a call has failed: nobody knows what is held, and the lease will give it back.</summary>
    public bool IsLost { get; private set; }

    /// <summary>Whether there is nothing to charge and nothing to give back.</summary>
    public bool IsEmpty => _reservation.Held == 0 && _spent == 0;

    /// <summary>
    /// Pays with what is held. One that reserves nothing ahead has every item charged at once; and what is held no longer, though no renewal has said so
    /// (the process slept), is another's.
    /// </summary>
    public bool TryPay(int price)
    {
        if (price == 0)
            return true;
        if (reserve == 0 || price > _reservation.Held - _spent || TimeProvider.GetElapsedTime(_since) >= Lease)
            return false;

        _spent += price;
        return true;
    }

    public ValueTask<TokenReservation> OpenAsync(int charge)
    {
        _asked = TimeProvider.GetTimestamp();
        return quota.ReserveAsync(user, charge, Math.Max(1, reserve));
    }

    public ValueTask<TokenReservation> ChargeAsync(int price) => SettleAsync(_spent + price, reserve);

    public ValueTask<TokenReservation> RenewAsync() => SettleAsync(_spent, _reservation.Held - _spent);

    public ValueTask<TokenReservation> GiveBackAsync(long late) => SettleAsync(_spent + late, 0);

    private ValueTask<TokenReservation> SettleAsync(long charge, long hold)
    {
        _asked = TimeProvider.GetTimestamp();
        return quota.SettleAsync(_reservation, charge, hold);
    }

    /// <summary>The answer to one of these that was granted.</summary>
    public void Take(TokenReservation answer) => (_reservation, _spent, _since) = (answer, 0, _asked);

    public void Lose() => (_reservation, _spent, IsLost) = (new(user, "", 0, TimeSpan.Zero), 0, true);

    /// <summary>A refusal as it looks to the stream, for which what is spent is charged.</summary>
    public QuotaExceeded SeenByTheStream(QuotaExceeded exceeded) => exceeded with
    {
        Charged = exceeded.Charged + _spent,
        Left = exceeded.Left - _spent,
        Asked = exceeded.Asked - _spent,
    };
}
