namespace RxTokens.Exploration;

/// <summary>A quota that answers at once, or on the thread that runs <see cref="Land"/>, as the explorer chooses.</summary>
internal sealed class DistantQuota(Scene scene, TimeProvider clock, int limit) : ITokenQuota
{
    private readonly TokenQuota _quota = new(limit, TimeSpan.FromMinutes(1), clock);
    private readonly Queue<Action> _waiting = [];
    private bool _isInside;

    public TimeProvider TimeProvider => clock;

    public bool IsSettled => _quota.GetUsage("ann").Held == 0;

    public long Charged => _quota.GetUsage("ann").Charged;

    public int Limit => limit;

    /// <summary>The body of the thread on which answers land.</summary>
    public void Land()
    {
        while (scene.WaitUntil(() => _waiting.Count > 0))
            _waiting.Dequeue()();
    }

    public ValueTask<TokenReservation> ReserveAsync(string user, long charge, long hold) => Call(() => _quota.ReserveAsync(user, charge, hold).Result);

    public ValueTask<TokenReservation> SettleAsync(TokenReservation reservation, long charge, long hold) => Call(() => _quota.SettleAsync(reservation, charge, hold).Result);

    private ValueTask<TokenReservation> Call(Func<TokenReservation> make)
    {
        Scene.Require(!_isInside, "two calls at once for one stream");
        Scene.Pause();
        if (scene.Toss())
            return new(make());

        _isInside = true;
        var landing = new Landing<TokenReservation>(scene);
        _waiting.Enqueue(() =>
        {
            var answer = make();
            _isInside = false;
            landing.SetResult(answer);
        });
        return landing.Task;
    }
}
