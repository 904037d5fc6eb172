using System.Threading.Channels;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace RxTokens.Tests.Conceptual;

internal static partial class Concept
{
    // <conceptual>
    // Conceptually:
    public static async Task CopyToAsync<T>(this IAsyncEnumerable<T> source, ChannelWriter<T> writer, CancellationToken cancellationToken = default)
    {
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            await foreach (var item in source.WithCancellation(cancellationToken))
                await writer.WriteAsync(item, cancellationToken);
            writer.TryComplete();
        }
        catch (Exception failure)
        {
            writer.TryComplete(failure);
            throw;
        }
    }
    // </conceptual>
}

public partial class ConceptualTests
{
    [Test]
    public void CopyToAsync() => Same(
        from source in SourceCases from consumer in ConsumerCases from cancels in LeavingTimes
        select (source, consumer.Busy, cancels), 120,
        (c, w) => Copy(w, c.source, c.Busy, c.cancels, (source, writer, token) => source.CopyToAsync(writer, cancellationToken: token)),
        (c, w) => Copy(w, c.source, c.Busy, c.cancels, Concept.CopyToAsync));

    private static void Copy(
        World world, SourceCase source, int[] busy, int? cancels, Func<IAsyncEnumerable<int>, ChannelWriter<int>, CancellationToken, Task> copy)
    {
        var cancellation = world.CancelledAt(cancels);
        var writer = new SlowWriter(world, busy);
        world.Await(() => copy(world.PullAtOnce(source), writer, cancellation));
    }

    /// <summary>Of a channel with room for one item, which is taken out after some frames. (A framework's channel lets a writer that waits go on on the pool.)</summary>
    private sealed class SlowWriter(World world, int[] busy) : ChannelWriter<int>
    {
        private TaskCompletionSource _room = new();
        private int _written;

        public override bool TryWrite(int item)
        {
            if (_written > 0 && !_room.Task.IsCompleted)
                return false;

            world.Log("written", item);
            _room = new();
            world.Clock.At(world.Clock.Frame + busy[_written++ % busy.Length], _room.SetResult);
            return true;
        }

        public override async ValueTask<bool> WaitToWriteAsync(CancellationToken cancellationToken = default)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_written > 0)
                await _room.Task.WaitAsync(cancellationToken);
            return true;
        }

        public override bool TryComplete(Exception? error = null)
        {
            world.Log("channel", error is null ? "completed" : error is OperationCanceledException ? "cancelled" : error.GetType().Name);
            return true;
        }
    }
}
