using System.Reactive.Subjects;

namespace RxTokens.Stress;

/// <summary>
/// DisposeAsync on another thread than the consumer's, which asks meanwhile: it empties the buffer beside the consumer, who must not
/// get an item that it no longer holds.
/// </summary>
public sealed class BufferedLeavingRaces
{
    private static readonly string[] Items = [.. Enumerable.Range(0, 60).Select(n => $"{n}")];

    [TestCase(Overflow.Fail)]
    [TestCase(Overflow.DropOldest)]
    [TestCase(Overflow.DropWrite)]
    public void DisposeAsync_WhileTheConsumerAsks_GivesItItemsOrTheEnd(Overflow overflow) => Race.Run(10_000, (referee, random) =>
    {
        var source = new Subject<string>();
        var consumer = source.Buffered(64, overflow).GetAsyncEnumerator();
        var first = consumer.MoveNextAsync();
        foreach (var item in Items)
            source.OnNext(item);
        Assert.That(first.Result);
        var (received, hasEnded) = (1, false);
        ValueTask leaving = default;

        return new Round(
            [
                () =>
                {
                    ValueTask<bool> answer;
                    while ((answer = consumer.MoveNextAsync()).IsCompleted && answer.Result)
                    {
                        if (received == Items.Length || consumer.Current != Items[received])
                            referee.Violate($"item {received} is {consumer.Current ?? "null"}");
                        received++;
                    }

                    _ = EndAsync(answer);
                },
                () => leaving = consumer.DisposeAsync(),
            ],
            () => Volatile.Read(ref hasEnded) && leaving.IsCompletedSuccessfully,
            () =>
            {
                Assert.That(received, Is.LessThanOrEqualTo(Items.Length));
                Assert.That(source.HasObservers, Is.False);
            },
            () => $"received {received} of {Items.Length}, ended: {hasEnded}, left: {leaving.IsCompleted}");

        async Task EndAsync(ValueTask<bool> answer)
        {
            // If it is still pending, the last item was taken before the buffer was emptied.
            if (!answer.IsCompleted)
                referee.Require(!await answer.ConfigureAwait(false), "an item after the last");
            Volatile.Write(ref hasEnded, true);
        }
    });
}
