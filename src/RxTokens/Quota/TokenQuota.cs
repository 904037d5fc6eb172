using System.Diagnostics;
using System.Globalization;

namespace RxTokens;

/// <summary>So many tokens a user within any stretch of time, kept in this process.</summary>
/// <remarks>
/// <code>
/// field                    written by     read by     ordered by
/// _limit, _window, _lease  constructor    everyone    readonly
/// TimeProvider             constructor    everyone    readonly
/// all others, and what     everyone       everyone    _gate, also around the look at the clock
///   the accounts hold
/// </code>
/// <para><b>Exact:</b> at no instant are more tokens charged and held than the limit, whoever calls at once: each call is made under one lock, and nobody else's
/// code runs under it but the clock's.</para>
/// <para><b>The window slides:</b> a token is charged for one window, and for a sixtieth of it longer at most (charges that lie that near to each other are
/// remembered as one, and go with the last of them). So no stretch of that length ever holds more than the limit; there is no border at which two bursts meet.</para>
/// <para><b>Time</b> is that of the provider's timestamps: that somebody sets the clock changes nothing.</para>
/// <para><b>Memory:</b> a user takes at most 62 sums of charges, and one entry for each reservation that holds something; who has nothing charged and holds nothing is forgotten, at the latest with the next
/// call for anybody. There is no timer.</para>
/// <para>Several limits (by the minute, by the day; of two plans) are several quotas.</para>
/// </remarks>
[DebuggerDisplay("{_limit} tokens per {_window}, users = {_accounts.Count}")]
public sealed class TokenQuota : ITokenQuota
{
    private static readonly TimeSpan UsualLease = TimeSpan.FromSeconds(30);

    private readonly object _gate = new(); // no Lock: the systematic exploration knows none
    private readonly long _limit;
    private readonly TimeSpan _window;
    private readonly TimeSpan _lease;
    private readonly Dictionary<string, LinkedListNode<UserAccount>> _accounts = [];
    private readonly LinkedList<UserAccount> _byUse = []; // who was looked at last is the last
    private long _lastId;
    private long _seen; // the last timestamp
    private TimeSpan _now; // since the beginning

    /// <summary>A quota of which nothing is used.</summary>
    /// <param name="limit">How many tokens a user has; at least 1.</param>
    /// <param name="window">Within which time; positive.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="lease">For how long a reservation is good that nobody settles: after that its tokens are free. 30 seconds, if it is null.</param>
    /// <exception cref="ArgumentNullException"><paramref name="timeProvider"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="limit"/> is less than 1, or <paramref name="window"/> or <paramref name="lease"/> is not positive.</exception>
    public TokenQuota(long limit, TimeSpan window, TimeProvider timeProvider, TimeSpan? lease = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(window, TimeSpan.Zero);
        ArgumentNullException.ThrowIfNull(timeProvider);
        if (lease is { } given)
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(given, TimeSpan.Zero, nameof(lease));

        (_limit, _window, _lease, TimeProvider) = (limit, window, lease ?? UsualLease, timeProvider);
        _seen = timeProvider.GetTimestamp();
    }

    /// <inheritdoc/>
    public TimeProvider TimeProvider { get; }

    /// <summary>How many users are remembered.</summary>
    internal int Users
    {
        get
        {
            lock (_gate)
                return _accounts.Count;
        }
    }

    /// <summary>How a user's quota stands now.</summary>
    /// <param name="user">Whose.</param>
    /// <returns>What is charged, held and free.</returns>
    /// <exception cref="ArgumentException"><paramref name="user"/> is empty.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="user"/> is null.</exception>
    public TokenUsage GetUsage(string user)
    {
        ArgumentException.ThrowIfNullOrEmpty(user);

        lock (_gate)
        {
            var account = Enter(user);
            var usage = new TokenUsage(_limit, account.Charged, account.Held);
            Leave(account);
            return usage;
        }
    }

    /// <inheritdoc/>
    public ValueTask<TokenReservation> ReserveAsync(string user, long charge, long hold)
    {
        ArgumentException.ThrowIfNullOrEmpty(user);
        ArgumentOutOfRangeException.ThrowIfNegative(charge);
        ArgumentOutOfRangeException.ThrowIfLessThan(hold, 1);

        lock (_gate)
        {
            var account = Enter(user);
            var answer = charge < account.Free
                ? Use(account, null, charge, hold)
                : Nothing(user) with { Exceeded = Exceeded(account, null, charge == long.MaxValue ? charge : charge + 1) };
            Leave(account);
            return ValueTask.FromResult(answer);
        }
    }

    /// <inheritdoc/>
    public ValueTask<TokenReservation> SettleAsync(TokenReservation reservation, long charge, long hold)
    {
        if (string.IsNullOrEmpty(reservation.User))
            throw new ArgumentException($"'{reservation}' is no reservation: it has no user.", nameof(reservation));
        ArgumentOutOfRangeException.ThrowIfNegative(charge);
        ArgumentOutOfRangeException.ThrowIfNegative(hold);

        lock (_gate)
        {
            var account = Enter(reservation.User);
            var answer = Settle(account, reservation, charge, hold);
            Leave(account);
            return answer is { } settled ? ValueTask.FromResult(settled) : ValueTask.FromException<TokenReservation>(new TokenReservationExpiredException(reservation));
        }
    }

    private TokenReservation? Settle(UserAccount account, TokenReservation reservation, long charge, long hold)
    {
        var own = reservation.Held > 0 ? account.Find(reservation.Id) : null;
        if (reservation.Held > 0 && own is null)
            return charge == 0 && hold == 0 ? Nothing(account.User) : null;
        if (charge - (own?.Tokens ?? 0) > account.Free)
            return reservation with { Exceeded = Exceeded(account, own, charge) };
        return Use(account, own, charge, hold);
    }

    /// <summary>Charges what there is, and holds as many as there are.</summary>
    private TokenReservation Use(UserAccount account, UserAccount.Hold? own, long charge, long hold)
    {
        if (own is not null)
            account.Release(own);
        account.Charge(charge);
        var held = Math.Min(hold, account.Free);
        if (held == 0)
            return Nothing(account.User);

        var id = own?.Id ?? (++_lastId).ToString(CultureInfo.InvariantCulture);
        account.Take(new(id, held, account.LastUse));
        return new(account.User, id, held, _lease);
    }

    private TokenReservation Nothing(string user) => new(user, "", 0, _lease);

    private QuotaExceeded Exceeded(UserAccount account, UserAccount.Hold? own, long asked)
    {
        var left = account.Free + (own?.Tokens ?? 0);
        return new(account.User, _limit, _window, account.Charged, left, asked, asked <= _limit ? account.WhenBack(asked - left, own) : null);
    }

    private UserAccount Enter(string user)
    {
        if (_accounts.TryGetValue(user, out var node))
            _byUse.Remove(node);
        else
            _accounts.Add(user, node = new(new UserAccount(user, _limit, _window, _lease)));
        _byUse.AddLast(node);
        node.Value.MoveTo(Now());
        return node.Value;
    }

    /// <summary>A clock whose timestamps go back, as a fake one's may when it is set, must not lock everybody out for as long.</summary>
    private TimeSpan Now()
    {
        var seen = TimeProvider.GetTimestamp();
        if (seen > _seen)
            _now += TimeProvider.GetElapsedTime(_seen, seen);
        _seen = seen;
        return _now;
    }

    /// <summary>Forgets who has nothing any more: this one, and those whom nobody has asked about for so long that all they had is over.</summary>
    private void Leave(UserAccount account)
    {
        Debug.Assert(account.Free >= 0, "no more is charged and held than the limit");
        if (account.IsEmpty)
            Forget(account);
        var longest = _window > _lease ? _window : _lease;
        while (_byUse.First is { Value: var first } && account.LastUse - first.LastUse >= longest)
            Forget(first);
    }

    private void Forget(UserAccount account)
    {
        _accounts.Remove(account.User, out var node);
        _byUse.Remove(node!);
    }
}
