namespace Examples;

/// <summary>Addresses may have passwords and keys in them, and servers repeat what they were sent. None of it is printed.</summary>
internal static class Secrets
{
    private const int ShortestSecret = 4;

    /// <summary>The address without a user, a query and a fragment.</summary>
    public static string Show(Uri address) => address.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);

    /// <summary>The text without the secrets of these addresses, and without the key.</summary>
    public static string Hide(string text, params ReadOnlySpan<Uri?> addresses)
    {
        var secrets = new List<string> { Key ?? "" };
        foreach (var address in addresses)
        {
            if (address is null)
                continue;
            foreach (var written in address.UserInfo.Split(':').Concat(address.Query.TrimStart('?').Split('&').Select(pair => pair[(pair.IndexOf('=') + 1)..])))
                secrets.AddRange([written, Uri.UnescapeDataString(written)]);
        }

        // The longest first: one may be a part of another.
        foreach (var secret in secrets.Where(secret => secret.Length >= ShortestSecret).Distinct().OrderByDescending(secret => secret.Length))
            text = text.Replace(secret, "…", StringComparison.Ordinal);
        return text;
    }

    /// <summary>The key for another server, from the environment.</summary>
    public static string? Key => Environment.GetEnvironmentVariable("OPENAI_API_KEY") is { Length: > 0 } key ? key : null;

    /// <summary>What is wrong with the key, if it cannot be sent at all.</summary>
    public static string? ComplaintAboutKey() =>
        Key is { } key && key.AsSpan().IndexOfAnyExceptInRange(' ', '~') is >= 0 and var place
            ? $"OPENAI_API_KEY has a character at place {place + 1} that no key has: a typographic quote, a line end?"
            : null;
}
