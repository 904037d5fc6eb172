using System.Reactive.Linq;
using FsCheck.Fluent;
using NUnit.Framework;

namespace RxTokens.Tests.Conceptual;

internal static partial class Concept
{
    // <conceptual>
    // Conceptually:
    public static IObservable<T> AsObservable<T>(this IAsyncEnumerable<T> source) => Observable.Create<T>(async (observer, leaving) =>
    {
        await foreach (var item in source.WithCancellation(leaving))
        {
            observer.OnNext(item);
            leaving.ThrowIfCancellationRequested(); // who has enough is not read for
        }
    });
    // </conceptual>
}

public partial class ConceptualTests
{
    [Test]
    public void AsObservable() => Same(
        from source in SourceCases from leaves in LeavingTimes from takes in Gen.Choose(0, 8) select (source, leaves, takes), 101,
        (c, w) => w.Observe(TokenStream.AsObservable(w.Pull(c.source)).Take(c.takes), c.leaves),
        (c, w) => w.Observe(Concept.AsObservable(w.Pull(c.source)).Take(c.takes), c.leaves));
}
