using System.Threading.Channels;
using RxTokens;

namespace Frameworks;

/// <summary>Ten tests that come by way of the thread pool, to run with forty others beside them. Each does a few rounds, which all have to be the same.</summary>
public abstract partial class ParallelMarbles
{
    private const int Rounds = 20;

    [Test]
    public Task DropsTheSame_1() => DropsTheSame(5, [0, 2, 4, 5]);

    [Test]
    public Task DropsTheSame_2() => DropsTheSame(3, [0, 1, 2, 4, 5]);

    [Test]
    public Task DropsTheSame_3() => DropsTheSame(7, [0, 3, 5]);

    [Test]
    public Task DropsTheSame_4() => DropsTheSame(1, [0, 1, 2, 3, 4, 5]);

    [Test]
    public Task IsAtItsFrame_1() => IsAtItsFrame(1, "-0123[4|]");

    [Test]
    public Task IsAtItsFrame_2() => IsAtItsFrame(2, "--0-1-2-3-[4|]");

    [Test]
    public Task IsAtItsFrame_3() => IsAtItsFrame(3, "---0--1--2--3--[4|]");

    [Test]
    public Task HandsOverEachItemOnce_1() => HandsOverEachItemOnce(1);

    [Test]
    public Task HandsOverEachItemOnce_2() => HandsOverEachItemOnce(2);

    [Test]
    public Task HandsOverEachItemOnce_3() => HandsOverEachItemOnce(3);

    private static Task DropsTheSame(int pace, int[] expected) => Repeat(async m =>
    {
        var channel = Channel.CreateBounded<int>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
        var read = new List<int>();
        var writing = Write();
        await foreach (var item in channel.Reader.ReadAllAsync())
        {
            read.Add(item);
            await m.Delay(pace);
        }

        await writing;
        AreEqual(expected, read);

        async Task Write()
        {
            for (var i = 0; i < 6; i++)
            {
                await m.Delay(2);
                channel.Writer.TryWrite(i);
            }

            channel.Writer.Complete();
        }
    });

    private static Task IsAtItsFrame(int pace, string expected) => Repeat(m =>
    {
        m.Expect(Counted()).ToBe(expected);
        return Task.CompletedTask;

        async IAsyncEnumerable<string> Counted()
        {
            for (var i = 0; i < 5; i++)
            {
                await m.Delay(pace).ConfigureAwait(false);
                await Task.Yield();
                yield return $"{i}";
            }
        }
    });

    private static Task HandsOverEachItemOnce(int capacity) => Repeat(async m =>
    {
        var channel = Channel.CreateBounded<int>(capacity);
        var read = new List<int>();
        var reading = Task.Run(async () =>
        {
            await foreach (var item in channel.Reader.ReadAllAsync().ConfigureAwait(false))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(2), m.TimeProvider).ConfigureAwait(false);
                read.Add(item);
            }
        });
        for (var i = 0; i < 5; i++)
            await channel.Writer.WriteAsync(i);
        channel.Writer.Complete();
        await reading;
        AreEqual([0, 1, 2, 3, 4], read);
        if (m.Frame != 10)
            throw new InvalidOperationException($"at frame {m.Frame}");
    });

    private static async Task Repeat(Func<MarbleTest, Task> test)
    {
        for (var round = 0; round < Rounds; round++)
            await MarbleTest.RunAsync(test);
    }

    private static void AreEqual(int[] expected, List<int> actual)
    {
        if (!expected.SequenceEqual(actual))
            throw new InvalidOperationException($"[{string.Join(", ", actual)}] instead of [{string.Join(", ", expected)}]");
    }
}
