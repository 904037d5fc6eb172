using RxTokens;

namespace Terminal;

/// <summary>The keys of the terminal that the program is run from.</summary>
internal static class Keyboard
{
    /// <summary>
    /// The keys that are pressed while somebody reads them; null where the input is no terminal. To wait for a key blocks a
    /// thread, and nothing ends that: whoever has enough leaves it behind.
    /// </summary>
    public static IAsyncEnumerable<char>? Keys => Console.IsInputRedirected ? null : TokenStream.FromBlocking(Read()).Detach();

    private static IEnumerable<char> Read()
    {
        while (true)
            yield return Console.ReadKey(intercept: true).KeyChar;
    }
}
