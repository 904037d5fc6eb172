using System.Reactive.Linq;

namespace RxTokens.Exploration;

/// <summary>Every call of the library's text and time operators; nowhere else does a scenario name one.</summary>
internal static class Queries
{
    /// <summary>No sentence ends: what is told in between, a flush has told.</summary>
    public static readonly Query Sentences = OfText("Sentences(flushAfter)", static (stage, text) => text.Sentences(Ticks.One, stage.StartTicks()));

    /// <summary>A border and a flush, whichever comes first.</summary>
    public static readonly Query Words = OfText("Words(flushAfter)", static (stage, text) => text.Words(Ticks.One, stage.StartTicks()));

    public static readonly Query BatchBy = new("BatchBy", Keeps.Everything, static (stage, s) =>
        s.BatchBy(2, Ticks.One, stage.StartTicks()).Select(static batch => batch.Aggregate(Item.Merge))) { DropsAtFailure = true };

    public static readonly Query BatchByWeight = new("BatchBy(weight)", Keeps.Everything, static (stage, s) =>
        s.BatchBy(3, Ticks.One, static item => item.Letters == "b" ? 2 : 1, 2, stage.StartTicks()).Select(static batch => batch.Aggregate(Item.Merge))) { DropsAtFailure = true };

    public static readonly Query ThrottleFirst = new("ThrottleFirst", Keeps.Order | Keeps.Oldest, static (stage, s) => s.ThrottleFirst(Ticks.One, stage.StartTicks()));

    public static readonly Query ThrottleLatest =
        new("ThrottleLatest", Keeps.Order | Keeps.Oldest | Keeps.Newest, static (stage, s) => s.ThrottleLatest(Ticks.One, stage.StartTicks()));

    public static readonly Query Audit = new("Audit", Keeps.Order | Keeps.Newest, static (stage, s) => s.Audit(Ticks.One, stage.StartTicks()));

    public static readonly Query SampleFlush = new("SampleFlush", Keeps.Order | Keeps.Newest, static (stage, s) => s.SampleFlush(Ticks.One, new Beats(stage.StartTicks())));

    public static readonly Query DistinctFrames = new("DistinctFrames", Keeps.Order | Keeps.Newest, static (stage, s) => s.DistinctFrames(Ticks.One, stage.StartTicks()));

    /// <summary>A space is no text, and waits until the timer has ended the shape of the text before it.</summary>
    public static readonly Query ShapeText = new("ShapeText(late)", Keeps.Everything, static (stage, s) =>
    {
        var ticks = stage.StartTicks();
        return s.ShapeText(
            static item => item.Letters == " " ? null : item.Letters,
            static (_, text) => ToItem(text),
            text => new EndsLate(text, ticks));
    });

    /// <summary>The shape speaks by itself, too.</summary>
    public static readonly Query ShapeTextFlushed = new("ShapeText(Sentences(flushAfter))", Keeps.Everything, static (stage, s) =>
    {
        var ticks = stage.StartTicks();
        return s.ShapeText(
            static item => item.Letters == " " ? null : item.Letters,
            static (_, text) => ToItem(text),
            text => text.Sentences(Ticks.One, ticks));
    });

    private static Query OfText(string name, Func<Stage, IObservable<string>, IObservable<string>> apply) =>
        new(name, Keeps.Everything, (stage, s) => apply(stage, s.Select(static item => item.Letters)).Select(ToItem));

    private static Item ToItem(string text) => new(text, static () => true);

    /// <summary>What comes at once, and its end when a timer rings.</summary>
    private sealed class EndsLate(IObservable<string> text, Ticks ticks) : IObservable<string>
    {
        public IDisposable Subscribe(IObserver<string> observer) => text.Subscribe(
            observer.OnNext,
            observer.OnError,
            () => ticks.Schedule(observer, Ticks.One, static (_, observer) =>
            {
                observer.OnCompleted();
                return System.Reactive.Disposables.Disposable.Empty;
            }));
    }
}
