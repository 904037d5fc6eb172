namespace RxTokens;

/// <summary>A bound was reached where nothing could wait and nothing may be dropped. The message names the bound and the remedies.</summary>
public sealed class BackpressureException : InvalidOperationException
{
    /// <summary>Creates the exception with a message.</summary>
    /// <param name="message">What was full, and what to do about it.</param>
    /// <param name="bound">The bound that was reached, in items or characters.</param>
    public BackpressureException(string message, int bound)
        : base(message) => Bound = bound;

    /// <summary>The bound that was reached, in items or, for text, characters.</summary>
    public int Bound { get; }
}
