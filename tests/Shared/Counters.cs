using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;

namespace RxTokens.Tests;

/// <summary>What the library counts while this listens.</summary>
internal sealed class Counters : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Dictionary<string, (long Sum, long Most)> _counts = [];

    public Counters()
    {
        _listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == "RxTokens")
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, count, _, _) =>
        {
            lock (_counts)
            {
                var (sum, most) = _counts.GetValueOrDefault(instrument.Name);
                _counts[instrument.Name] = (sum + count, Math.Max(most, sum + count));
            }
        });
        _listener.Start();
    }

    public long Dropped => Of("rxtokens.items.dropped").Sum;

    public long Orphans => Of("rxtokens.reads.orphaned").Sum;

    public long MostOrphans => Of("rxtokens.reads.orphaned").Most;

    public void Dispose() => _listener.Dispose();

    private (long Sum, long Most) Of(string name)
    {
        lock (_counts)
            return _counts.GetValueOrDefault(name);
    }
}

/// <summary>What nobody was told of.</summary>
internal static class UnobservedFailures
{
    public static List<Exception> Of(Action act)
    {
        var told = new List<Exception>();
        void Observe(object? sender, UnobservedTaskExceptionEventArgs e)
        {
            lock (told)
                told.AddRange(e.Exception.InnerExceptions);
            e.SetObserved();
        }

        TaskScheduler.UnobservedTaskException += Observe;
        try
        {
            Run(act);
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= Observe;
        }

        return told;

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void Run(Action act) => act();
    }
}
