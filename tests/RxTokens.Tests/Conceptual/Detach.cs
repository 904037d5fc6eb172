using System.Runtime.CompilerServices;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace RxTokens.Tests.Conceptual;

internal static partial class Concept
{
    // <conceptual>
    // Conceptually:
    public static async IAsyncEnumerable<T> Detach<T>(
        this IAsyncEnumerable<T> source, Action<T>? onDropped, Action<Exception>? onFailed, [EnumeratorCancellation] CancellationToken leaving = default)
    {
        var reading = source.GetAsyncEnumerator(leaving);
        var read = Task.FromResult(true);
        try
        {
            while (!leaving.IsCancellationRequested && await (read = reading.MoveNextAsync().AsTask()).WaitAsync(leaving))
                yield return reading.Current;
            leaving.ThrowIfCancellationRequested();
        }
        finally
        {
            if (read.IsCompleted)
                await reading.DisposeAsync();
            else
                _ = BuryAsync();
        }

        async Task BuryAsync()
        {
            try
            {
                await using (reading)
                {
                    if (await read)
                        onDropped?.Invoke(reading.Current);
                }
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                onFailed?.Invoke(failure);
            }
        }
    }
    // </conceptual>
}

public partial class ConceptualTests
{
    [Test]
    public void Detach() => Same(
        from source in PromptOrDeafSourceCases from consumer in ConsumerCases from cancelledAt in StoppingTimes select (source, consumer, cancelledAt), 133,
        (c, w) => w.Consume(TokenStream.Detach(w.Pull(c.source), w.Dropped, w.Failed), c.consumer, w.CancelledAt(c.cancelledAt)),
        (c, w) => w.Consume(Concept.Detach(w.Pull(c.source), w.Dropped, w.Failed), c.consumer, w.CancelledAt(c.cancelledAt)));
}
