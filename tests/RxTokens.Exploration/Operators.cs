using System.Reactive.Linq;

namespace RxTokens.Exploration;

/// <summary>Every call of the library's operators; nowhere else does a scenario name one.</summary>
internal static class Operators
{
    private static readonly TimeSpan OneMinute = TimeSpan.FromMinutes(1);

    public static readonly PullOperator Through = new("Through", Keeps.Everything, static (_, s) => s.Through(o => o.Select(static x => x)));

    /// <summary>A query that speaks by itself, too.</summary>
    public static readonly PullOperator ThroughTimed = new("Through(timed)", Keeps.Everything, static (stage, s) => s.Through(stage.StartTimer().Over));

    public static readonly PullOperator Select = SelectAwait(1);

    public static readonly PullOperator SelectTwo = SelectAwait(2);

    public static readonly PullOperator SelectTwoUnordered =
        new("SelectAwait(2, unordered)", Keeps.Everything & ~Keeps.Order, static (stage, s) => s.SelectAwait(stage.Functions.Select, 2, order: AwaitOrder.Completion))
        {
            Concurrency = 2,
        };

    public static readonly PullOperator Buffered = new("Buffered(2)", Keeps.Everything, static (_, s) => s.Buffered(2));

    public static readonly PullOperator BufferedOne = new("Buffered(1)", Keeps.Everything, static (_, s) => s.Buffered(1));

    public static readonly PullOperator BufferedDropOldest = BufferedBy(Overflow.DropOldest, Keeps.Order | Keeps.Newest | Keeps.Peace);

    public static readonly PullOperator BufferedDropNewest = BufferedBy(Overflow.DropNewest, Keeps.Order | Keeps.Newest | Keeps.Peace);

    public static readonly PullOperator BufferedDropWrite = BufferedBy(Overflow.DropWrite, Keeps.Order | Keeps.Oldest | Keeps.Peace);

    public static readonly PullOperator BufferedFail = BufferedBy(Overflow.Fail, Keeps.Everything & ~Keeps.Peace);

    public static readonly PullOperator KeepLatest = new("KeepLatest", Keeps.Order | Keeps.Newest | Keeps.Peace, static (stage, s) => s.KeepLatest(stage.Drop));

    public static readonly PullOperator Conflate = new("Conflate(merge)", Keeps.Everything, static (_, s) => s.Conflate(Item.Merge));

    public static readonly PullOperator ConflateSeed =
        new("Conflate(seed, add)", Keeps.Everything, static (_, s) => s.Conflate(static x => x, Item.Merge));

    public static readonly PullOperator ConflateText =
        new("Conflate(2 chars)", Keeps.Everything, static (_, s) => new Mapped<string, Item>(new Mapped<Item, string>(s, ToText).Conflate(2), ToItem));

    public static readonly PullOperator Timeout =
        new("Timeout", Keeps.Everything & ~Keeps.Peace, static (stage, s) => s.Timeout(OneMinute, OneMinute, stage.StartDeadlines()));

    public static readonly PullOperator TakeUntil =
        new("TakeUntil", Keeps.Order | Keeps.All | Keeps.Peace, static (stage, s) => s.TakeUntil(stage.StartStop())) { MayStop = true };

    public static readonly PullOperator Detach = new("Detach", Keeps.Order | Keeps.Newest | Keeps.Peace, static (stage, s) => s.Detach(stage.Drop, stage.Fail)) { IsHasty = true };

    public static readonly PullOperator DetachTimeout =
        new("Detach, Timeout", Keeps.Order | Keeps.Newest, static (stage, s) => s.Detach(stage.Drop, stage.Fail).Timeout(OneMinute, OneMinute, stage.StartDeadlines())) { IsHasty = true };

    public static readonly PullOperator Valve = new("Valve", Keeps.Everything, static (stage, s) => s.Valve(stage.StartSwitch()));

    public static readonly PullOperator PerFrame = new("PerFrame", Keeps.Everything, static (stage, s) => s.PerFrame(new FrameClock(Ticks.One, stage.StartTicks())));

    public static readonly PullOperator Pace = new("Pace", Keeps.Everything, static (stage, s) => s.Pace(1 / Ticks.One.TotalSeconds, 1, stage.StartTicks()));

    public static readonly PullOperator WithinQuota = Within("WithinQuota", 100, reserve: 0, Keeps.Everything);

    public static readonly PullOperator WithinQuotaAhead = Within("WithinQuota(reserve 2)", 100, reserve: 2, Keeps.Everything);

    /// <summary>It is used up at the third letter.</summary>
    public static readonly PullOperator WithinQuotaOfTwo = Within("WithinQuota(of 2)", 2, reserve: 1, Keeps.Order | Keeps.All);

    /// <summary>The first try breaks at once, and the second begins when the timer rings.</summary>
    public static readonly PullOperator RetryBeforeFirst = new("RetryBeforeFirst", Keeps.Everything, static (stage, s) =>
        new Twofold(new Breaking(s, 0), s).RetryBeforeFirst(1, static (_, _) => Ticks.One, stage.StartTicks(), static failure => failure == Breaking.Failure));

    /// <summary>It breaks off after two letters, and what follows goes on.</summary>
    public static readonly PullOperator ResumeWith = new("ResumeWith", Keeps.Everything, static (_, s) =>
        new Breaking(s, 2).ResumeWith((_, failure) => failure == Breaking.Failure ? s : null, 2));

    /// <summary>The second source never answers.</summary>
    public static readonly PullOperator Hedge = new("Hedge", Keeps.Everything, static (stage, s) => s.Hedge(Ticks.One, stage.Silent(), stage.StartTicks()));

    /// <summary>The first source never answers.</summary>
    public static readonly PullOperator HedgeLate = new("Hedge(late)", Keeps.Everything, static (stage, s) => stage.Silent().Hedge(Ticks.One, s, stage.StartTicks()));

    /// <summary>The first source fails, before the delay is over, then, or later.</summary>
    public static readonly PullOperator HedgeFailed = new("Hedge(first fails)", Keeps.Everything, static (stage, s) => stage.StartDoomed().Hedge(Ticks.One, s, stage.StartTicks()));

    /// <summary>One consumer of a shared stream.</summary>
    public static readonly PullOperator Share = new("Share", Keeps.Everything, static (_, s) => s.Share());

    public static readonly PullOperator ShareConflated = new("Share, JoinConflated", Keeps.Everything, static (_, s) => s.Share().JoinConflated(Item.Merge));

    /// <summary>Those that can be put into each other.</summary>
    public static readonly PullOperator[] All =
    [
        Through, ThroughTimed, Select, SelectTwo, SelectTwoUnordered, Buffered, BufferedOne, BufferedDropOldest, BufferedDropNewest, BufferedDropWrite, BufferedFail,
        KeepLatest, Conflate, ConflateSeed, ConflateText,
    ];

    public static readonly PushOperator PushBuffered = PushBufferedBy(Overflow.Fail, 8, Keeps.Everything);

    public static readonly PushOperator PushBufferedFail = PushBufferedBy(Overflow.Fail, 1, Keeps.Everything & ~Keeps.Peace);

    public static readonly PushOperator PushBufferedDropOldest = PushBufferedBy(Overflow.DropOldest, 1, Keeps.Order | Keeps.Newest | Keeps.Peace);

    public static readonly PushOperator PushBufferedDropOldestOfTwo = PushBufferedBy(Overflow.DropOldest, 2, Keeps.Order | Keeps.Newest | Keeps.Peace);

    public static readonly PushOperator PushBufferedDropNewest = PushBufferedBy(Overflow.DropNewest, 2, Keeps.Order | Keeps.Newest | Keeps.Peace);

    public static readonly PushOperator PushBufferedDropWrite = PushBufferedBy(Overflow.DropWrite, 1, Keeps.Order | Keeps.Oldest | Keeps.Peace);

    public static readonly PushOperator PushKeepLatest = new("KeepLatest of a push source", Keeps.Order | Keeps.Newest | Keeps.Peace, static (stage, s) => s.KeepLatest(stage.Drop));

    public static readonly PushOperator PushConflate = new("Conflate(merge) of a push source", Keeps.Everything, static (_, s) => s.Conflate(Item.Merge));

    public static readonly PushOperator PushConflateSeed =
        new("Conflate(seed, add) of a push source", Keeps.Everything, static (_, s) => s.Conflate(static x => x, Item.Merge));

    public static readonly PushOperator PushConflateText =
        new("Conflate() of a push source", Keeps.Everything, static (_, s) => new Mapped<string, Item>(s.Select(ToText).Conflate(), ToItem));

    public static SharedStream<Item> ShareMerged(IAsyncEnumerable<Item> source) => source.Share(Item.Merge);

    public static SharedStream<Item> ShareMerged(IAsyncEnumerable<Item> source, Ticks ticks) => source.Share(Item.Merge, Ticks.One, ticks);

    /// <summary>One of the ways to join that lose nothing.</summary>
    public static IAsyncEnumerable<Item> Join(SharedStream<Item> shared, int policy) => policy switch
    {
        0 => shared,
        1 => shared.Join(2),
        2 => shared.JoinConflated(Item.Merge),
        _ => shared.Join(8, Overflow.Fail),
    };

    public static IObservable<Item> OnDemand(IAsyncEnumerable<Item> source, IObservable<long> requests) => source.OnDemand(requests);

    public static IObservable<Item> AsObservable(IAsyncEnumerable<Item> source) => source.AsObservable();

    private static PullOperator SelectAwait(int concurrency) =>
        new($"SelectAwait({concurrency})", Keeps.Everything, (stage, s) => s.SelectAwait(stage.Functions.Select, concurrency)) { Concurrency = concurrency };

    private static PullOperator BufferedBy(Overflow overflow, Keeps keeps) =>
        new($"Buffered(1, {overflow})", keeps, (stage, s) => s.Buffered(1, overflow, onDropped: stage.Drop));

    private static PushOperator PushBufferedBy(Overflow overflow, int capacity, Keeps keeps) =>
        new($"Buffered({capacity}, {overflow}) of a push source", keeps, (stage, s) => s.Buffered(capacity, overflow, stage.Drop));

    private static PullOperator Within(string name, int limit, int reserve, Keeps keeps) =>
        new(name, keeps, (stage, s) => s.WithinQuota(stage.StartQuota(limit), "ann", static x => x.Letters.Length, reserve: reserve));

    private static string ToText(Item item) => item.Letters;

    private static Item ToItem(string text) => new(text, static () => true);
}
