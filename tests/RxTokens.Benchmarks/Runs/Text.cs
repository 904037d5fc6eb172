using System.Text;

namespace RxTokens.Benchmarks;

internal static partial class Runs
{
    private const int MaxChars = 4096;
    private static readonly TimeSpan Frame = TimeSpan.FromSeconds(1) / 60;

    public static async Task<long> ConflateText(int count, int maxChars = MaxChars)
    {
        var length = 0L;
        await foreach (var text in Sources.Words(count).Conflate(maxChars).ConfigureAwait(false))
            length += text.Length;
        return length;
    }

    /// <summary>The same by hand: join until there are 4096 characters.</summary>
    public static async Task<long> LoopText(int count)
    {
        var length = 0L;
        var joined = new StringBuilder();
        await foreach (var word in Sources.Words(count).ConfigureAwait(false))
        {
            joined.Append(word);
            if (joined.Length < MaxChars)
                continue;
            length += joined.ToString().Length;
            joined.Clear();
        }

        return length + joined.ToString().Length;
    }

    /// <summary>
    /// Text arrives as fast as it can on pool threads; the consumer takes what there is, once a frame. Timed until the source
    /// is exhausted: afterwards the consumer waits for its next frame, which costs nobody anything.
    /// </summary>
    public static async Task<Outcome> ConflateFrames(int count)
    {
        var words = new HoppingWords(count);
        using var frame = new PeriodicTimer(Frame);
        var length = 0L;
        await foreach (var text in words.Conflate(maxChars: int.MaxValue).ConfigureAwait(false))
        {
            length += text.Length;
            await frame.WaitForNextTickAsync().ConfigureAwait(false);
        }

        return new Outcome(length, words.Duration);
    }

    /// <summary>The same source, appended to one builder; no consumer takes part of it.</summary>
    public static async Task<Outcome> AppendAll(int count)
    {
        var words = new HoppingWords(count);
        var joined = new StringBuilder();
        await foreach (var word in ((IAsyncEnumerable<string>)words).ConfigureAwait(false))
            joined.Append(word);
        return new Outcome(joined.ToString().Length, words.Duration);
    }
}
