using System.Runtime.CompilerServices;

namespace RxTokens.Stress;

/// <summary>
/// A source that has more ready than a boundary reads in one go, and a consumer that asks while the reading pauses: whoever
/// reads must not stop for good at the end of its burst because the request came a moment before.
/// </summary>
public sealed class BurstRaces
{
    private const int Items = 40_000;

    [TestCase(1024)]
    [TestCase(1025)]
    [TestCase(5000)]
    public void LongBursts_LeaveNoRequestBehind(int burst)
    {
        for (var round = 0; round < 20; round++)
        {
            var reading = Task.Run(async () =>
            {
                var read = 0;
                await foreach (var count in Ones(burst).Conflate((x, y) => x + y).ConfigureAwait(false))
                    read += count;
                return read;
            });
            Assert.That(reading.Wait(TimeSpan.FromSeconds(20)), "the stream hangs");
            Assert.That(reading.Result, Is.EqualTo(Items));
        }
    }

    private static async IAsyncEnumerable<int> Ones(int burst, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (var i = 0; i < Items; i++)
        {
            if (i % burst == 0)
                await Task.Yield();
            yield return 1;
        }
    }
}
