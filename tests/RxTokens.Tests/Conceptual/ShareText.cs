namespace RxTokens.Tests.Conceptual;

internal static partial class Concept
{
    // <conceptual>
    // Conceptually:
    public static SharedStream<string> ShareText(this IAsyncEnumerable<string> source) => TokenStream.Share(source, (before, text) => before + text);
    // </conceptual>
}
