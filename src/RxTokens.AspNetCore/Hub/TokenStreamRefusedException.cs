using Microsoft.AspNetCore.Http;

namespace RxTokens;

/// <summary>An answer is one too many: it was not begun.</summary>
public sealed class TokenStreamRefusedException : InvalidOperationException
{
    /// <summary>Makes one that says no more.</summary>
    public TokenStreamRefusedException()
        : this("The answer is one too many.")
    {
    }

    /// <summary>Makes one.</summary>
    /// <param name="message">What is wrong.</param>
    public TokenStreamRefusedException(string message)
        : base(message)
    {
    }

    /// <summary>Makes one.</summary>
    /// <param name="message">What is wrong.</param>
    /// <param name="innerException">What has said so.</param>
    public TokenStreamRefusedException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    internal TokenStreamRefusedException(string message, int statusCode, TimeSpan retryAfter)
        : base(message) => (StatusCode, RetryAfter) = (statusCode, retryAfter);

    /// <summary>The status that says so: 429 where the owner has too many, 503 where all have, or the host stops.</summary>
    public int StatusCode { get; } = StatusCodes.Status503ServiceUnavailable;

    /// <summary>When it is worth trying again.</summary>
    public TimeSpan RetryAfter { get; } = TimeSpan.FromSeconds(5);
}
