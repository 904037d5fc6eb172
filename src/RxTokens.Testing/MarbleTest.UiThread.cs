namespace RxTokens;

public sealed partial class MarbleTest
{
    /// <summary>Makes a UI thread in virtual time, for <c>RenderOnAsync</c>, <c>ObserveOn</c> and view-models.</summary>
    /// <remarks>
    /// <code>
    /// busy      --^--!     // m.UiThread("--^--!"): what is posted in frames 2, 3 and 4 runs in frame 5
    /// </code>
    /// </remarks>
    /// <param name="busy">Rows of the times in which the thread is busy with something else, from <c>^</c> to <c>!</c>, in their order; none if not given.</param>
    /// <returns>The thread's context.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="busy"/> is null.</exception>
    /// <exception cref="MarbleSyntaxException">A row is not well-formed.</exception>
    /// <exception cref="ArgumentException">A row has no <c>!</c>: the thread would never be free again; or begins before the one before it has ended.</exception>
    public UiThread UiThread(params IReadOnlyList<string> busy)
    {
        ArgumentNullException.ThrowIfNull(busy);

        var times = new List<(TimeSpan From, TimeSpan To)>();
        foreach (var row in busy)
        {
            var symbols = MarbleDiagram.Parse(row, MarbleRow.ExpectedSubscription, Syntax()).Symbols;
            if (symbols is not [var from, var to])
                throw new ArgumentException($"The busy row \"{row}\" needs a '^' and a '!': without its end the thread would never be free again.", nameof(busy));
            if (times is [.., var last] && from.Time < last.To)
                throw new ArgumentException($"The busy row \"{row}\" begins before the one before it has ended.", nameof(busy));
            times.Add((from.Time, to.Time));
        }

        return new UiThread(_timeline, times);
    }
}
