using System.Diagnostics.Metrics;

namespace Serve;

/// <summary>What the library's meter says, for the page to show: a server in production sends it to its monitoring.</summary>
/// <remarks>
/// <code>
/// field         written by         read by     ordered by
/// all           the measured       everyone    interlocked; _microseconds may be seen before or after _waits
/// </code>
/// </remarks>
internal sealed class Figures : IDisposable
{
    private readonly MeterListener _listener = new();
    private long _responses;
    private long _waits;
    private long _microseconds;

    public Figures(IMeterFactory meters)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "RxTokens.AspNetCore" && instrument.Meter.Scope == meters && instrument.Name is "rxtokens.responses.active" or "rxtokens.response.wait")
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, change, _, _) => Interlocked.Add(ref _responses, change));
        _listener.SetMeasurementEventCallback<double>((_, seconds, _, _) =>
        {
            Interlocked.Increment(ref _waits);
            Interlocked.Add(ref _microseconds, (long)(seconds * 1e6));
        });
        _listener.Start();
    }

    /// <summary>How many responses are being served.</summary>
    public long Responses => Volatile.Read(ref _responses);

    /// <summary>How often a write has had to wait for its client.</summary>
    public long Waits => Volatile.Read(ref _waits);

    /// <summary>For how long, in all.</summary>
    public double SecondsWaited => Volatile.Read(ref _microseconds) / 1e6;

    public void Dispose() => _listener.Dispose();
}
