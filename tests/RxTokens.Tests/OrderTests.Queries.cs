using System.Reactive;
using System.Reactive.Linq;
using NUnit.Framework;

namespace RxTokens.Tests;

// The text and time operators, whose timers ring in the instants of items.
public partial class OrderTests
{
    private const string Failing = "-a-[bc]--d-[ef#]";

    private static readonly string[] Lossless = ["Graphemes", "Words", "Sentences", "BatchBy", "BatchBy, weighed", "ShapeText"];
    private static readonly string[] KeepingTheLast = ["ThrottleLatest", "Audit", "SampleFlush", "DistinctFrames"];
    private static readonly string[] Ours = [.. Lossless, .. KeepingTheLast, "ThrottleFirst"];

    [TestCaseSource(nameof(Ours))]
    public void ATimedOperator_WithoutAConsumerToWaitFor(string name) => Explore(m =>
    {
        var recorder = m.Clock.Record<string>();
        m.At(0, () => OurQuery(name, m.Hot(Source), m).Subscribe(recorder));
        m.Flush();

        Assert.That(recorder.Violations, Is.Empty);
        Assert.That(recorder.Received[^1].Notification.Kind, Is.EqualTo(NotificationKind.OnCompleted));
        CheckItems(name, recorder.Items, Letters);
    });

    [TestCaseSource(nameof(Ours))]
    public void ATimedOperator_WhoseSourceFailsInTheInstantOfItems(string name) => Explore(m =>
    {
        var broken = new InvalidDataException("the source broke");
        var recorder = m.Clock.Record<string>();
        m.At(0, () => OurQuery(name, m.Hot(Failing, broken), m).Subscribe(recorder));
        m.Flush();

        Assert.That(recorder.Violations, Is.Empty);
        Assert.That(recorder.Received[^1].Notification.Exception, Is.SameAs(broken));
        var text = string.Concat(recorder.Items);
        if (name is "Graphemes" or "Words" or "Sentences" or "ShapeText")
            Assert.That(text, Is.EqualTo(Letters));
        else
            Assert.That(text, Is.Ordered.And.Unique);
    });

    [TestCaseSource(nameof(Ours))]
    public void ATimedOperator_LeftInTheInstantOfItemsAndTimers_IsSilent(string name) => Explore(m =>
    {
        var source = m.Hot(Source);
        var recorder = m.Clock.Record<string>();
        var hasLeft = false;
        recorder.OnItem = _ => Assert.That(hasLeft, Is.False);
        IDisposable? subscription = null;
        m.At(0, () => subscription = OurQuery(name, source, m).Subscribe(recorder));
        m.At(6, () =>
        {
            subscription!.Dispose();
            hasLeft = true;
        });
        m.Flush();

        Assert.That(recorder.Violations, Is.Empty);
        Assert.That(string.Concat(recorder.Items), Is.Ordered.And.Unique);
        m.ExpectSubscriptions(source).ToBe("^-----!");
    });

    [TestCaseSource(nameof(Ours))]
    public Task ThroughATimedOperator_WithAConsumerThatIsBusy(string name) => ExploreAsync(async m =>
    {
        var isLossless = Lossless.Contains(name);
        var run = new Run(new PullPipeline(name, s => s.Through(o => OurQuery(name, o, m)), isLossless), m.Pull(Source)) { ReadsOnlyForTheWaiting = true };
        await foreach (var item in run.Stream)
            await m.Delay(2);

        run.Check();
        CheckItems(name, run.Items, Letters);
    });

    private static void CheckItems(string name, IReadOnlyList<string> items, string letters)
    {
        var text = string.Concat(items);
        if (Lossless.Contains(name))
            Assert.That(text, Is.EqualTo(letters));
        else
            Assert.That(text, Is.Ordered.And.Unique);
        if (KeepingTheLast.Contains(name))
            Assert.That(text, Does.EndWith(letters[^1..]));
        if (name is "ThrottleFirst" or "ThrottleLatest" or "DistinctFrames")
            Assert.That(text, Does.StartWith(letters[..1]));
        if (name is "BatchBy")
            Assert.That(items, Has.All.Length.EqualTo(1).Or.Length.EqualTo(2), "never an empty batch");
    }

    /// <summary>Its timers are due when items come.</summary>
    private static IObservable<string> OurQuery(string name, IObservable<string> o, MarbleTest m)
    {
        var period = m.Time("--|");
        return name switch
        {
            "Graphemes" => o.Graphemes(period, m.Clock),
            "Words" => o.Words(period, m.Clock),
            "Sentences" => o.Sentences(period, m.Clock),
            "BatchBy" => o.BatchBy(2, period, m.Clock).Select(b => string.Concat(b)),
            "BatchBy, weighed" => o.BatchBy(3, period, x => x is "b" or "e" ? 2 : 1, 3, m.Clock).Select(b => string.Concat(b)),
            "ShapeText" => o.ShapeText(x => x is "d" ? null : x, (_, x) => x, texts => texts.Sentences(period, m.Clock)),
            "ThrottleLatest" => o.ThrottleLatest(period, m.Clock),
            "Audit" => o.Audit(period, m.Clock),
            "SampleFlush" => o.SampleFlush(period, m.Clock),
            "DistinctFrames" => o.DistinctFrames(period, m.Clock),
            _ => o.ThrottleFirst(period, m.Clock),
        };
    }
}
