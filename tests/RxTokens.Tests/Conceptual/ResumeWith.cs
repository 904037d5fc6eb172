using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace RxTokens.Tests.Conceptual;

internal static partial class Concept
{
    // <conceptual>
    // Conceptually:
    public static IAsyncEnumerable<string> ResumeWith(
        this IAsyncEnumerable<string> source, Func<string, Exception, IAsyncEnumerable<string>?> resume, int times) =>
        source.ResumeWith<string>((received, failure) => resume(string.Concat(received), failure), times);
    // </conceptual>

    // <conceptual>
    // Conceptually:
    public static async IAsyncEnumerable<string> ResumeWith(
        this IAsyncEnumerable<string> source, Func<string, Exception, IAsyncEnumerable<string>?> resume, int times, int leastOverlap, string restart)
    {
        var received = "";
        await foreach (var text in source.ResumeWith<string>((_, failure) => resume(received, failure) is { } next ? WithoutOverlap(next) : null, times))
        {
            if (!ReferenceEquals(text, restart))
                received += text;
            yield return text;
        }

        async IAsyncEnumerable<string> WithoutOverlap(IAsyncEnumerable<string> continuation)
        {
            var (begun, isKnown) = ("", false);
            await foreach (var text in continuation)
            {
                var all = begun += text;
                var overlap = isKnown ? 0 : Overlap(received.Length);
                if (overlap > all.Length)
                    continue;
                if (!isKnown && overlap == 0)
                    yield return restart;
                begun = isKnown ? text : all[overlap..];
                isKnown = true;
                if (begun != "")
                    yield return begun;
            }

            if (!isKnown && begun != "")
            {
                var overlap = Overlap(begun.Length);
                if (overlap == 0)
                    yield return restart;
                if (begun.Length > overlap)
                    yield return begun[overlap..];
            }

            int Overlap(int longest)
            {
                for (var length = Math.Min(longest, received.Length); length >= leastOverlap; length--)
                {
                    var end = received[^length..];
                    if (end.StartsWith(begun, StringComparison.Ordinal) || begun.StartsWith(end, StringComparison.Ordinal))
                        return length;
                }

                return 0;
            }
        }
    }
    // </conceptual>

    // <conceptual>
    // Conceptually:
    public static async IAsyncEnumerable<T> ResumeWith<T>(
        this IAsyncEnumerable<T> source, Func<IReadOnlyList<T>, Exception, IAsyncEnumerable<T>?> resume, int times)
    {
        var received = new List<T>();
        while (true)
        {
            Exception? failure = null;
            var before = received.Count;
            await using (var reading = source.GetAsyncEnumerator())
            {
                while (await MoveNextAsync(reading))
                {
                    received.Add(reading.Current);
                    yield return reading.Current;
                }
            }

            if (failure is null)
                yield break;
            source = (received.Count > before && times-- > 0 ? resume(received, failure) : null) ?? throw failure;

            async Task<bool> MoveNextAsync(IAsyncEnumerator<T> reading)
            {
                try
                {
                    return await reading.MoveNextAsync();
                }
                catch (Exception thrown)
                {
                    failure = thrown;
                    return false;
                }
            }
        }
    }
    // </conceptual>

    // <conceptual>
    // Conceptually:
    public static async IAsyncEnumerable<T> ResumeWith<T>(
        this IAsyncEnumerable<T> source, Func<IReadOnlyList<T>, Exception, IAsyncEnumerable<T>?> resume, int times, int leastOverlap, T restart)
    {
        var received = new List<T>();
        await foreach (var item in source.ResumeWith((_, failure) => resume(received, failure) is { } next ? WithoutOverlap(next) : null, times))
        {
            if (!Equals(item, restart))
                received.Add(item);
            yield return item;
        }

        async IAsyncEnumerable<T> WithoutOverlap(IAsyncEnumerable<T> continuation)
        {
            var (begun, isKnown) = (new List<T>(), false);
            await foreach (var item in continuation)
            {
                begun.Add(item);
                var overlap = isKnown ? 0 : Overlap(received.Count);
                if (overlap > begun.Count)
                    continue;
                foreach (var rest in isKnown || overlap > 0 ? begun.Skip(overlap) : begun.Prepend(restart))
                    yield return rest;
                isKnown = true;
                begun = [];
            }

            if (!isKnown && begun.Count > 0)
            {
                var overlap = Overlap(begun.Count);
                foreach (var rest in overlap > 0 ? begun.Skip(overlap) : begun.Prepend(restart))
                    yield return rest;
            }

            int Overlap(int longest)
            {
                for (var length = Math.Min(longest, received.Count); length >= leastOverlap; length--)
                {
                    if (received.TakeLast(length).Zip(begun).All(pair => Equals(pair.First, pair.Second)))
                        return length;
                }

                return 0;
            }
        }
    }
    // </conceptual>
}

public partial class ConceptualTests
{
    private const int Restart = -1;

    /// <summary>Answers of few different items, most of which break off, so that there are overlaps of many kinds.</summary>
    private static readonly Gen<SourceCase[]> ContinuationCases =
        from count in Gen.Choose(1, 4)
        from kinds in Gen.Choose(1, 3)
        from sources in Gen.ArrayOf(
            from source in SourceCases
            from breaks in Gen.Frequency((3, Gen.Constant(true)), (1, Gen.Constant(false)))
            from values in Gen.ArrayOf(Gen.Choose(0, kinds), source.Delays.Length)
            select source with { Values = values, Ending = breaks ? '#' : source.Ending }, count)
        select sources;

    [Test]
    public void ResumeWith() => Same(
        from sources in ContinuationCases from times in Gen.Choose(1, 4) from consumer in ConsumerCases select (sources, times, consumer), 144,
        (c, w) => w.Consume(TokenStream.ResumeWith(w.PullFirst(c.sources), w.Next, c.times), c.consumer),
        (c, w) => w.Consume(Concept.ResumeWith(w.PullFirst(c.sources), w.Next, c.times), c.consumer));

    [Test]
    public void ResumeWith_AnOverlap() => Same(
        from sources in ContinuationCases from times in Gen.Choose(1, 4) from least in Gen.Choose(1, 4) from consumer in ConsumerCases select (sources, times, least, consumer), 145,
        (c, w) => w.Consume(TokenStream.ResumeWith(w.PullFirst(c.sources), w.Next, c.times, c.least, Restart), c.consumer),
        (c, w) => w.Consume(Concept.ResumeWith(w.PullFirst(c.sources), w.Next, c.times, c.least, Restart), c.consumer));

    [Test]
    public void ResumeWith_OfText() => Same(
        from sources in ContinuationCases from times in Gen.Choose(1, 4) from consumer in ConsumerCases select (sources, times, consumer), 146,
        (c, w) => w.Consume(TokenStream.ResumeWith(w.PullFirstText(c.sources), w.NextText, c.times), c.consumer),
        (c, w) => w.Consume(Concept.ResumeWith(w.PullFirstText(c.sources), w.NextText, c.times), c.consumer));

    [Test]
    public void ResumeWith_AnOverlapOfText() => Same(
        from sources in ContinuationCases from times in Gen.Choose(1, 4) from least in Gen.Choose(1, 6) from consumer in ConsumerCases select (sources, times, least, consumer), 147,
        (c, w) => w.Consume(TokenStream.ResumeWith(w.PullFirstText(c.sources), w.NextText, c.times, c.least, "again"), c.consumer),
        (c, w) => w.Consume(Concept.ResumeWith(w.PullFirstText(c.sources), w.NextText, c.times, c.least, "again"), c.consumer));
}
