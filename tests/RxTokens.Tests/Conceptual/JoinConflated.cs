using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace RxTokens.Tests.Conceptual;

internal static partial class Concept
{
    // <conceptual>
    // Conceptually:
    public static IAsyncEnumerable<string> JoinConflated(this SharedStream<string> shared, int maxChars) => shared.JoinConflated((before, text) =>
        before.Length == 0 || before.Length + text.Length <= maxChars ? before + text : throw new BackpressureException("Too much text waits.", maxChars));
    // </conceptual>
}

public partial class ConceptualTests
{
    [Test]
    public void JoinConflated() => ForAll(
        from source in SourceCases from one in ConsumerCases from other in ConsumerCases from max in Gen.Choose(1, 20) select (source, one, other, max), 153, Rounds, c =>
        {
            // Both are the library's: in one kind of world.
            string RunWith(Func<SharedStream<string>, IAsyncEnumerable<string>> join) =>
                Run(c, (_, w) => w.ConsumeBoth(TokenStream.ShareText(w.PullText(c.source)), join, c.one, c.other), isOfModel: false);

            Assert.That(RunWith(s => Concept.JoinConflated(s, c.max)), Is.EqualTo(RunWith(s => TokenStream.JoinConflated(s, c.max))), Printed(c));
        });
}
