using System.Reactive.Linq;
using System.Runtime.CompilerServices;
using NUnit.Framework;

namespace RxTokens.Tests.Issues;

/// <summary>
/// Where no read is pending when the query ends by itself or the consumer leaves, the source's token is not cancelled: a clean-up
/// that awaits with the token at hand can finish, as behind LINQ's Take (dotnet/efcore#16353).
/// </summary>
public class LeavingLetsTheCleanUpFinishTests
{
    private VirtualClock _clock = null!;
    private long? _saved;

    [SetUp]
    public void SetUp()
    {
        _clock = new VirtualClock();
        _saved = null;
    }

    private static readonly PullPipeline[] Operators = Pipelines.All;

    /// <summary>Those that do not read all the time.</summary>
    private static readonly PullPipeline[] Resting = [.. Pipelines.All.Where(p => p.ReadAhead is not null)];

    /// <summary>Its items are ready; when it is disposed it saves something, with the token that it has.</summary>
    private async IAsyncEnumerable<string> Source(int count, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        try
        {
            for (var i = 0; i < count; i++)
                yield return i.ToString();
            await _clock.Delay(TimeSpan.FromHours(1), cancellationToken);
        }
        finally
        {
            await _clock.Delay(TimeSpan.FromMilliseconds(5), cancellationToken);
            _saved = _clock.Frame;
        }
    }

    [Test]
    public void AQueryThatEnds_LetsTheCleanUpFinish()
    {
        var consumer = _clock.Consume(Source(10).Through(o => o.Take(3))).AskAt(0, 0, 0, 0);
        _clock.AdvanceToFrame(9);

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:0 0:1 0:2 5:|"));
        Assert.That(_saved, Is.EqualTo(5));
    }

    [Test]
    public void AQueryThatFails_LetsTheCleanUpFinish()
    {
        var consumer = _clock.Consume(Source(10).Through(o => o.Select(x => x == "1" ? throw Marbles.Failure : x))).AskAt(0, 0);
        _clock.AdvanceToFrame(9);

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:0 5:#InvalidDataException"));
        Assert.That(_saved, Is.EqualTo(5));
    }

    [TestCaseSource(nameof(Resting))]
    public void AQueryThatEndsBehind_LetsTheCleanUpFinish(object pipeline)
    {
        var consumer = _clock.Consume(((PullPipeline)pipeline).Over(Source(30)).Through(o => o.Take(1))).AskAt(0, 1);
        _clock.AdvanceToFrame(9);

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:0 6:|"));
        Assert.That(_saved, Is.EqualTo(6));
    }

    [TestCaseSource(nameof(Resting))]
    public void LeavingWhileNothingIsRead_LetsTheCleanUpFinish(object pipeline)
    {
        var consumer = _clock.Consume(((PullPipeline)pipeline).Over(Source(30)));
        _ = consumer.Ask();
        var leaving = consumer.Leave();
        Assert.That(leaving.IsCompleted, Is.False);
        _clock.AdvanceToFrame(9);

        Assert.That(leaving.IsCompletedSuccessfully, Is.True);
        Assert.That(_saved, Is.EqualTo(5));
    }

    [Test]
    public void UnsubscribingWhileNothingIsRead_LetsTheCleanUpFinish()
    {
        var demand = new Demand();
        demand.Request(3);
        var subscription = Source(10).OnDemand(demand).Subscribe();
        subscription.Dispose();
        _clock.AdvanceToFrame(9);

        Assert.That(_saved, Is.EqualTo(5));
    }

    [Test]
    public void TakeOfRx_BehindAsObservable_LetsTheCleanUpFinish()
    {
        Source(10).AsObservable().Take(3).Subscribe();
        _clock.AdvanceToFrame(9);

        Assert.That(_saved, Is.EqualTo(5));
    }

    [TestCaseSource(nameof(Operators))]
    public void LeavingDuringARead_InterruptsIt(object pipeline)
    {
        var source = _clock.Pull("a----b|");
        var consumer = _clock.Consume(((PullPipeline)pipeline).Over(source)).AskAt(0, 1);
        _clock.AdvanceToFrame(3);
        _ = consumer.Leave();

        Assert.That((source.Cancellations.Single(), source.Disposals.Single()), Is.EqualTo((3L, 3L)));
    }
}
