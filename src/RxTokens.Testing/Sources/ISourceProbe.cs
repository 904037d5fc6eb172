namespace RxTokens;

/// <summary>Something that was done that must not be done.</summary>
internal readonly record struct Violation(TimeSpan Time, string What, bool IsDemand = false)
{
    public static string OnAnotherThread<T>(Marble<T> marble) =>
        $"{marble} came on another thread than the test's, outside of the clock's run: is there an operator without m.Clock, or an await that goes to the pool?";
}

/// <summary>What failures and pictures want to know of a source.</summary>
internal interface ISourceProbe
{
    string Name { get; }

    /// <summary>Hot, cold or pull.</summary>
    string Kind { get; }

    /// <summary>What it was made from, if from a diagram.</summary>
    MarbleDiagram? Diagram { get; }

    /// <summary>Each subscription or enumeration, as what would be written in a row of that kind.</summary>
    IReadOnlyList<IReadOnlyList<MarbleSymbol>> Uses { get; }

    MarbleRow UseRow { get; }

    IReadOnlyList<Violation> Violations { get; }
}
