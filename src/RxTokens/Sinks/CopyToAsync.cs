using System.Reactive.Concurrency;
using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace RxTokens;

public static partial class TokenStream
{
    /// <summary>Writes every item to a channel, at the channel's pace, and completes the channel whichever way the copying ends.</summary>
    /// <remarks>
    /// <code>
    /// source  ab-c|
    /// result  ab-c|    // what is written
    /// </code>
    /// <para>Two streams can feed one channel: with <paramref name="leaveOpen"/> neither completes it, and whoever awaits both does.</para>
    /// <code>
    /// try
    /// {
    ///     await Task.WhenAll(a.CopyToAsync(writer, leaveOpen: true), b.CopyToAsync(writer, leaveOpen: true));
    ///     writer.Complete();
    /// }
    /// catch (Exception failure)
    /// {
    ///     writer.Complete(failure);
    /// }
    /// </code>
    /// <para><b>Demand:</b> asks for the next item when the channel has taken the one before.</para>
    /// <para><b>Errors:</b> a failure of the source, and a cancellation, complete the channel with that exception and fail the task with it;
    /// what was cancelled never looks complete, however quietly the source ends at that. If the disposal of the source fails too, both
    /// arrive in one <see cref="AggregateException"/>, first what came first. With <paramref name="leaveOpen"/> they fail the task alone.
    /// A channel that was completed by somebody else, its reader say, before the source has ended fails the task with
    /// <see cref="ChannelClosedException"/>. A channel tells nobody that it was completed, so while the source is silent the copying
    /// looks ten times a second; then it cancels the source's token.</para>
    /// <para><b>Disposal:</b> the source is disposed before the channel is completed. A cancelled copying reads nothing more; an item that
    /// waits for room in the channel is dropped.</para>
    /// <para><b>Threading:</b> no context is captured.</para>
    /// <code>
    /// // Conceptually:
    /// public static async Task CopyToAsync&lt;T>(this IAsyncEnumerable&lt;T> source, ChannelWriter&lt;T> writer, CancellationToken cancellationToken = default)
    /// {
    ///     try
    ///     {
    ///         cancellationToken.ThrowIfCancellationRequested();
    ///         await foreach (var item in source.WithCancellation(cancellationToken))
    ///             await writer.WriteAsync(item, cancellationToken);
    ///         writer.TryComplete();
    ///     }
    ///     catch (Exception failure)
    ///     {
    ///         writer.TryComplete(failure);
    ///         throw;
    ///     }
    /// }
    /// </code>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <param name="source">The pull source.</param>
    /// <param name="writer">The channel's writing side; unless <paramref name="leaveOpen"/> it is completed in every ending, so nobody else need do it.</param>
    /// <param name="leaveOpen">Whether the channel is never completed by this, neither at the source's end nor with a failure or a cancellation.</param>
    /// <param name="cancellationToken">Stops the copying.</param>
    /// <param name="scheduler">By whose time it looks whether the channel is still open while the source is silent; the default scheduler's if null.</param>
    /// <returns>A task that ends when the source has ended and, unless <paramref name="leaveOpen"/>, the channel is complete.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="writer"/> is null.</exception>
    public static Task CopyToAsync<TSource>(
        this IAsyncEnumerable<TSource> source, ChannelWriter<TSource> writer, bool leaveOpen = false,
        CancellationToken cancellationToken = default, IScheduler? scheduler = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(writer);

        return new ChannelCopy<TSource>(writer, cancellationToken).RunAsync(source, leaveOpen, scheduler ?? DefaultScheduler.Instance);
    }
}

/// <summary>One copying, and its look-out for a channel that somebody else completes.</summary>
/// <remarks>
/// Two parties meet here, the copying and the look-out; of the fields that change there is one.
/// <code>
/// field      written by                          read by      ordered by
/// _closed    either, once, interlocked           the copying  itself; then _reading is cancelled
/// _reading   the caller's token, the look-out    the source   a CancellationTokenSource is safe
/// </code>
/// </remarks>
internal sealed class ChannelCopy<TSource>(ChannelWriter<TSource> writer, CancellationToken callerToken)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly CancellationTokenSource _reading = new();
    private ChannelClosedException? _closed;

    public async Task RunAsync(IAsyncEnumerable<TSource> source, bool leaveOpen, IScheduler scheduler)
    {
        try
        {
            using (callerToken.UnsafeRegister(static r => Unobserved.Cancel((CancellationTokenSource)r!), _reading))
            using (LookOut(scheduler))
                await Consumption.ForEachAsync(source, _reading.Token, WriteAsync, WhyCalledOff).ConfigureAwait(false);

            var closed = leaveOpen ? ClosedNow() : writer.TryComplete() ? null : new ChannelClosedException();
            if (closed is not null)
                throw closed;
        }
        catch (Exception failure) when (!leaveOpen)
        {
            writer.TryComplete(failure);
            throw;
        }
    }

    private Exception? WhyCalledOff() =>
        callerToken.IsCancellationRequested ? new OperationCanceledException(callerToken) : Volatile.Read(ref _closed);

    private ValueTask WriteAsync(TSource item) => writer.TryWrite(item) ? default : WriteWhenThereIsRoomAsync(item);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WriteWhenThereIsRoomAsync(TSource item)
    {
        try
        {
            await writer.WriteAsync(item, _reading.Token).ConfigureAwait(false);
        }
        catch (ChannelClosedException closed)
        {
            throw Interlocked.CompareExchange(ref _closed, closed, null) ?? closed;
        }
    }

    /// <summary>Looks now and then; where the channel is full, the look lasts until there is room.</summary>
    private IDisposable LookOut(IScheduler scheduler) => scheduler.ScheduleAsync(Pause, async (time, over) =>
    {
        ChannelClosedException? closed;
        while ((closed = await ClosedAsync(over).ConfigureAwait(false)) is null)
            await time.Sleep(Pause, over).ConfigureAwait(false);

        Interlocked.CompareExchange(ref _closed, closed, null);
        Unobserved.Cancel(_reading);
    });

    private ChannelClosedException? ClosedNow()
    {
        var look = ClosedAsync(CancellationToken.None).AsTask();
        return look.IsCompleted ? look.Result : null; // full, and so open
    }

    private async ValueTask<ChannelClosedException?> ClosedAsync(CancellationToken over)
    {
        try
        {
            return await writer.WaitToWriteAsync(over).ConfigureAwait(false) ? null : new ChannelClosedException();
        }
        catch (Exception failure) when (!over.IsCancellationRequested)
        {
            return new ChannelClosedException(failure);
        }
    }
}
