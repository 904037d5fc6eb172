using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>Failures, items, timers, cancellations and leavings in one instant: what comes of them in the order of scheduling, and in every other.</summary>
public class SecondTriesOrderTests
{
    private const int Orders = 60;

    private static readonly Exception Other = new NotSupportedException("of the other source");

    private static TimeSpan Ms(int frames) => TimeSpan.FromMilliseconds(frames);

    // Hedge, with a delay that is over at 10

    [TestCase("----------a-b|", "-x|", "10:a 12:b 13:|, 1/1, 0/0", "10:a 12:b 13:|, 1/1, 1/1", Description = "the item in the instant of the delay")]
    [TestCase("----------|", "-x|", "10:|, 1/1, 0/0", "10:|, 1/1, 1/1", Description = "the end in the instant of the delay")]
    [TestCase("----------#", "-x|", "11:x 12:|, 1/1, 1/1", Description = "the failure in the instant of the delay")]
    [TestCase("------------a|", "--x|", "12:a 13:|, 1/1, 1/1", "12:x 13:|, 1/1, 1/1", Description = "both items")]
    [TestCase("------------|", "--x|", "12:|, 1/1, 1/1", "12:x 13:|, 1/1, 1/1", Description = "an end and an item")]
    [TestCase("------------#", "--x|", "12:x 13:|, 1/1, 1/1", Description = "a failure and an item")]
    [TestCase("------------a|", "--#", "12:a 13:|, 1/1, 1/1", Description = "an item and a failure")]
    [TestCase("------------#", "--#", "12:#AggregateException, 1/1, 1/1", Description = "both failures")]
    [TestCase("------------#", "--|", "12:|, 1/1, 1/1", Description = "a failure and an end")]
    [TestCase("----------a|", "x|", "10:a 11:|, 1/1, 0/0", "10:a 11:|, 1/1, 1/1", "10:x 11:|, 1/1, 1/1", Description = "the item, the delay, and a second source that is ready")]
    public void Hedge(string first, string second, params string[] outcomes) => Check(m => Hedged(m, first, second, default), outcomes);

    [TestCase(10, "-------------", "-x|", "10:#OperationCanceledException, 1/1, 0/0", "10:#OperationCanceledException, 1/1, 1/1", Description = "the delay")]
    [TestCase(10, "----------#", "-x|", "10:#OperationCanceledException, 1/1, 0/0", "10:#OperationCanceledException, 1/1, 1/1", Description = "the failure of the first, and the delay")]
    [TestCase(12, "------------a---", "-----x|", "12:#OperationCanceledException, 1/1, 1/1", "12:a 12:#OperationCanceledException, 1/1, 1/1", Description = "the first item")]
    [TestCase(12, "------------a---", "--x---", "12:#OperationCanceledException, 1/1, 1/1", "12:a 12:#OperationCanceledException, 1/1, 1/1", "12:x 12:#OperationCanceledException, 1/1, 1/1", Description = "both items")]
    [TestCase(12, "------------|", "--|", "12:#OperationCanceledException, 1/1, 1/1", "12:|, 1/1, 1/1", Description = "both ends")]
    [TestCase(12, "------------#", "--#", "12:#OperationCanceledException, 1/1, 1/1", "12:#AggregateException, 1/1, 1/1", Description = "both failures")]
    public void Hedge_Cancelled(int frame, string first, string second, params string[] outcomes) => Check(m =>
    {
        var cancellation = new CancellationTokenSource();
        m.At(frame, cancellation.Cancel);
        return Hedged(m, first, second, cancellation.Token);
    }, outcomes);

    [TestCase(10, "-------------", "-x|", "10:|, 1/1, 0/0", "10:|, 1/1, 1/1", Description = "the delay")]
    [TestCase(12, "------------a---", "--x---", "12:|, 1/1, 1/1", "12:a 12:|, 1/1, 1/1", "12:x 12:|, 1/1, 1/1", Description = "both items")]
    [TestCase(12, "------------#", "--#", "12:|, 1/1, 1/1", "12:#AggregateException, 1/1, 1/1", Description = "both failures")]
    public void Hedge_Left(int frame, string first, string second, params string[] outcomes) => Check(m => Hedged(m, first, second, default, frame), outcomes);

    private static Func<string> Hedged(MarbleTest m, string first, string second, CancellationToken cancellationToken, int? leavesAt = null)
    {
        var sources = new[] { m.Pull(first, Marbles.Failure), m.Pull(second, Other) };
        return Consume(m, sources[0].Hedge(Ms(10), sources[1], m.Clock), cancellationToken, leavesAt, sources);
    }

    // RetryBeforeFirst, whose first try fails at 3 and whose second begins at 8

    [TestCase("-a-b|", "9:a 11:b 12:|, 1/1, 1/1")]
    [TestCase("ab|", "8:a 9:b 10:|, 1/1, 1/1")]
    public void RetryBeforeFirst(string second, params string[] outcomes) => Check(m => Retried(m, second, default), outcomes);

    [TestCase(3, "a|", "3:#OperationCanceledException, 1/1, 0/0", Description = "the failure of the first try")]
    [TestCase(8, "--a|", "8:#OperationCanceledException, 1/1, 0/0", "8:#OperationCanceledException, 1/1, 1/1", Description = "the end of the delay")]
    [TestCase(8, "a---", "8:#OperationCanceledException, 1/1, 0/0", "8:#OperationCanceledException, 1/1, 1/1", "8:a 8:#OperationCanceledException, 1/1, 1/1", Description = "the end of the delay, and an item that is ready")]
    [TestCase(10, "--a---", "10:#OperationCanceledException, 1/1, 1/1", "10:a 10:#OperationCanceledException, 1/1, 1/1", Description = "the item")]
    [TestCase(10, "--#", "10:#OperationCanceledException, 1/1, 1/1", "10:#NotSupportedException, 1/1, 1/1", Description = "the last failure")]
    public void RetryBeforeFirst_Cancelled(int frame, string second, params string[] outcomes) => Check(m =>
    {
        var cancellation = new CancellationTokenSource();
        m.At(frame, cancellation.Cancel);
        return Retried(m, second, cancellation.Token);
    }, outcomes);

    [TestCase(3, "a|", "3:|, 1/1, 0/0", Description = "the failure of the first try")]
    [TestCase(8, "--a|", "8:|, 1/1, 0/0", "8:|, 1/1, 1/1", Description = "the end of the delay")]
    public void RetryBeforeFirst_Left(int frame, string second, params string[] outcomes) => Check(m => Retried(m, second, default, frame), outcomes);

    private static Func<string> Retried(MarbleTest m, string second, CancellationToken cancellationToken, int? leavesAt = null)
    {
        var sources = new[] { m.Pull("---#", Marbles.Failure), m.Pull(second, Other) };
        return Consume(m, new SourceInTurn<string>(sources).RetryBeforeFirst(1, (_, _) => Ms(5), m.Clock), cancellationToken, leavesAt, sources);
    }

    // ResumeWith, which breaks off at 3

    [TestCase("-a-[b#]", "cd|", "1:a 3:b 3:c 4:d 5:|, 1/1, 1/1")]
    [TestCase("-a-[bc#]", "bcd|", "1:a 3:b 3:c 5:d 6:|, 1/1, 1/1", Description = "an overlap")]
    [TestCase("-a-[bc#]", "b[cd|]", "1:a 3:b 3:c 4:d 4:|, 1/1, 1/1", Description = "an overlap that ends in an instant with what is new")]
    [TestCase("-a-[bc#]", "[xy|]", "1:a 3:b 3:c 3:… 3:x 3:y 3:|, 1/1, 1/1", Description = "no overlap")]
    [TestCase("-a-[bc#]", "[b#]", "1:a 3:b 3:c 3:#NotSupportedException, 1/1, 1/1", Description = "nothing new")]
    public void ResumeWith(string first, string second, params string[] outcomes) => Check(m => Resumed(m, first, second, default), outcomes);

    [TestCase(3, "-a-#", "b|", "1:a 3:#OperationCanceledException, 1/1, 0/0", "1:a 3:b 3:#OperationCanceledException, 1/1, 1/1", Description = "the break, and an item that is ready")]
    [TestCase(3, "-a-#", "--b|", "1:a 3:#OperationCanceledException, 1/1, 0/0", "1:a 3:#OperationCanceledException, 1/1, 1/1", Description = "the break")]
    [TestCase(5, "-a-#", "--b---", "1:a 5:#OperationCanceledException, 1/1, 1/1", "1:a 5:b 5:#OperationCanceledException, 1/1, 1/1", Description = "the first item that is new")]
    public void ResumeWith_Cancelled(int frame, string first, string second, params string[] outcomes) => Check(m =>
    {
        var cancellation = new CancellationTokenSource();
        m.At(frame, cancellation.Cancel);
        return Resumed(m, first, second, cancellation.Token);
    }, outcomes);

    [TestCase(3, "-a-#", "--b|", "1:a 3:|, 1/1, 0/0", "1:a 3:|, 1/1, 1/1", Description = "the break")]
    [TestCase(4, "abc#", "b-[cd]---", "0:a 1:b 2:c 4:|, 1/1, 1/1", Description = "in the middle of an overlap")]
    public void ResumeWith_Left(int frame, string first, string second, params string[] outcomes) => Check(m => Resumed(m, first, second, default, frame), outcomes);

    private static Func<string> Resumed(MarbleTest m, string first, string second, CancellationToken cancellationToken, int? leavesAt = null)
    {
        var sources = new[] { m.Pull(first, Marbles.Failure), m.Pull(second, Other) };
        var stream = second[0] is 'b' or '[' && first.Contains('c')
            ? sources[0].ResumeWith((string _, Exception failure) => failure == Marbles.Failure ? sources[1] : null, 2, 2, "…")
            : sources[0].ResumeWith((string _, Exception failure) => failure == Marbles.Failure ? sources[1] : null, 2);
        return Consume(m, stream, cancellationToken, leavesAt, sources);
    }

    /// <returns>Says what was received, and how often each source was enumerated and disposed.</returns>
    private static Func<string> Consume(MarbleTest m, IAsyncEnumerable<string> stream, CancellationToken cancellationToken, int? leavesAt, PullProbe<string>[] sources)
    {
        var consumer = m.Clock.Consume(stream, cancellationToken);
        m.At(0, () => _ = consumer.AskForAll());
        Task? leaving = null;
        if (leavesAt is { } frame)
            m.At(frame, () => leaving = consumer.Leave());
        return () =>
        {
            Assert.That(leaving is null || leaving.IsCompletedSuccessfully, Is.True, "free");
            Assert.That(sources.SelectMany(s => s.Violations), Is.Empty);
            return string.Join(", ", [Marbles.Show(consumer.Received), .. sources.Select(s => $"{s.Enumerations.Count}/{s.Disposals.Count}")]);
        };
    }

    /// <param name="play">Sets it up, and returns what says how it went.</param>
    /// <param name="outcomes">What comes of it in the order of scheduling, then what else may come of it in another.</param>
    private static void Check(Func<MarbleTest, Func<string>> play, string[] outcomes)
    {
        var first = "";
        MarbleTest.Run(m => Play(m, outcome => first = outcome));
        var seen = new HashSet<string>();
        MarbleTest.Explore(m => Play(m, outcome => seen.Add(outcome)), Orders);
        Assert.That(first, Is.EqualTo(outcomes[0]));
        Assert.That(seen, Is.SubsetOf(outcomes));

        void Play(MarbleTest m, Action<string> tell)
        {
            var outcome = play(m);
            m.Flush();
            tell(outcome());
        }
    }
}
