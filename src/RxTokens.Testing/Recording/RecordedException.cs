namespace RxTokens;

/// <summary>The failure that a recorded stream ended with. A file knows its type by name only.</summary>
public sealed class RecordedException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="originalType">The full name of the type that was thrown.</param>
    /// <param name="message">Its message.</param>
    /// <exception cref="ArgumentNullException"><paramref name="originalType"/> is null.</exception>
    public RecordedException(string originalType, string message)
        : base(message)
    {
        ArgumentNullException.ThrowIfNull(originalType);

        OriginalType = originalType;
    }

    /// <summary>The full name of the type that was thrown, for example <c>System.TimeoutException</c>.</summary>
    public string OriginalType { get; }
}
