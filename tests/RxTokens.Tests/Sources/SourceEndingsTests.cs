using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>The promises about endings that every source keeps which reads something else, over all of them; on one thread.</summary>
public class SourceEndingsTests
{
    private static readonly Kind[] Kinds =
    [
        new("FromStream", (feed, token) => new Reader<ReadOnlyMemory<byte>>(TokenStream.FromStream(feed), token)),
        new("FromStream DecodeUtf8", (feed, token) => new Reader<string>(TokenStream.FromStream(feed).DecodeUtf8(), token)),
        new("DecodeUtf8", (feed, token) => new Reader<string>(feed.DecodeUtf8(), token)),
    ];

    // Cancellation

    [TestCaseSource(nameof(Kinds))]
    public void CancelledBeforeTheStart_ReadsNothing(object kind)
    {
        var cancelled = new CancellationToken(canceled: true);
        var feed = new Feed { OnRead = _ => new(1) };
        var reader = ((Kind)kind).Read(feed, cancelled);

        ExpectCancelled(reader.Ask(), cancelled);
        Assert.That(reader.Ask().Result, Is.False);
        Assert.That(reader.Leave().IsCompletedSuccessfully, Is.True);
        Assert.That(feed.Reads, Is.Zero);
    }

    [TestCaseSource(nameof(Kinds))]
    public void CancelledWhileAllIsReady_ReadsNoMore(object kind)
    {
        using var cancellation = new CancellationTokenSource();
        var feed = new Feed { OnRead = _ => new(1) };
        var reader = ((Kind)kind).Read(feed, cancellation.Token);
        for (var i = 0; i < 3; i++)
            Assert.That(reader.Ask().Result, Is.True);

        cancellation.Cancel();
        Assert.That(feed.Disposals, Is.Zero, "an item that was handed out is good until the consumer comes again");

        ExpectCancelled(reader.Ask(), cancellation.Token);
        Assert.That((feed.Reads, feed.Disposals), Is.EqualTo((3, 1)));
    }

    [TestCaseSource(nameof(Kinds))]
    public void CancelledDuringARead_ThatEndsQuietly_DoesNotLookComplete(object kind)
    {
        using var cancellation = new CancellationTokenSource();
        var feed = new Feed();
        var reader = ((Kind)kind).Read(feed, cancellation.Token);
        var pending = reader.Ask();

        cancellation.Cancel();
        Assert.That((feed.Token.IsCancellationRequested, pending.IsCompleted), Is.EqualTo((true, false)));
        feed.Pending.SetResult(0);

        ExpectCancelled(pending, cancellation.Token);
        Assert.That(feed.Disposals, Is.EqualTo(1));
        Assert.That(reader.Leave().IsCompletedSuccessfully, Is.True);
    }

    [TestCaseSource(nameof(Kinds))]
    public void CancelledInARead_ThatIsReadyWithTheEnd_DoesNotLookComplete(object kind)
    {
        using var cancellation = new CancellationTokenSource();
        var feed = new Feed
        {
            OnRead = _ =>
            {
                cancellation.Cancel();
                return new(0);
            },
        };

        ExpectCancelled(((Kind)kind).Read(feed, cancellation.Token).Ask(), cancellation.Token);
        Assert.That(feed.Disposals, Is.EqualTo(1));
    }

    [TestCaseSource(nameof(Kinds))]
    public void CancelledDuringARead_ThatBringsSomething_ReadsNoMore(object kind)
    {
        using var cancellation = new CancellationTokenSource();
        var feed = new Feed();
        var pending = ((Kind)kind).Read(feed, cancellation.Token).Ask();

        cancellation.Cancel();
        feed.Pending.SetResult(1);

        ExpectCancelled(pending, cancellation.Token);
        Assert.That((feed.Reads, feed.Disposals), Is.EqualTo((1, 1)));
    }

    [TestCaseSource(nameof(Kinds))]
    public void CancelledDuringARead_ThatFails_AsDoesTheDisposal_TellsBothWhenItIsLeft(object kind)
    {
        using var cancellation = new CancellationTokenSource();
        var feed = new Feed { DisposalFailure = new IOException("disposal") };
        var reader = ((Kind)kind).Read(feed, cancellation.Token);
        var pending = reader.Ask();

        cancellation.Cancel();
        feed.Pending.SetException(new InvalidDataException("read"));

        ExpectCancelled(pending, cancellation.Token);
        Assert.That(Messages(reader.Leave()), Does.Contain("read").And.Contain("disposal"));
        Assert.That(feed.Disposals, Is.EqualTo(1));
    }

    [TestCaseSource(nameof(Kinds))]
    public void CancelledByACallerWithAThrowingCallback_EndsAllTheSame(object kind)
    {
        using var cancellation = new CancellationTokenSource();
        var feed = new Feed { OnRead = _ => new(1) };
        var reader = ((Kind)kind).Read(feed, cancellation.Token);
        Assert.That(reader.Ask().Result, Is.True);
        cancellation.Token.Register(() => throw new InvalidDataException());

        Assert.That(() => cancellation.Cancel(throwOnFirstException: true), Throws.TypeOf<InvalidDataException>());

        ExpectCancelled(reader.Ask(), cancellation.Token);
    }

    [TestCaseSource(nameof(Kinds))]
    public void CancelledBySomebodyElse_ArrivesAsItIs(object kind)
    {
        using var cancellation = new CancellationTokenSource();
        var failure = new OperationCanceledException("a limit of its own");
        var feed = new Feed { OnRead = _ => throw failure };

        Assert.That(() => ((Kind)kind).Read(feed, cancellation.Token).Ask(), Throws.Exception.SameAs(failure));
    }

    // Leaving

    [TestCaseSource(nameof(Kinds))]
    public void LeftDuringARead_CancelsAwaitsAndDisposesOnce(object kind)
    {
        var feed = new Feed();
        var reader = ((Kind)kind).Read(feed, CancellationToken.None);
        var pending = reader.Ask();
        var pendingAtTheEnd = false;

        var first = reader.Leave();
        var second = reader.Leave();
        _ = first.ContinueWith(_ => pendingAtTheEnd = !pending.IsCompleted, TaskContinuationOptions.ExecuteSynchronously);
        Assert.That((feed.Token.IsCancellationRequested, feed.Disposals), Is.EqualTo((true, 0)));
        Assert.That((first.IsCompleted, second.IsCompleted, pending.IsCompleted), Is.EqualTo((false, false, false)));
        feed.Pending.SetCanceled(feed.Token);

        Assert.That((pending.Result, pendingAtTheEnd), Is.EqualTo((false, false)), "the read has ended before");
        Assert.That((first.IsCompletedSuccessfully, second.IsCompletedSuccessfully), Is.EqualTo((true, true)));
        Assert.That((feed.Disposals, feed.Violations), Is.EqualTo((1, 0)));
        Assert.That(reader.Ask().Result, Is.False);
    }

    [TestCaseSource(nameof(Kinds))]
    public void LeftDuringARead_ThatIgnoresItsToken_GivesNothing(object kind)
    {
        var feed = new Feed();
        var reader = ((Kind)kind).Read(feed, CancellationToken.None);
        var pending = reader.Ask();
        var leaving = reader.Leave();

        feed.Pending.SetResult(1);

        Assert.That(pending.Result, Is.False);
        Assert.That(leaving.IsCompletedSuccessfully, Is.True);
        Assert.That((feed.Reads, feed.Disposals, feed.Violations), Is.EqualTo((1, 1, 0)));
    }

    [TestCaseSource(nameof(Kinds))]
    public void LeftDuringARead_ThatFails_TellsTheOneWhoLeft(object kind)
    {
        var feed = new Feed { DisposalFailure = new IOException("disposal") };
        var reader = ((Kind)kind).Read(feed, CancellationToken.None);
        var pending = reader.Ask();
        var leaving = reader.Leave();

        feed.Pending.SetException(new InvalidDataException("read"));

        Assert.That(pending.Result, Is.False);
        Assert.That(Messages(leaving), Does.Contain("read").And.Contain("disposal"));
    }

    [TestCaseSource(nameof(Kinds))]
    public void LeftBetweenTwoReads_LetsTheCleanUpFinish(object kind)
    {
        var feed = new Feed { OnRead = _ => new(1) };
        var reader = ((Kind)kind).Read(feed, CancellationToken.None);
        Assert.That(reader.Ask().Result, Is.True);

        Assert.That(reader.Leave().IsCompletedSuccessfully, Is.True);

        Assert.That((feed.Disposals, feed.Token.IsCancellationRequested), Is.EqualTo((1, false)));
    }

    [TestCaseSource(nameof(Kinds))]
    public void LeftWithACleanUp_ThatRunsIntoALimitOfItsOwn_TellsTheOneWhoLeft(object kind)
    {
        var feed = new Feed { OnRead = _ => new(1), DisposalFailure = new TaskCanceledException() };
        var reader = ((Kind)kind).Read(feed, CancellationToken.None);
        Assert.That(reader.Ask().Result, Is.True);

        Assert.That(() => reader.Leave(), Throws.TypeOf<TaskCanceledException>());
    }

    [TestCaseSource(nameof(Kinds))]
    public void LeftWhenItHasEnded_FromInsideTheTelling_DoesNotWait(object kind)
    {
        var feed = new Feed();
        var reader = ((Kind)kind).Read(feed, CancellationToken.None);
        var isOver = false;
        _ = reader.Ask().ContinueWith(_ => isOver = reader.Leave().IsCompleted, TaskContinuationOptions.ExecuteSynchronously);

        feed.Pending.SetResult(0);

        Assert.That(isOver, Is.True);
    }

    // Failures

    [TestCaseSource(nameof(Kinds))]
    public void AFailure_AndThatOfTheCleanUp_ArriveTogether(object kind)
    {
        var failure = new InvalidDataException("read");
        var feed = new Feed { OnRead = _ => throw failure, DisposalFailure = new IOException("disposal") };
        var reader = ((Kind)kind).Read(feed, CancellationToken.None);

        Assert.That(Messages(reader.Ask()), Is.EqualTo("read, disposal"));
        Assert.That(reader.Leave().IsCompletedSuccessfully, Is.True, "it has been told");
        Assert.That(feed.Disposals, Is.EqualTo(1));
    }

    [TestCaseSource(nameof(Kinds))]
    public void TheCleanUpsFailure_AtTheEnd_Arrives(object kind)
    {
        var feed = new Feed { OnRead = _ => new(0), DisposalFailure = new IOException("disposal") };
        var reader = ((Kind)kind).Read(feed, CancellationToken.None);

        Assert.That(() => reader.Ask(), Throws.Exception.SameAs(feed.DisposalFailure));
        Assert.That(reader.Leave().IsCompletedSuccessfully, Is.True);
    }

    [TestCaseSource(nameof(Kinds))]
    public void OverlappingRequests_AreRefused(object kind)
    {
        var feed = new Feed();
        var reader = ((Kind)kind).Read(feed, CancellationToken.None);
        var pending = reader.Ask();

        Assert.That(() => reader.Ask(), Throws.InvalidOperationException.With.Message.Contains("MoveNextAsync"));
        feed.Pending.SetResult(1);

        Assert.That(pending.Result, Is.True);
    }

    private static void ExpectCancelled(Task<bool> request, CancellationToken token)
    {
        Assert.That(request.IsCanceled, Is.True, request.Status.ToString());
        Assert.That(() => request, Throws.InstanceOf<OperationCanceledException>().With.Property("CancellationToken").EqualTo(token));
    }

    private static string Messages(Task task) =>
        string.Join(", ", task.Exception!.Flatten().InnerExceptions.Select(e => e.Message));

    private sealed record Kind(string Name, Func<Feed, CancellationToken, IReader> Read)
    {
        public override string ToString() => Name;
    }

    private interface IReader
    {
        Task<bool> Ask();

        Task Leave();
    }

    private sealed class Reader<T>(IAsyncEnumerable<T> stream, CancellationToken cancellationToken) : IReader
    {
        private readonly IAsyncEnumerator<T> _items = stream.GetAsyncEnumerator(cancellationToken);

        public Task<bool> Ask() => _items.MoveNextAsync().AsTask();

        public Task Leave() => _items.DisposeAsync().AsTask();
    }

    /// <summary>Bytes that come when the test says so, or as a function does; as a stream, and as chunks.</summary>
    private sealed class Feed : MemoryStream, IAsyncEnumerable<ReadOnlyMemory<byte>>, IAsyncEnumerator<ReadOnlyMemory<byte>>
    {
        private bool _isReading;

        public Func<CancellationToken, ValueTask<int>>? OnRead { get; init; }

        public Exception? DisposalFailure { get; init; }

        public TaskCompletionSource<int> Pending { get; } = new();

        public CancellationToken Token { get; private set; }

        public int Reads { get; private set; }

        public int Disposals { get; private set; }

        public int Violations { get; private set; }

        public ReadOnlyMemory<byte> Current { get; } = "a"u8.ToArray();

        public IAsyncEnumerator<ReadOnlyMemory<byte>> GetAsyncEnumerator(CancellationToken cancellationToken = default)
        {
            Token = cancellationToken;
            return this;
        }

        public async ValueTask<bool> MoveNextAsync() => await ReadAsync(new byte[1], Token) > 0;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Token = cancellationToken;
            Reads++;
            _isReading = true;
            try
            {
                buffer.Span[0] = (byte)'a';
                return await (OnRead?.Invoke(cancellationToken) ?? new ValueTask<int>(Pending.Task));
            }
            finally
            {
                _isReading = false;
            }
        }

        public override ValueTask DisposeAsync()
        {
            Disposals++;
            if (_isReading)
                Violations++;
            return DisposalFailure is null ? default : ValueTask.FromException(DisposalFailure);
        }
    }
}
