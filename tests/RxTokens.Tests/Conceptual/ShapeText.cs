using System.Globalization;
using System.Runtime.CompilerServices;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace RxTokens.Tests.Conceptual;

internal static partial class Concept
{
    // <conceptual>
    // Conceptually (of a shape that reads all of its text):
    public static async IAsyncEnumerable<T> ShapeText<T>(
        this IAsyncEnumerable<T> source, Func<T, string?> getText, Func<T, string, T> withText,
        Func<IAsyncEnumerable<string>, IAsyncEnumerable<string>> shape, [EnumeratorCancellation] CancellationToken leaving = default)
    {
        await using var items = source.GetAsyncEnumerator(leaving);
        var isThere = await items.MoveNextAsync();
        while (isThere)
        {
            var newest = items.Current;
            if (getText(newest) is null)
            {
                yield return newest;
                isThere = await items.MoveNextAsync();
                continue;
            }

            await foreach (var text in shape(Run()).WithCancellation(leaving))
                yield return withText(newest, text);

            async IAsyncEnumerable<string> Run()
            {
                for (; isThere && getText(items.Current) is { } text; isThere = await items.MoveNextAsync())
                {
                    newest = items.Current;
                    yield return text;
                }
            }
        }
    }
    // </conceptual>
}

public partial class ConceptualTests
{
    [Test]
    public void ShapeText()
    {
        static string? Text(int item) => item % 3 == 2 ? null : item.ToString(CultureInfo.InvariantCulture);
        static int With(int item, string text) => (1000 * item) + int.Parse(text, CultureInfo.InvariantCulture);

        Same(
            from source in SourceCases from consumer in ConsumerCases select (source, consumer), 127,
            (c, w) => w.Consume(TokenStream.ShapeText(w.Pull(c.source), Text, With, texts => texts), c.consumer),
            (c, w) => w.Consume(Concept.ShapeText(w.Pull(c.source), Text, With, texts => texts), c.consumer));
    }
}
