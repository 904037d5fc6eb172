using System.Reactive.Subjects;
using NUnit.Framework;

namespace RxTokens.Tests.Issues;

/// <summary>A buffer drops only what it cannot hold, however much it can hold (akkadotnet/akka.net#6631: a bound near int.MaxValue).</summary>
public class DropOldestOfAnyCapacityTests
{
    private static readonly int[] Capacities = [8, int.MaxValue - 1, int.MaxValue];

    [TestCaseSource(nameof(Capacities))]
    public async Task APushSource_ThatFits_LosesNothing(int capacity)
    {
        foreach (var overflow in Enum.GetValues<Overflow>().Where(o => o != Overflow.Wait))
        {
            using var source = new Subject<int>();
            var dropped = new List<int>();
            var reading = source.Buffered(capacity, overflow, dropped.Add).GetAsyncEnumerator();
            var got = new List<int>();
            var first = reading.MoveNextAsync();
            for (var i = 0; i < 8; i++)
                source.OnNext(i);
            source.OnCompleted();
            for (var more = await first; more; more = await reading.MoveNextAsync())
                got.Add(reading.Current);
            await reading.DisposeAsync();

            Assert.That(got, Is.EqualTo(Enumerable.Range(0, 8)), overflow.ToString());
            Assert.That(dropped, Is.Empty, overflow.ToString());
        }
    }

    [TestCaseSource(nameof(Capacities))]
    public void APullSource_ThatFits_LosesNothing(int capacity)
    {
        foreach (var overflow in new[] { Overflow.DropOldest, Overflow.DropWrite, Overflow.Fail })
        {
            var clock = new VirtualClock();
            var dropped = new List<string>();
            var consumer = clock.Consume(clock.Pull("abcdefgh|").Buffered(capacity, overflow, onDropped: dropped.Add));
            var all = consumer.AskForAll(TimeSpan.FromMilliseconds(1));
            clock.Start();

            Assert.That(all.IsCompletedSuccessfully, Is.True, overflow.ToString());
            Assert.That(string.Concat(consumer.Items), Is.EqualTo("abcdefgh"), overflow.ToString());
            Assert.That(dropped, Is.Empty, overflow.ToString());
        }
    }
}
