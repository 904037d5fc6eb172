using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace RxTokens;

/// <summary>The meter "RxTokens.AspNetCore": how much is served, and how often and how long clients let it wait. Bound to the application's meter factory, if it has one.</summary>
internal sealed class ServingMetrics
{
    private const string Name = "RxTokens.AspNetCore";

    private static readonly ServingMetrics WithoutFactory = new(new Meter(Name));
    private static readonly ConditionalWeakTable<IMeterFactory, ServingMetrics> OfFactories = [];

    private readonly UpDownCounter<long> _active;
    private readonly Counter<long> _ended;
    private readonly Counter<long> _events;
    private readonly Counter<long> _bytes;
    private readonly Counter<long> _merged;
    private readonly Histogram<double> _wait;
    private readonly Histogram<double> _waited;
    private readonly Histogram<double> _longestWait;

    private ServingMetrics(Meter meter)
    {
        _active = meter.CreateUpDownCounter<long>("rxtokens.responses.active", "{response}", "Responses that are being served.");
        _ended = meter.CreateCounter<long>("rxtokens.responses.ended", "{response}", "Responses that have ended, by reason: ended, failed, said, stopped, gone.");
        _events = meter.CreateCounter<long>("rxtokens.response.events", "{event}", "Items that were written.");
        _bytes = meter.CreateCounter<long>("rxtokens.response.bytes", "By", "Bytes of responses' bodies that were written.");
        _merged = meter.CreateCounter<long>("rxtokens.response.merged", "{item}", "Items that were merged into another for the client of a response that has ended, where Conflate is the last operator.");
        _wait = meter.CreateHistogram<double>("rxtokens.response.wait", "s", "Each time that a write had to wait for its client: how long.");
        _waited = meter.CreateHistogram<double>("rxtokens.response.waited", "s", "How long a response has waited for its client, in all.");
        _longestWait = meter.CreateHistogram<double>("rxtokens.response.longest_wait", "s", "How long a response has waited for its client at one time, at most.");
    }

    public static ServingMetrics Of(IServiceProvider? services) =>
        services?.GetService<IMeterFactory>() is { } factory
            ? OfFactories.GetValue(factory, static factory => new ServingMetrics(factory.Create(Name)))
            : WithoutFactory;

    public void Begin() => _active.Add(1);

    public void OnEvent() => _events.Add(1);

    public void OnBytes(long bytes) => _bytes.Add(bytes);

    public void OnWait(TimeSpan time) => _wait.Record(time.TotalSeconds);

    public void End(Activity? activity, in ResponseFigures figures, Ending ending)
    {
        var reason = ending.ToString().ToLowerInvariant();
        _active.Add(-1);
        _ended.Add(1, new KeyValuePair<string, object?>("reason", reason));
        _merged.Add(figures.Merged ?? 0);
        _waited.Record(figures.Waited.TotalSeconds);
        _longestWait.Record(figures.LongestWait.TotalSeconds);

        if (activity is null)
            return;
        activity.SetTag("rxtokens.events", figures.Events);
        activity.SetTag("rxtokens.bytes", figures.Bytes);
        activity.SetTag("rxtokens.waits", figures.Waits);
        activity.SetTag("rxtokens.waited", figures.Waited.TotalSeconds);
        activity.SetTag("rxtokens.longest_wait", figures.LongestWait.TotalSeconds);
        if (figures.Merged is { } merged)
            activity.SetTag("rxtokens.merged", merged);
        activity.SetTag("rxtokens.ending", reason);
    }
}
