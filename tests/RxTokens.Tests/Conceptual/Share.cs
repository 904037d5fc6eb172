using System.Reactive.Linq;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace RxTokens.Tests.Conceptual;

internal static partial class Concept
{
    // <conceptual>
    // Conceptually (but that nobody can hold this back, and that it goes on when all have left):
    public static IObservable<T> Share<T>(this IAsyncEnumerable<T> source, int history) => source.AsObservable().Replay(history).AutoConnect();
    // </conceptual>

    // <conceptual>
    // Conceptually (but that nobody can hold this back, and that it goes on when all have left):
    public static IObservable<T> Share<T>(this IAsyncEnumerable<T> source, Func<T, T, T> merge)
    {
        var before = new List<T>();
        var shared = source.AsObservable().Do(item => before = [before.Aggregate(item, (all, _) => merge(before[0], item))]).Publish().AutoConnect();
        return Observable.Defer(() => shared.StartWith(before));
    }
    // </conceptual>
}

public partial class ConceptualTests
{
    private static readonly Gen<int?> JoiningTimes = Gen.Choose(0, 15).Select(i => (int?)i);

    [Test]
    public void Share() => Same(
        from source in SourceCases from history in Gen.Choose(0, 4) from at in JoiningTimes select (source, history, at), 150,
        (c, w) => w.ObserveBoth(TokenStream.Share(w.Pull(c.source), c.history).AsObservable(), c.at!.Value),
        (c, w) => w.ObserveBoth(Concept.Share(w.Pull(c.source), c.history), c.at!.Value));

    [Test]
    public void Share_Merging() => Same(
        from source in SourceCases from at in JoiningTimes select (source, at), 151,
        (c, w) => w.ObserveBoth(TokenStream.Share(w.Pull(c.source), (x, y) => (10 * x) + y).AsObservable(), c.at!.Value),
        (c, w) => w.ObserveBoth(Concept.Share(w.Pull(c.source), (x, y) => (10 * x) + y), c.at!.Value));

    [Test]
    public void ShareText() => Same(
        from source in SourceCases from at in JoiningTimes select (source, at), 152,
        (c, w) => w.ObserveBoth(TokenStream.ShareText(w.PullText(c.source)).AsObservable(), c.at!.Value),
        (c, w) => w.ObserveBoth(Concept.ShareText(w.PullText(c.source)).AsObservable(), c.at!.Value));
}
