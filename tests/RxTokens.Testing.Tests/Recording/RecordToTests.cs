using System.Reactive.Linq;
using System.Text.Json.Serialization;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>What is enumerated through RecordTo is what the source delivers, read when it is asked for, and written line by line.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public partial class RecordToTests
{
    private readonly VirtualClock _clock = new();
    private readonly Tape _tape = new();

    /// <summary>A type that JSON has no words for.</summary>
    public sealed record Endless(int Id)
    {
        public Endless? Self => this;
    }

    [JsonSerializable(typeof(Endless))]
    private sealed partial class EndlessJson : JsonSerializerContext;

    [Test]
    public void Arguments_AreChecked()
    {
        var source = _clock.Pull("a|");

        Assert.That(() => ((IAsyncEnumerable<string>)null!).RecordTo(_tape, TimeProvider.System), Throws.ArgumentNullException);
        Assert.That(() => source.RecordTo(null!, TimeProvider.System), Throws.ArgumentNullException);
        Assert.That(() => source.RecordTo(_tape, null!), Throws.ArgumentNullException);
        Assert.That(() => source.RecordTo(_tape, TimeProvider.System, itemType: null!), Throws.ArgumentNullException);
        Assert.That(() => StreamRecording.Save(null!, _tape), Throws.ArgumentNullException);
        Assert.That(() => new StreamRecording<string>([]).Save(null!), Throws.ArgumentNullException);
        Assert.That(() => StreamRecording.Load((TextReader)null!), Throws.ArgumentNullException);
        Assert.That(() => StreamRecording.Load((string)null!), Throws.ArgumentNullException);
    }

    [Test]
    public void Items_ArePassedOn_AndWrittenWithTheirTimes()
    {
        var (source, screen) = Record("-a--(bc)|");
        _clock.At(0, () => _ = screen.AskForAll());
        _clock.AdvanceToFrame(100);

        Assert.That(screen.Received.Select(m => m.ToString()), Is.EqualTo(new[] { "1:a", "4:b", "4:c", "8:|" }));
        Assert.That(_tape.Lines, Is.EqualTo(new[]
        {
            """{"recording":"rxtokens","version":1,"name":"tape"}""",
            """{"ms":1,"item":"a"}""",
            """{"ms":4,"item":"b"}""",
            """{"ms":4,"item":"c"}""",
            """{"ms":8,"end":"completed"}""",
        }));
        Assert.That(source.Violations, Is.Empty);
        Assert.That(source.Disposals, Is.EqualTo(new[] { 8 }));
    }

    /// <summary>The documented limit: a pull source is asked only as its consumer reads.</summary>
    [Test]
    public void NothingIsReadAhead_AndASlowConsumersPaceIsInTheRecording()
    {
        var (source, screen) = Record("abc|");
        screen.AskAt(10, 20);
        _clock.AdvanceToFrame(100);

        Assert.That(source.Enumerations, Is.EqualTo(new[] { 10 }));
        Assert.That(source.Reads, Is.EqualTo(new[] { 10, 20 }));
        Assert.That(_tape.Lines.Skip(1), Is.EqualTo(new[] { """{"ms":0,"item":"a"}""", """{"ms":10,"item":"b"}""" }));
    }

    [Test]
    public void BeforeAConflate_TheSourcesOwnPaceIsRecorded()
    {
        var source = _clock.Pull("abc|");
        var screen = _clock.Consume(source.RecordTo(_tape, _clock.AsTimeProvider()).Conflate());
        screen.AskAt(0, 50, 60);
        _clock.AdvanceToFrame(100);

        Assert.That(screen.Items, Is.EqualTo(new[] { "a", "bc" }));
        Assert.That(Recording.Marbles.Select(m => m.ToString()), Is.EqualTo(new[] { "0:a", "1:b", "2:c", "3:|" }));
    }

    [Test]
    public void EachLine_IsFlushed_BeforeTheItemIsDelivered()
    {
        var (_, screen) = Record("a--b|");
        screen.AskAt(0, 1);
        _clock.AdvanceToFrame(0);
        Assert.That((_tape.Lines.Length, _tape.Unflushed), Is.EqualTo((2, 0)));

        _clock.AdvanceToFrame(3);
        Assert.That((_tape.Lines.Length, _tape.Unflushed), Is.EqualTo((3, 0)));
        Assert.That(_tape.IsDisposed, Is.False);
    }

    [Test]
    public void ARecording_ReplaysAsItWas()
    {
        var (_, screen) = Record("a-(bc)----d---#");
        _clock.At(0, () => _ = screen.AskForAll());
        _clock.AdvanceToFrame(100);

        var replay = _clock.Consume(_clock.Pull(Recording.Marbles));
        _clock.At(100, () => _ = replay.AskForAll());
        _clock.AdvanceToFrame(200);

        Assert.That(
            replay.Received.SkipLast(1).Select(m => (m.Time - TimeSpan.FromMilliseconds(100), m.Notification.Value)),
            Is.EqualTo(screen.Received.SkipLast(1).Select(m => (m.Time, m.Notification.Value))));
        Assert.That(replay.Received[^1].Notification.Exception, Is.TypeOf<RecordedException>().With.Property("OriginalType").EqualTo("RxTokens.MarbleException"));
    }

    [Test]
    public void NothingAsked_NothingWritten()
    {
        var (source, screen) = Record("a|");
        _ = screen.Leave();

        Assert.That(_tape.Text, Is.Empty);
        Assert.That(source.Enumerations, Is.Empty);
    }

    [Test]
    public void AFailureOfTheSource_IsWrittenAndPassedOn()
    {
        var error = new TimeoutException("too late");
        var source = _clock.Pull([Marble.Next(1, "a"), Marble.Error<string>(3, error)]);
        var screen = Consume(source);
        _clock.At(0, () => _ = screen.AskForAll());
        _clock.AdvanceToFrame(100);

        Assert.That(screen.Received[^1].Notification.Exception, Is.SameAs(error));
        Assert.That(_tape.Lines[^1], Is.EqualTo("""{"ms":3,"end":"failed","type":"System.TimeoutException","message":"too late"}"""));
        Assert.That(source.Disposals, Is.EqualTo(new[] { 3 }));
    }

    [Test]
    public void AFailureOfGetAsyncEnumerator_IsWrittenAndPassedOn()
    {
        var source = _clock.Pull("a|");
        source.EnumerationFailure = new IOException("no");
        var screen = Consume(source);
        screen.AskAt(0, 1);
        _clock.AdvanceToFrame(9);

        Assert.That(screen.Received.Select(m => m.ToString()), Is.EqualTo(new[] { "0:# IOException: no", "1:|" }), "and no item after it");
        Assert.That(_tape.Lines[^1], Is.EqualTo("""{"ms":0,"end":"failed","type":"System.IO.IOException","message":"no"}"""));
    }

    [Test]
    public void AFailureOfDisposeAsync_IsTheEnding()
    {
        var source = _clock.Pull("a|");
        source.DisposalFailure = new IOException("no");
        var screen = Consume(source);
        screen.AskAt(0, 1);
        _clock.AdvanceToFrame(9);

        Assert.That(screen.Received[^1].ToString(), Is.EqualTo("1:# IOException: no"));
        Assert.That(_tape.Lines[^1], Does.Contain("\"end\":\"failed\",\"type\":\"System.IO.IOException\""));
        Assert.That(source.Disposals, Has.Count.EqualTo(1));
    }

    [Test]
    public void FailuresOfTheSourceAndOfItsDisposal_AreBothPassedOn()
    {
        var source = _clock.Pull("#");
        source.DisposalFailure = new IOException("no");
        var screen = Consume(source);
        screen.AskAt(0);
        _clock.AdvanceToFrame(9);

        var all = screen.Received[^1].Notification.Exception as AggregateException;
        Assert.That(all?.InnerExceptions.Select(e => e.GetType()), Is.EqualTo(new[] { typeof(MarbleException), typeof(IOException) }));
        Assert.That(_tape.Lines[^1], Does.Contain("System.AggregateException"));
    }

    [TestCase(0, "", TestName = "AWriterThatThrows_OnTheHeader_FailsTheStream")]
    [TestCase(1, "", TestName = "AWriterThatThrows_OnTheFirstItem_FailsTheStream")]
    [TestCase(2, "a", TestName = "AWriterThatThrows_OnTheSecondItem_FailsTheStream")]
    [TestCase(3, "ab", TestName = "AWriterThatThrows_OnTheEnding_FailsTheStream")]
    public void AWriterThatThrows(int lines, string delivered)
    {
        _tape.Capacity = lines;
        var (source, screen) = Record("ab|");
        screen.AskAt(0, 1, 2, 3);
        _clock.AdvanceToFrame(9);

        Assert.That(string.Concat(screen.Items), Is.EqualTo(delivered));
        Assert.That(screen.Received.Single(m => m.Notification.Exception is not null).Notification.Exception, Is.SameAs(_tape.Full));
        Assert.That(_tape.Lines, Has.Length.EqualTo(lines));
        Assert.That(_tape.Refused, Is.EqualTo(1), "it is not written to again");
        Assert.That(source.Disposals, Has.Count.EqualTo(lines == 0 ? 0 : 1), "with the header the source has not begun");
        Assert.That(source.Violations, Is.Empty);
    }

    [Test]
    public void AWriterThatThrowsOnTheFailureOfTheSource_HidesItNot()
    {
        _tape.Capacity = 1;
        var screen = Consume(_clock.Pull("#"));
        screen.AskAt(0);
        _clock.AdvanceToFrame(9);

        var all = screen.Received[^1].Notification.Exception as AggregateException;
        Assert.That(all?.InnerExceptions, Has.Count.EqualTo(2));
        Assert.That(all!.InnerExceptions[0], Is.TypeOf<MarbleException>());
        Assert.That(all.InnerExceptions[1], Is.SameAs(_tape.Full));
    }

    [Test]
    public void AnItemThatIsNoJson_FailsTheStream_AndIsNotHalfWritten()
    {
        var source = _clock.Pull([Marble.Next(0, new Endless(1)), Marble.End<Endless>(1)]);
        var screen = _clock.Consume(source.RecordTo(_tape, _clock.AsTimeProvider(), EndlessJson.Default.Endless));
        screen.AskAt(0);
        _clock.AdvanceToFrame(9);

        Assert.That(screen.Received.Single().Notification.Exception, Is.InstanceOf<InvalidOperationException>(), "it is infinitely deep");
        Assert.That(_tape.Text, Is.EqualTo("{\"recording\":\"rxtokens\",\"version\":1}\n"));
        Assert.That(source.Disposals, Has.Count.EqualTo(1));
    }

    [Test]
    public void AConsumerThatLeaves_LeavesARecordingWithoutAnEnding()
    {
        var (source, screen) = Record("abc|");
        screen.AskAt(0, 1);
        _clock.At(5, () => _ = screen.Leave());
        _clock.AdvanceToFrame(100);

        Assert.That(Recording.ToString(), Is.EqualTo("tape: 2 items in 00:00:00.0010000, broken off"));
        Assert.That(source.Disposals, Is.EqualTo(new[] { 5 }));
        Assert.That(source.Reads, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task ABreak_DisposesTheSource()
    {
        var source = _clock.Pull("(abc|)");

        await foreach (var item in source.RecordTo(_tape, _clock.AsTimeProvider()))
        {
            if (item == "b")
                break;
        }

        Assert.That(Recording.Items, Is.EqualTo(new[] { "a", "b" }));
        Assert.That((source.Reads.Count, source.Disposals.Count), Is.EqualTo((2, 1)));
    }

    [Test]
    public void ACancelledToken_ReachesTheSource_AndIsNoEndingOfTheRecording()
    {
        using var cancellation = new CancellationTokenSource();
        var source = _clock.Pull("a---b|");
        var screen = _clock.Consume(source.RecordTo(_tape, _clock.AsTimeProvider()), cancellation.Token);
        screen.AskAt(0, 1);
        _clock.At(2, cancellation.Cancel);
        _clock.AdvanceToFrame(100);

        Assert.That(screen.Received[^1].Notification.Exception, Is.InstanceOf<OperationCanceledException>());
        Assert.That(screen.Received[^1].Time, Is.EqualTo(TimeSpan.FromMilliseconds(2)));
        Assert.That((source.Cancellations, source.Disposals), Is.EqualTo((new[] { 2L }, new[] { 2L })));
        Assert.That(Recording.HasEnding, Is.False);
    }

    [Test]
    public void ASourceThatCancelsItself_HasFailed()
    {
        var screen = Consume(_clock.Pull([Marble.Error<string>(0, new OperationCanceledException("by the server"))]));
        screen.AskAt(0);
        _clock.AdvanceToFrame(9);

        Assert.That(Recording.Marbles[^1].Notification.Exception!.Message, Is.EqualTo("by the server"));
    }

    [Test]
    public void ASecondEnumeration_Fails_AndWritesNothing()
    {
        var source = _clock.Pull("a|");
        var stream = source.RecordTo(_tape, _clock.AsTimeProvider());
        var first = _clock.Consume(stream).AskAt(0, 5);
        var second = _clock.Consume(stream).AskAt(2);
        _clock.AdvanceToFrame(9);

        Assert.That(second.Received.Single().Notification.Exception, Is.TypeOf<InvalidOperationException>().With.Message.StartsWith("A recording is of one enumeration"));
        Assert.That(source.Enumerations, Has.Count.EqualTo(1));
        Assert.That(first.HasEnded);
        Assert.That(Recording.ToString(), Does.EndWith("completed"));
    }

    /// <summary>No clock may do it, and a recording that goes back could not be read.</summary>
    [Test]
    public void AClockThatGoesBack_StandsStillInTheRecording()
    {
        var clock = new Sundial();
        var screen = _clock.Consume(_clock.Pull("a-b--|").RecordTo(_tape, clock)).AskAt(0, 1, 3);
        _clock.At(1, () => clock.Ticks = 50);
        _clock.At(4, () => clock.Ticks = 20);
        _clock.AdvanceToFrame(9);

        Assert.That(screen.HasEnded);
        Assert.That(Recording.Marbles.Select(m => m.Time.Ticks), Is.EqualTo(new[] { 0, 50, 50 }));
    }

    [Test]
    public async Task ManyItemsThatAreThere_UseNoStack()
    {
        var count = 0;
        await foreach (var _ in Enumerable.Repeat("a", 100_000).ToAsyncEnumerable().RecordTo(TextWriter.Null, TimeProvider.System))
            count++;

        Assert.That(count, Is.EqualTo(100_000));
    }

    private StreamRecording<string> Recording => StreamRecording.Load(new StringReader(_tape.Text));

    private (PullProbe<string> Source, PullConsumer<string> Screen) Record(string diagram)
    {
        var source = _clock.Pull(diagram);
        return (source, Consume(source));
    }

    private PullConsumer<string> Consume(PullProbe<string> source) => _clock.Consume(source.RecordTo(_tape, _clock.AsTimeProvider(), "tape"));

    private sealed class Sundial : TimeProvider
    {
        public long Ticks { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Ticks;
    }

    /// <summary>A file of so many lines, that tells whether they have been flushed.</summary>
    private sealed class Tape : StringWriter
    {
        public int Capacity { get; set; } = int.MaxValue;

        public IOException Full { get; } = new("No space left.");

        public int Refused { get; private set; }

        public int Unflushed { get; private set; }

        public bool IsDisposed { get; private set; }

        public string Text => ToString();

        public string[] Lines => Text.Split('\n')[..^1];

        public override void Write(string? value)
        {
            if (Lines.Length == Capacity)
            {
                Refused++;
                throw Full;
            }

            Unflushed++;
            base.Write(value);
        }

        public override void Flush() => Unflushed = 0;

        protected override void Dispose(bool disposing) => IsDisposed = true;
    }
}
