using System.Collections.ObjectModel;

namespace RxTokens;

/// <summary>What happened is not what the test expects. The message shows it as aligned diagrams; <see cref="Mismatches"/> is the same as data.</summary>
public sealed class MarbleAssertionException : Exception
{
    internal MarbleAssertionException(string message, IReadOnlyList<MarbleMismatch> mismatches, Exception? innerException = null)
        : base(message, innerException) => Mismatches = new MismatchList(mismatches);

    /// <summary>The first difference of each row that has one, earliest first.</summary>
    public IReadOnlyList<MarbleMismatch> Mismatches { get; }

    /// <summary>With a text for test frameworks that print the properties of an exception.</summary>
    private sealed class MismatchList(IReadOnlyList<MarbleMismatch> mismatches) : ReadOnlyCollection<MarbleMismatch>([.. mismatches])
    {
        private const int Most = 3;

        public override string ToString() =>
            string.Join("; ", this.Take(Most).Select(m => $"{Printable.Of(m.Row)}, frame {m.Frame}: {m.Kind}")) + (Count > Most ? $"; … and {Count - Most} more" : "");
    }
}
