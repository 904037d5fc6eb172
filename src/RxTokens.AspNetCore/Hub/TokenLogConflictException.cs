namespace RxTokens;

/// <summary>A log of texts is not the caller's to write: it has ended, is forgotten, or is another producer's.</summary>
public sealed class TokenLogConflictException : InvalidOperationException
{
    /// <summary>Makes one that says no more.</summary>
    public TokenLogConflictException()
        : this("The log is not the caller's to write.")
    {
    }

    /// <summary>Makes one.</summary>
    /// <param name="message">What is wrong.</param>
    public TokenLogConflictException(string message)
        : base(message)
    {
    }

    /// <summary>Makes one.</summary>
    /// <param name="message">What is wrong.</param>
    /// <param name="innerException">What has said so.</param>
    public TokenLogConflictException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
