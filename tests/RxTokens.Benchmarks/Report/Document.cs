namespace RxTokens.Benchmarks;

internal static class Document
{
    public static string? Objection(string folder) => null;
    public static void Write(string folder, Results results) { }
}
