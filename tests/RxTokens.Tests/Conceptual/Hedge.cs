using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Threading.Tasks;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace RxTokens.Tests.Conceptual;

internal static partial class Concept
{
    // <conceptual>
    // Conceptually (but that the one that has lost is disposed beside the answer):
    public static async IAsyncEnumerable<T> Hedge<T>(
        this IAsyncEnumerable<T> source, TimeSpan delay, IAsyncEnumerable<T> second, IScheduler scheduler)
    {
        using CancellationTokenSource stopOne = new(), stopOther = new();
        var answers = new List<Task<(IAsyncEnumerator<T> From, bool HasItem, Exception? Failure)>> { FirstAsync(source, stopOne.Token) };
        try
        {
            await Task.WhenAny(answers[0], Observable.Timer(delay, scheduler).ToTask());
            if (!answers[0].IsCompleted || answers[0].Result.Failure is not null)
                answers.Add(FirstAsync(second, stopOther.Token));

            var answer = await await Task.WhenAny(answers);
            if (answer.Failure is not null)
            {
                var failures = from a in await Task.WhenAll(answers) where a.Failure is not null select a.Failure;
                answer = answers.Find(a => a.Result.Failure is null) is { } good ? good.Result : throw new AggregateException(failures);
            }

            (answers[0] is { IsCompleted: true, Result.Failure: null } ? stopOther : stopOne).Cancel();
            for (var hasItem = answer.HasItem; hasItem; hasItem = await answer.From.MoveNextAsync())
                yield return answer.From.Current;
        }
        finally
        {
            foreach (var answer in answers)
                await (await answer).From.DisposeAsync();
        }

        static async Task<(IAsyncEnumerator<T> From, bool HasItem, Exception? Failure)> FirstAsync(IAsyncEnumerable<T> source, CancellationToken stop)
        {
            var from = source.GetAsyncEnumerator(stop);
            try
            {
                return (from, await from.MoveNextAsync(), null);
            }
            catch (Exception failure)
            {
                return (from, false, failure);
            }
        }
    }
    // </conceptual>

    // <conceptual>
    // Conceptually:
    public static IAsyncEnumerable<T> Hedge<T>(
        this IAsyncEnumerable<T> source, TimeSpan delay, IAsyncEnumerable<T> second, TimeProvider timeProvider) =>
        source.Hedge(delay, second, timeProvider.AsScheduler());
    // </conceptual>
}

public partial class ConceptualTests
{
    private static readonly Gen<SourceCase> PromptCases =
        from source in SourceCases from fails in Gen.Frequency((3, Gen.Constant(false)), (1, Gen.Constant(true))) select fails ? new SourceCase([], '#') : source;

    private static readonly Gen<SourceCase> OtherCases =
        from source in PromptCases select source with { Failure = new NotSupportedException(), Values = [.. source.Delays.Select((_, i) => 100 + i)] };

    [Test]
    public void Hedge() => Same(
        from one in PromptCases from other in OtherCases from delay in Gen.Choose(1, 5) from consumer in ConsumerCases select (one, other, delay, consumer), 148,
        (c, w) => w.Consume(TokenStream.Hedge(w.Pull(c.one), c.delay.Frames(), w.Pull(c.other), w.Clock), c.consumer),
        (c, w) => w.Consume(Concept.Hedge(w.Pull(c.one), c.delay.Frames(), w.Pull(c.other), w.Clock), c.consumer));

    [Test]
    public void Hedge_OfATimeProvider() => Same(
        from one in PromptCases from other in OtherCases from delay in Gen.Choose(1, 5) from consumer in ConsumerCases select (one, other, delay, consumer), 149,
        (c, w) => w.Consume(TokenStream.Hedge(w.Pull(c.one), c.delay.Frames(), w.Pull(c.other), w.Clock.AsTimeProvider()), c.consumer),
        (c, w) => w.Consume(Concept.Hedge(w.Pull(c.one), c.delay.Frames(), w.Pull(c.other), w.Clock.AsTimeProvider()), c.consumer));
}
