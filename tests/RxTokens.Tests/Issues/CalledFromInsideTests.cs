using NUnit.Framework;

namespace RxTokens.Tests.Issues;

/// <summary>What the code that a stage calls (a source, a merge function) does with the very stage that calls it.</summary>
public class CalledFromInsideTests
{
    private static readonly PullPipeline[] Operators = Pipelines.All;

    [TestCaseSource(nameof(Operators))]
    public void LeftInsideTheSourcesFirstRead_EndsAtOnce(object pipeline)
    {
        IAsyncEnumerator<string>? reading = null;
        var leaving = Task.FromException(new InvalidOperationException("not left"));
        var source = new ReadySource<string>(_ =>
        {
            leaving = reading!.DisposeAsync().AsTask();
            return "a";
        });
        reading = ((PullPipeline)pipeline).Over(source).GetAsyncEnumerator();
        var asked = reading.MoveNextAsync().AsTask();

        Assert.That(asked.IsCompletedSuccessfully && !asked.Result, Is.True, "who has left gets no item");
        Assert.That(leaving.IsCompletedSuccessfully, Is.True);
        Assert.That(source.Disposals, Is.EqualTo(1));
        Assert.That(source.Reads, Is.LessThanOrEqualTo(1024), "the last of several stages is left; one before it that is reading ahead is told when it rests");
    }

    [Test]
    public void AskedInsideAMerge_IsAnsweredWithWhatIsMerged()
    {
        var clock = new VirtualClock();
        IAsyncEnumerator<string>? reading = null;
        var asked = default(ValueTask<bool>);
        var wasAnswered = false;
        reading = clock.Pull("-a-bc|").Conflate((x, y) =>
        {
            asked = reading!.MoveNextAsync();
            wasAnswered = asked.IsCompleted;
            return x + y;
        }).GetAsyncEnumerator();
        var first = reading.MoveNextAsync().AsTask(); // it waits, so the next answer has to be told from this one
        clock.Start();

        Assert.That(first.Result, Is.True);
        Assert.That(wasAnswered, Is.False, "there is no item yet");
        Assert.That(asked.AsTask().Result, Is.True);
        Assert.That(reading.Current, Is.EqualTo("bc"));
        Assert.That(reading.MoveNextAsync().AsTask().Result, Is.False);
        Assert.That(reading.DisposeAsync().IsCompletedSuccessfully, Is.True);
    }
}
