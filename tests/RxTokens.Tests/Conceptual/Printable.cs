using System.Runtime.CompilerServices;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace RxTokens.Tests.Conceptual;

internal static partial class Concept
{
    // <conceptual>
    // Conceptually:
    public static async IAsyncEnumerable<string> Printable(
        this IAsyncEnumerable<string> source, ControlCharacters controls = ControlCharacters.Remove,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var (read, shown) = ("", ""); // what is new is what all the text makes now, without what it made before
        await foreach (var text in source.WithCancellation(cancellationToken))
        {
            read += text;
            var all = (read is [.., '\r' or (>= '\uD800' and <= '\uDBFF')] ? read[..^1] : read).Printable(controls);
            if (all.Length > shown.Length)
                yield return all[shown.Length..];
            shown = all;
        }

        if (read.Printable(controls) is var whole && whole.Length > shown.Length)
            yield return whole[shown.Length..];
    }
    // </conceptual>
}

public partial class ConceptualTests
{
    private static readonly Gen<string> Texts = Gen.Elements(
        "a", "", "\e", "[2J", "\r", "\n", "\r\n", "\t", "xyz\t", "\a\b", "\x7F", "\u0085", "\u009B", "😀", "\uD83D", "\uDE00", "\u202E", "\u2066", "\u2028", "é", "\0", "[", "]", "0;x", "\\", "\u009D", "\u009C", "\x18");

    [Test]
    public void Printable() => Same(
        from source in SourceCases from consumer in ConsumerCases from texts in Gen.NonEmptyListOf(Texts)
        from controls in Gen.Elements(ControlCharacters.Remove, ControlCharacters.Show) select (source, consumer, texts: texts.ToArray(), controls), 126,
        (c, w) => w.Consume(TokenStream.Printable(w.Pull(c.source).Select(i => c.texts[i % c.texts.Length]), c.controls), c.consumer),
        (c, w) => w.Consume(Concept.Printable(w.Pull(c.source).Select(i => c.texts[i % c.texts.Length]), c.controls), c.consumer));
}
