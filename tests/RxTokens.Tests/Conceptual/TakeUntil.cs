using System.Runtime.CompilerServices;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace RxTokens.Tests.Conceptual;

internal static partial class Concept
{
    // <conceptual>
    // Conceptually:
    public static async IAsyncEnumerable<T> TakeUntil<T>(
        this IAsyncEnumerable<T> source, CancellationToken stop, [EnumeratorCancellation] CancellationToken leaving = default)
    {
        if (stop.IsCancellationRequested)
            yield break;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, leaving);
        await using var reading = source.GetAsyncEnumerator(either.Token);
        while (!stop.IsCancellationRequested && await MoveNextAsync())
            yield return reading.Current;

        async ValueTask<bool> MoveNextAsync()
        {
            try
            {
                return await reading.MoveNextAsync();
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested && !leaving.IsCancellationRequested)
            {
                return false;
            }
        }
    }
    // </conceptual>
}

public partial class ConceptualTests
{
    [Test]
    public void TakeUntil() => Same(
        from source in PromptOrDeafSourceCases from consumer in ConsumerCases from stopsAt in StoppingTimes select (source, consumer, stopsAt), 132,
        (c, w) => w.Consume(TokenStream.TakeUntil(w.Pull(c.source), w.CancelledAt(c.stopsAt)), c.consumer),
        (c, w) => w.Consume(Concept.TakeUntil(w.Pull(c.source), w.CancelledAt(c.stopsAt)), c.consumer));
}
