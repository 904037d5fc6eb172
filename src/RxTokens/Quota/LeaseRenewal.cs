namespace RxTokens;

/// <summary>
/// Tells a stream three times a lease to renew it. It does not keep the stream alive: where that was abandoned without being disposed, and has been
/// collected, it settles in its place, and ends.
/// </summary>
/// <remarks>
/// <code>
/// field       written by                     read by       ordered by
/// _stream     constructor                    the timer     readonly; the collector
/// _timer      constructor                    everyone      readonly; a timer is safe
/// _hasRung    the timer, to true;            the runner    volatile, before it tells
///             the runner, to false
/// _purse      constructor; the first         timers        interlocked
///             timer that finds the
///             stream gone, to null
/// </code>
/// </remarks>
internal sealed class LeaseRenewal : IDisposable
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);

    private readonly WeakReference<IAwakened> _stream;
    private Purse? _purse;
    private readonly ITimer _timer;
    private volatile bool _hasRung;

    public LeaseRenewal(IAwakened stream, Purse purse)
    {
        (_stream, _purse) = (new(stream), purse);
        var third = purse.Lease / 3;
        var period = third < Shortest ? Shortest : third < Alarm.Longest ? third : Alarm.Longest;

        // Without the consumer's ambient values, which may lead to the stream, and would keep it.
        using (ExecutionContext.IsFlowSuppressed() ? default(IDisposable) : ExecutionContext.SuppressFlow())
            _timer = purse.TimeProvider.CreateTimer(static renewal => ((LeaseRenewal)renewal!).OnTimer(), this, period, period);
    }

    /// <summary>Whether it has rung since the last time that this was asked. For the runner.</summary>
    public bool TryTakeRing()
    {
        if (!_hasRung)
            return false;

        _hasRung = false;
        return true;
    }

    public void Dispose() => _timer.Dispose();

    private void OnTimer()
    {
        if (_stream.TryGetTarget(out var stream))
        {
            _hasRung = true;
            stream.OnRung();
            return;
        }

        Dispose();
        if (Interlocked.Exchange(ref _purse, null) is { IsEmpty: false } purse)
            _ = SettleAsync(purse);
    }

    // A failure is left to whoever looks after unobserved ones: nobody is left to be told.
    private static async Task SettleAsync(Purse purse) => await purse.GiveBackAsync(0).ConfigureAwait(false);
}
