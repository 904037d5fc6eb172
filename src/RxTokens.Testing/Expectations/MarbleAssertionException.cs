namespace RxTokens;

/// <summary>What happened is not what the test expects. The message shows it as aligned diagrams; <see cref="Mismatches"/> is the same as data.</summary>
public sealed class MarbleAssertionException : Exception
{
    internal MarbleAssertionException(string message, IReadOnlyList<MarbleMismatch> mismatches, Exception? innerException = null)
        : base(message, innerException) => Mismatches = mismatches;

    /// <summary>The first difference of each row that has one, earliest first.</summary>
    public IReadOnlyList<MarbleMismatch> Mismatches { get; }
}
