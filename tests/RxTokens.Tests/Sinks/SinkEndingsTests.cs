using System.Reactive.Concurrency;
using System.Threading.Channels;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>The promises about endings that every sink keeps, over all of them; on one thread.</summary>
public class SinkEndingsTests
{
    private static readonly Sink[] Sinks =
    [
        new("CopyToAsync", (source, token) => source.CopyToAsync(Channel.CreateBounded<int>(1000).Writer, cancellationToken: token)),
        new("CopyToAsync leaveOpen", (source, token) => source.CopyToAsync(Channel.CreateBounded<int>(1000).Writer, leaveOpen: true, cancellationToken: token)),
        new("RenderOnAsync scheduler", (source, token) => source.RenderOnAsync(ImmediateScheduler.Instance, _ => { }, token)),
        new("RenderOnAsync scheduler, async", (source, token) => source.RenderOnAsync(ImmediateScheduler.Instance, _ => ValueTask.CompletedTask, token)),
        new("RenderOnAsync context", (source, token) => source.RenderOnAsync(new ContextAtOnce(), _ => { }, token)),
        new("RenderOnAsync context, async", (source, token) => source.RenderOnAsync(new ContextAtOnce(), _ => ValueTask.CompletedTask, token)),
    ];

    // Cancellation

    [TestCaseSource(nameof(Sinks))]
    public void CancelledBeforeTheStart_BeginsNothing(object sink)
    {
        var cancelled = new CancellationToken(canceled: true);
        var source = new Source { OnRead = _ => new(true) };

        ExpectCancelled(((Sink)sink).Run(source, cancelled), cancelled);

        Assert.That((source.Enumerations, source.Reads), Is.EqualTo((0, 0)));
    }

    [TestCaseSource(nameof(Sinks))]
    public void CancelledWhileAllIsReady_ReadsNoMore(object sink)
    {
        using var cancellation = new CancellationTokenSource();
        var source = new Source();
        source.OnRead = _ =>
        {
            if (source.Reads == 3)
                cancellation.Cancel();
            return new(true);
        };

        ExpectCancelled(((Sink)sink).Run(source, cancellation.Token), cancellation.Token);

        Assert.That((source.Reads, source.Disposals), Is.EqualTo((3, 1)));
    }

    [TestCaseSource(nameof(Sinks))]
    public void CancelledDuringARead_ThatEndsQuietly_DoesNotLookComplete(object sink)
    {
        using var cancellation = new CancellationTokenSource();
        var source = new Source();
        var running = ((Sink)sink).Run(source, cancellation.Token);

        cancellation.Cancel();
        Assert.That((source.Token.IsCancellationRequested, running.IsCompleted, source.Disposals), Is.EqualTo((true, false, 0)));
        source.Pending.SetResult(false);

        ExpectCancelled(running, cancellation.Token);
        Assert.That((source.Disposals, source.Violations), Is.EqualTo((1, 0)));
    }

    [TestCaseSource(nameof(Sinks))]
    public void CancelledInARead_ThatIsReadyWithTheEnd_DoesNotLookComplete(object sink)
    {
        using var cancellation = new CancellationTokenSource();
        var source = new Source
        {
            OnRead = _ =>
            {
                cancellation.Cancel();
                return new(false);
            },
        };

        ExpectCancelled(((Sink)sink).Run(source, cancellation.Token), cancellation.Token);
    }

    [TestCaseSource(nameof(Sinks))]
    public void CancelledDuringARead_ThatSaysSoWithATokenOfItsOwn_TellsTheCallers(object sink)
    {
        using var cancellation = new CancellationTokenSource();
        var source = new Source();
        var running = ((Sink)sink).Run(source, cancellation.Token);

        cancellation.Cancel();
        source.Pending.SetException(new OperationCanceledException(new CancellationToken(canceled: true)));

        ExpectCancelled(running, cancellation.Token);
    }

    [TestCaseSource(nameof(Sinks))]
    public void Cancelled_WithAReadAndADisposalThatFail_TellsAll(object sink)
    {
        using var cancellation = new CancellationTokenSource();
        var source = new Source { DisposalFailure = new IOException("disposal") };
        var running = ((Sink)sink).Run(source, cancellation.Token);

        cancellation.Cancel();
        source.Pending.SetException(new InvalidDataException("read"));

        Assert.That(Kinds(running), Is.EqualTo("OperationCanceledException, InvalidDataException, IOException"));
    }

    [TestCaseSource(nameof(Sinks))]
    public void CancelledBySomebodyElse_ArrivesAsItIs(object sink)
    {
        var failure = new OperationCanceledException("a limit of its own");

        Assert.That(() => ((Sink)sink).Run(new Source { OnRead = _ => throw failure }, CancellationToken.None), Throws.Exception.SameAs(failure));
    }

    // Failures

    [TestCaseSource(nameof(Sinks))]
    public void AFailure_AndThatOfTheCleanUp_ArriveTogether(object sink)
    {
        var source = new Source { OnRead = _ => throw new InvalidDataException("read"), DisposalFailure = new IOException("disposal") };

        Assert.That(Kinds(((Sink)sink).Run(source, CancellationToken.None)), Is.EqualTo("InvalidDataException, IOException"));
        Assert.That(source.Disposals, Is.EqualTo(1));
    }

    [TestCaseSource(nameof(Sinks))]
    public void TheCleanUpsFailure_Alone_ArrivesAsItIs(object sink)
    {
        var source = new Source { OnRead = _ => new(false), DisposalFailure = new TaskCanceledException("a limit of its own") };

        Assert.That(() => ((Sink)sink).Run(source, CancellationToken.None), Throws.Exception.SameAs(source.DisposalFailure));
    }

    [Test]
    public void ARenderThatThrows_AndTheCleanUp_ArriveTogether()
    {
        var source = new Source { OnRead = _ => new(true), DisposalFailure = new IOException("disposal") };

        Assert.That(
            Kinds(source.RenderOnAsync(ImmediateScheduler.Instance, new Action<int>(_ => throw new FormatException("render")))),
            Is.EqualTo("FormatException, IOException"));
        Assert.That(
            Kinds(source.RenderOnAsync(ImmediateScheduler.Instance, _ => ValueTask.FromException(new FormatException("render")))),
            Is.EqualTo("FormatException, IOException"));
    }

    [Test]
    public void TheReaderOfAChannel_IsToldWhatTheTaskIsTold()
    {
        using var cancellation = new CancellationTokenSource();
        var source = new Source();
        var channel = Channel.CreateBounded<int>(1);
        _ = source.CopyToAsync(channel.Writer, cancellationToken: cancellation.Token);
        cancellation.Cancel();
        source.Pending.SetResult(false);
        Assert.That(() => channel.Reader.ReadAllAsync().Drain(), Throws.InstanceOf<OperationCanceledException>());

        channel = Channel.CreateBounded<int>(1);
        _ = new Source { OnRead = _ => throw new InvalidDataException("read"), DisposalFailure = new IOException("disposal") }.CopyToAsync(channel.Writer);
        Assert.That(
            () => channel.Reader.ReadAllAsync().Drain(),
            Throws.TypeOf<AggregateException>().With.InnerException.TypeOf<InvalidDataException>());
    }

    private static void ExpectCancelled(Task task, CancellationToken token)
    {
        Assert.That(task.IsCanceled, Is.True, task.Status.ToString());
        Assert.That(() => task, Throws.InstanceOf<OperationCanceledException>().With.Property("CancellationToken").EqualTo(token));
    }

    private static string Kinds(Task task) => string.Join(", ", task.Exception!.Flatten().InnerExceptions.Select(e => e.GetType().Name));

    private sealed record Sink(string Name, Func<IAsyncEnumerable<int>, CancellationToken, Task> Run)
    {
        public override string ToString() => Name;
    }

    private sealed class ContextAtOnce : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state) => d(state);
    }

    /// <summary>Answers when the test says so, or as a function does, whatever becomes of its token.</summary>
    private sealed class Source : IAsyncEnumerable<int>, IAsyncEnumerator<int>
    {
        private bool _isReading;

        public Func<CancellationToken, ValueTask<bool>>? OnRead { get; set; }

        public Exception? DisposalFailure { get; init; }

        public TaskCompletionSource<bool> Pending { get; } = new();

        public CancellationToken Token { get; private set; }

        public int Enumerations { get; private set; }

        public int Reads { get; private set; }

        public int Disposals { get; private set; }

        public int Violations { get; private set; }

        public int Current => Reads;

        public IAsyncEnumerator<int> GetAsyncEnumerator(CancellationToken cancellationToken = default)
        {
            Token = cancellationToken;
            Enumerations++;
            return this;
        }

        public async ValueTask<bool> MoveNextAsync()
        {
            Reads++;
            _isReading = true;
            try
            {
                return await (OnRead?.Invoke(Token) ?? new ValueTask<bool>(Pending.Task));
            }
            finally
            {
                _isReading = false;
            }
        }

        public ValueTask DisposeAsync()
        {
            Disposals++;
            if (_isReading)
                Violations++;
            return DisposalFailure is null ? default : ValueTask.FromException(DisposalFailure);
        }
    }
}
