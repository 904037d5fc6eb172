using System.Text;
using Akka.Actor;
using Akka.Configuration;
using Akka.Streams;
using Akka.Streams.Dsl;

namespace RxTokens.Benchmarks;

internal static partial class Runs
{
    private static readonly Lazy<ActorMaterializer> Akka = new(static () =>
        ActorSystem.Create("benchmarks", ConfigurationFactory.ParseString("akka { loglevel = OFF, stdout-loglevel = OFF }")).Materializer());

    public static Task<long> AkkaWhere(IAsyncEnumerable<int> source) =>
        SumAsync<AkkaStreams>(Source.From(() => source).Where(n => n % 2 == 0).RunAsAsyncEnumerable(Akka.Value));

    public static async Task<long> AkkaGrouped(IAsyncEnumerable<int> source)
    {
        var sum = 0L;
        var groups = Source.From(() => source).Select(n => n + 1L).Grouped(10);
        await foreach (var group in groups.RunAsAsyncEnumerable(Akka.Value).ConfigureAwait(false))
        {
            foreach (var n in group)
                sum += n;
        }

        return sum;
    }

    public static Task<long> AkkaBuffer(int count) =>
        SumAsync<AkkaStreams>(
            Source.From(() => Sources.OnAnotherThread(count)).Buffer(Capacity, OverflowStrategy.Backpressure).RunAsAsyncEnumerable(Akka.Value));

    public static Task<long> AkkaSelectAsync(int count) =>
        SumAsync<AkkaStreams>(
            Source.From(() => Sources.HandWritten(count)).SelectAsync(Functions, static n => HopAsync(n).AsTask()).RunAsAsyncEnumerable(Akka.Value));

    public static async Task<long> AkkaConflate(int count)
    {
        var length = 0L;
        var texts = Source.From(() => Sources.Words(count)).ConflateWithSeed(static word => new StringBuilder(word), static (joined, word) => joined.Append(word));
        await foreach (var text in texts.RunAsAsyncEnumerable(Akka.Value).ConfigureAwait(false))
            length += text.ToString().Length;
        return length;
    }

    private struct AkkaStreams;
}
