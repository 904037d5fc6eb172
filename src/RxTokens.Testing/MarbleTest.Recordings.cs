namespace RxTokens;

public sealed partial class MarbleTest
{
    /// <summary>A pull source that delivers what has been recorded: an item is available at its recorded time, counted from the enumeration's start.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="recording">The recording; one that was broken off never ends.</param>
    /// <param name="name">What failures and pictures call it; the recording's own name if not given.</param>
    /// <returns>The source, which records how it is used.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="recording"/> is null.</exception>
    public PullProbe<T> Pull<T>(StreamRecording<T> recording, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(recording);
        AssertIsNotOver();

        // Items of a recording have no letters: the picture finds some.
        var letters = new Letters<T>(values: null, []);
        var symbols = letters.Symbols(recording.Marbles);
        var diagram = new MarbleDiagram("", MarbleRow.Cold, symbols, recording.Duration);
        var source = new PullProbe<T>(_timeline, recording.Marbles, name ?? recording.Name ?? NextName(), diagram);
        _sources.Add(source);
        return source;
    }
}
