namespace RxTokens;

/// <summary>So many tokens a user, wherever that is kept: in this process (<see cref="TokenQuota"/>), or where several can see it.</summary>
/// <remarks>
/// <para><b>Tokens are free, held or charged.</b> What is held belongs to a reservation and to nobody else, and is free again when that gives it back or
/// its lease ends. What is charged stays so for as long as the quota says. Charged and held together are never more than the limit.</para>
/// <para><b>Each call is one step</b>, all of it or nothing, and says at once what there is: a quota makes nobody wait for tokens. So neither takes a token to
/// cancel it: a charge that was cancelled would be neither made nor not made. An implementation that goes over a network limits its own time.</para>
/// <para><b>A reservation is a value.</b> What a call returns takes the place of the one that it was called with. Calls for one reservation follow one
/// another; calls for different ones may come at once, from any thread.</para>
/// <para><b>A failed call</b> leaves open whether it was made. Who called does not repeat it, but lets the lease end.</para>
/// <code>
/// var mine = await quota.ReserveAsync("ann", charge: 20, hold: 100);            // the prompt, and up to 100 tokens ahead
/// mine = await quota.SettleAsync(mine, charge: 60, hold: 100);                  // 60 of them were used, and it goes on
/// mine = await quota.SettleAsync(mine, charge: 0, hold: mine.Held);             // nothing was used for a while: the lease begins anew
/// mine = await quota.SettleAsync(mine, charge: 12, hold: 0);                    // the end: what is left is given back
/// </code>
/// </remarks>
public interface ITokenQuota
{
    /// <summary>The clock by which leases are counted: who holds tokens for long goes by it to renew them.</summary>
    TimeProvider TimeProvider { get; }

    /// <summary>Begins a reservation: charges what is known to be used, and holds what is going to be.</summary>
    /// <param name="user">Whose quota.</param>
    /// <param name="charge">How many tokens to charge now; 0 or more.</param>
    /// <param name="hold">How many to hold beside them; at least 1. Fewer are held, but one at least, where there are not as many.</param>
    /// <returns>What it holds; or, where <paramref name="charge"/> and one token more are not free, why not: then nothing is charged, nothing is held.</returns>
    /// <exception cref="ArgumentException"><paramref name="user"/> is empty.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="user"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="charge"/> is negative, or <paramref name="hold"/> is less than 1.</exception>
    ValueTask<TokenReservation> ReserveAsync(string user, long charge, long hold);

    /// <summary>Charges what has been used, of what is held and then of what is free, and goes on with as many tokens as are wanted: with none, that is the end.</summary>
    /// <remarks>
    /// A reservation that holds nothing cannot expire: what it charges is of what is free, and there is nothing that it has to give back. One that holds tokens
    /// begins its lease anew. Charging nothing and holding nothing gives back what is held; where the lease has ended, that has been done, and is no failure.
    /// </remarks>
    /// <param name="reservation">The reservation, as the last call for it returned it.</param>
    /// <param name="charge">How many tokens to charge now; 0 or more. What it holds is always enough for as many.</param>
    /// <param name="hold">How many to hold from now on; 0 or more. Fewer are held where there are not as many, but never fewer of those that it had and were not charged.</param>
    /// <returns>What it holds; or, where not all of <paramref name="charge"/> is there, why not: then nothing has changed, and the reservation stands as it was.</returns>
    /// <exception cref="ArgumentException"><paramref name="reservation"/> is none.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="charge"/> or <paramref name="hold"/> is negative.</exception>
    /// <exception cref="TokenReservationExpiredException">The lease has ended, and what was held has been given back. Nothing is charged.</exception>
    ValueTask<TokenReservation> SettleAsync(TokenReservation reservation, long charge, long hold);
}
