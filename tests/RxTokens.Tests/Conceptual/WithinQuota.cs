using FsCheck.Fluent;
using NUnit.Framework;

namespace RxTokens.Tests.Conceptual;

internal static partial class Concept
{
    // <conceptual>
    // Conceptually (nothing reserved ahead, no last item):
    public static async IAsyncEnumerable<T> WithinQuota<T>(
        this IAsyncEnumerable<T> source, ITokenQuota quota, string user, Func<T, int> cost, int promptTokens)
    {
        var mine = await quota.ReserveAsync(user, promptTokens, hold: 1);
        if (mine.Exceeded is { } fromTheBeginning)
            throw new TokenQuotaExceededException(fromTheBeginning);
        try
        {
            await foreach (var item in source)
            {
                var answer = await quota.SettleAsync(mine, cost(item), hold: 0);
                if (answer.Exceeded is { } exceeded)
                    throw new TokenQuotaExceededException(exceeded);
                mine = answer;
                yield return item;
            }
        }
        finally
        {
            await quota.SettleAsync(mine, charge: 0, hold: 0);
        }
    }
    // </conceptual>
}

public partial class ConceptualTests
{
    [Test]
    public void WithinQuota() => Same(
        from source in SourceCases from consumer in ConsumerCases from limit in Gen.Choose(2, 20) from prompt in Gen.Choose(0, 3) select (source, consumer, limit, prompt), 151,
        (c, w) => w.Consume(TokenStream.WithinQuota(w.Pull(c.source), Quota(c.limit, w), "ann", x => x % 4, c.prompt), c.consumer),
        (c, w) => w.Consume(Concept.WithinQuota(w.Pull(c.source), Quota(c.limit, w), "ann", x => x % 4, c.prompt), c.consumer));

    private static TokenQuota Quota(int limit, World world) => new(limit, TimeSpan.FromMilliseconds(40), world.Clock.AsTimeProvider());
}
