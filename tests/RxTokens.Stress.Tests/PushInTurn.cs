using System.Reactive.Subjects;

namespace RxTokens.Stress;

/// <summary>
/// A push source that waits for the consumer after each item: each item finds the consumer away, about to wait or waiting, and a
/// wake-up that gets lost hangs the round.
/// </summary>
internal static class PushInTurn
{
    public static Round Of<T>(Subject<T> source, LeanConsumer<T> consumer, int count, Func<int, T> item, Random random, Action checkItems) => new(
        [
            () => consumer.Run(),
            () =>
            {
                Race.Until(() => source.HasObservers);
                for (var n = 0; n < count; n++)
                {
                    source.OnNext(item(n));
                    Assert.That(Race.Until(() => consumer.Received > n), $"item {n} does not arrive");
                    Thread.SpinWait(random.Next(12));
                }

                source.OnCompleted();
            },
        ],
        () => consumer.HasEnded,
        () =>
        {
            Assert.That(consumer.Error, Is.Null);
            checkItems();
        },
        consumer.ToString);
}
