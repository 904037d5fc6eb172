namespace RxTokens;

public sealed partial class MarbleTest
{
    /// <summary>A push source that says the same to each subscriber, counted from its subscription.</summary>
    /// <param name="diagram">What it says, in letters: <c>-a-b|</c>.</param>
    /// <param name="error">What <c>#</c> means; a <see cref="MarbleException"/> if not given.</param>
    /// <param name="name">What failures and pictures call it.</param>
    /// <returns>The source, which records who subscribes.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="diagram"/> is null.</exception>
    /// <exception cref="MarbleSyntaxException">The diagram is not one.</exception>
    public PushProbe<string> Cold(string diagram, Exception? error = null, string? name = null) => Cold<string>(diagram, null, error, name);

    /// <inheritdoc cref="Cold(string, Exception?, string?)"/>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="diagram">What it says.</param>
    /// <param name="values">What the letters mean: <c>[("a", 1)]</c>; without it they mean themselves, as numbers or whatever can be parsed.</param>
    /// <param name="error">What <c>#</c> means; a <see cref="MarbleException"/> if not given.</param>
    /// <param name="name">What failures and pictures call it.</param>
    public PushProbe<T> Cold<T>(string diagram, MarbleValues<T>? values = null, Exception? error = null, string? name = null) =>
        Push(diagram, MarbleRow.Cold, values, error, name, replayTerminal: false);

    /// <summary>A push source that speaks at its times, counted from the start of the test, to whoever is subscribed then.</summary>
    /// <param name="diagram">What it says, in letters: <c>-a-b|</c>. With a <c>^</c>, that is the start of the test and what is before is past.</param>
    /// <param name="error">What <c>#</c> means; a <see cref="MarbleException"/> if not given.</param>
    /// <param name="name">What failures and pictures call it.</param>
    /// <param name="replayTerminal">Whether late subscribers get the ending.</param>
    /// <returns>The source, which records who subscribes.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="diagram"/> is null.</exception>
    /// <exception cref="MarbleSyntaxException">The diagram is not one.</exception>
    public PushProbe<string> Hot(string diagram, Exception? error = null, string? name = null, bool replayTerminal = true) =>
        Hot<string>(diagram, null, error, name, replayTerminal);

    /// <inheritdoc cref="Hot(string, Exception?, string?, bool)"/>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="diagram">What it says.</param>
    /// <param name="values">What the letters mean: <c>[("a", 1)]</c>; without it they mean themselves, as numbers or whatever can be parsed.</param>
    /// <param name="error">What <c>#</c> means; a <see cref="MarbleException"/> if not given.</param>
    /// <param name="name">What failures and pictures call it.</param>
    /// <param name="replayTerminal">Whether late subscribers get the ending.</param>
    public PushProbe<T> Hot<T>(
        string diagram, MarbleValues<T>? values = null, Exception? error = null, string? name = null, bool replayTerminal = true)
    {
        var source = Push(diagram, MarbleRow.Hot, values, error, name, replayTerminal);
        _agenda.Arm(source.Arm);
        return source;
    }

    /// <summary>A pull source: an item is available at its time, counted from the enumeration's start, and delivered when it is asked for.</summary>
    /// <param name="diagram">When which letter is available: <c>-a-b|</c>.</param>
    /// <param name="error">What <c>#</c> means; a <see cref="MarbleException"/> if not given.</param>
    /// <param name="name">What failures and pictures call it.</param>
    /// <returns>The source, which records how it is used.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="diagram"/> is null.</exception>
    /// <exception cref="MarbleSyntaxException">The diagram is not one.</exception>
    public PullProbe<string> Pull(string diagram, Exception? error = null, string? name = null) => Pull<string>(diagram, null, error, name);

    /// <inheritdoc cref="Pull(string, Exception?, string?)"/>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="diagram">When which item is available.</param>
    /// <param name="values">What the letters mean: <c>[("a", 1)]</c>; without it they mean themselves, as numbers or whatever can be parsed.</param>
    /// <param name="error">What <c>#</c> means; a <see cref="MarbleException"/> if not given.</param>
    /// <param name="name">What failures and pictures call it.</param>
    public PullProbe<T> Pull<T>(string diagram, MarbleValues<T>? values = null, Exception? error = null, string? name = null) =>
        Pull(diagram, values, error, name, pacedByRequests: false);

    /// <summary>A pull source that works only while it is asked: each request takes the time between the mark before and its own.</summary>
    /// <param name="diagram">In <c>--a---b|</c> the first request takes two frames, the second four, and the third one.</param>
    /// <param name="error">What <c>#</c> means; a <see cref="MarbleException"/> if not given.</param>
    /// <param name="name">What failures and pictures call it.</param>
    /// <returns>The source, which records how it is used.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="diagram"/> is null.</exception>
    /// <exception cref="MarbleSyntaxException">The diagram is not one.</exception>
    public PullProbe<string> PullOnRequest(string diagram, Exception? error = null, string? name = null) =>
        PullOnRequest<string>(diagram, null, error, name);

    /// <inheritdoc cref="PullOnRequest(string, Exception?, string?)"/>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="diagram">How long each request takes, and what it brings.</param>
    /// <param name="values">What the letters mean: <c>[("a", 1)]</c>; without it they mean themselves, as numbers or whatever can be parsed.</param>
    /// <param name="error">What <c>#</c> means; a <see cref="MarbleException"/> if not given.</param>
    /// <param name="name">What failures and pictures call it.</param>
    public PullProbe<T> PullOnRequest<T>(string diagram, MarbleValues<T>? values = null, Exception? error = null, string? name = null) =>
        Pull(diagram, values, error, name, pacedByRequests: true);

    private PushProbe<T> Push<T>(string diagram, MarbleRow row, MarbleValues<T>? values, Exception? error, string? name, bool replayTerminal)
    {
        var parsed = Parse(diagram, row, values, name);
        var source = new PushProbe<T>(
            _timeline, Marble.Resolve(parsed, values, error), row == MarbleRow.Hot, replayTerminal, name ?? NextName(), parsed);
        _sources.Add(source);
        return source;
    }

    private PullProbe<T> Pull<T>(string diagram, MarbleValues<T>? values, Exception? error, string? name, bool pacedByRequests)
    {
        var parsed = Parse(diagram, MarbleRow.Cold, values, name);
        var source = new PullProbe<T>(_timeline, Marble.Resolve(parsed, values, error), name ?? NextName(), parsed) { PacedByRequests = pacedByRequests };
        _sources.Add(source);
        return source;
    }

    private MarbleDiagram Parse<T>(string diagram, MarbleRow row, MarbleValues<T>? values, string? name)
    {
        ArgumentNullException.ThrowIfNull(diagram);
        AssertIsNotOver();

        return MarbleDiagram.Parse(diagram, row, Syntax() with { Keys = values?.Keys, Name = name });
    }

    private string NextName() => _sources.Count == 0 ? "source" : $"source {_sources.Count + 1}";
}
