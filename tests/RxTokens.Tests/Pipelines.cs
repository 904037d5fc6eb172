using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Threading.RateLimiting;

namespace RxTokens.Tests;

/// <summary>Every operator from pull to pull, in the plainest form: what holds for all of them is tested over all of them.</summary>
/// <param name="Name">The operator.</param>
/// <param name="Over">Applies it.</param>
/// <param name="IsLossless">Whether the concatenation of what comes out is that of what goes in.</param>
/// <param name="ReadAhead">The documented bound on items read and not asked for; null where the operator drops or merges.</param>
/// <param name="IsAlone">Whether it has no other source, whose failure is told, too.</param>
/// <param name="DisposesLate">Whether the source is disposed only when its consumer has come back, whatever it has.</param>
/// <param name="IsPatient">Whether it waits for a read that ignores its token, or takes its time to clean up inside.</param>
internal sealed record PullPipeline(
    string Name, Func<IAsyncEnumerable<string>, IAsyncEnumerable<string>> Over, bool IsLossless = true, int? ReadAhead = null, bool IsPatient = true, bool IsAlone = true, bool DisposesLate = true)
{
    public override string ToString() => Name;
}

/// <summary>The same from push to pull.</summary>
internal sealed record PushPipeline(string Name, Func<IObservable<string>, IAsyncEnumerable<string>> Over)
{
    public override string ToString() => Name;
}

/// <summary>A clock on which a millisecond goes by between two looks at it, so that nobody waits for a frame.</summary>
internal sealed class EveryLookIsAFrame : IScheduler, IServiceProvider, IStopwatchProvider, IStopwatch
{
    private long _looks;

    public DateTimeOffset Now => DateTimeOffset.UnixEpoch + Elapsed;

    public TimeSpan Elapsed => TimeSpan.FromMilliseconds(Interlocked.Increment(ref _looks));

    public object? GetService(Type serviceType) => serviceType == typeof(IStopwatchProvider) ? this : null;

    public IStopwatch StartStopwatch() => this;

    public IDisposable Schedule<TState>(TState state, Func<IScheduler, TState, IDisposable> action) => throw new NotSupportedException();

    public IDisposable Schedule<TState>(TState state, TimeSpan dueTime, Func<IScheduler, TState, IDisposable> action) => throw new NotSupportedException();

    public IDisposable Schedule<TState>(TState state, DateTimeOffset dueTime, Func<IScheduler, TState, IDisposable> action) => throw new NotSupportedException();
}

internal static class Pipelines
{
    private static readonly CancellationTokenSource NeverStopped = new();

    private static readonly IAsyncEnumerable<string> Unwilling = new ThrowingSource("MoveNextAsync", Marbles.Failure);

    private static readonly ConcurrencyLimiter Unlimited = new(new ConcurrencyLimiterOptions { PermitLimit = int.MaxValue });

    private static readonly TokenQuota Plenty = new(long.MaxValue, TimeSpan.FromDays(1), TimeProvider.System);

    public static readonly PullPipeline[] All =
    [
        new("Through", s => s.Through(o => o), ReadAhead: 0),
        new("Through Select", s => s.Through(o => o.Select(x => x)), ReadAhead: 0),
        new("SelectAwait", s => s.SelectAwait((x, _) => ValueTask.FromResult(x), maxConcurrency: 1), ReadAhead: 0),
        new("SelectAwait unordered", s => s.SelectAwait((x, _) => ValueTask.FromResult(x), 4, order: AwaitOrder.Completion), ReadAhead: 0),
        new("Buffered Wait", s => s.Buffered(8), ReadAhead: 8),
        new("Buffered Wait 1", s => s.Buffered(1), ReadAhead: 1),
        new("Buffered DropOldest", s => s.Buffered(8, Overflow.DropOldest), IsLossless: false),
        new("Buffered DropNewest", s => s.Buffered(8, Overflow.DropWrite), IsLossless: false),
        new("Buffered Fail", s => s.Buffered(2_000_000, Overflow.Fail)),
        new("Conflate", s => s.Conflate()),
        new("Conflate 16", s => s.Conflate(maxChars: 16)),
        new("Conflate merge", s => s.Conflate((x, y) => x + y)),
        new("Conflate seed add", s => s.Conflate(x => new System.Text.StringBuilder(x), (b, x) => b.Append(x)).Through(o => o.Select(b => b.ToString()))),
        new("KeepLatest", s => s.KeepLatest(), IsLossless: false),
        new("Printable", s => s.Printable(), ReadAhead: 0),
        new("ShapeText", s => s.ShapeText(x => x, (_, x) => x, texts => texts), ReadAhead: 0),
        new("ShapeText Conflate", s => s.ShapeText(x => x, (_, x) => x, texts => texts.Conflate(maxChars: 16))),
        new("Timeout", s => s.Timeout(TimeSpan.FromHours(1), TimeSpan.FromHours(1), TimeProvider.System), ReadAhead: 0),
        new("Detach", s => s.Detach(), ReadAhead: 0, IsPatient: false),
        new("TakeUntil", s => s.TakeUntil(NeverStopped.Token), ReadAhead: 0),
        new("Valve", s => s.Valve(Observable.Never<bool>()), ReadAhead: 0),
        new("Pace", s => s.Pace(Unlimited), ReadAhead: 0),
        new("Pace cost", s => s.Pace(Unlimited, x => x.Length), ReadAhead: 0),
        new("WithinQuota", s => s.WithinQuota(Plenty, "ann", x => x.Length), ReadAhead: 0),
        new("WithinQuota ahead", s => s.WithinQuota(Plenty, "bob", x => x.Length, promptTokens: 3, reserve: 10), ReadAhead: 0),
        new("RetryBeforeFirst", s => s.RetryBeforeFirst(1, _ => false), ReadAhead: 0),
        new("RetryBeforeFirst delay", s => s.RetryBeforeFirst(1, (_, _) => TimeSpan.Zero, TimeProvider.System, _ => false), ReadAhead: 0),
        new("ResumeWith", s => s.ResumeWith((string _, Exception _) => null, 1), ReadAhead: 0),
        new("ResumeWith overlap", s => s.ResumeWith((string _, Exception _) => null, 1, 1, ""), ReadAhead: 0),
        new("Hedge", s => s.Hedge(TimeSpan.FromHours(1), Unwilling, TimeProvider.System), ReadAhead: 0, IsAlone: false),
        new("Share", s => new Anew<string>(() => s.Share()), ReadAhead: 0, DisposesLate: false),
        new("Share, joined", s => new Anew<string>(() => s.Share(3).Join(4)), ReadAhead: 3, DisposesLate: false),
        new("Share, conflated", s => new Anew<string>(() => s.ShareText().JoinConflated()), ReadAhead: 0, DisposesLate: false),
        new("PerFrame", s => s.PerFrame(new FrameClock(TimeSpan.FromMilliseconds(1), new EveryLookIsAFrame())), ReadAhead: 0),
    ];

    public static readonly PushPipeline[] OverPush =
    [
        new("Buffered Fail", s => s.Buffered(8)),
        new("Buffered DropOldest", s => s.Buffered(8, Overflow.DropOldest)),
        new("Buffered DropNewest", s => s.Buffered(8, Overflow.DropWrite)),
        new("Conflate", s => s.Conflate()),
        new("Conflate merge", s => s.Conflate((x, y) => x + y)),
        new("Conflate seed add", s => s.Conflate(x => x, (b, x) => b + x)),
        new("KeepLatest", s => s.KeepLatest()),
    ];
}
