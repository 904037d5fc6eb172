namespace RxTokens;

/// <summary>Thrown by an <see cref="ITokenQuota"/> when a reservation is settled after its lease has ended: its tokens may be another's by now.</summary>
/// <param name="reservation">The reservation.</param>
public sealed class TokenReservationExpiredException(TokenReservation reservation)
    : InvalidOperationException($"The reservation '{reservation.Id}' of '{reservation.User}' has expired: its {reservation.Held} tokens were not settled within {reservation.Lease:c}, and have been given back.")
{
    /// <summary>The reservation, as it was when it was last settled.</summary>
    public TokenReservation Reservation { get; } = reservation;
}
