namespace RxTokens;

/// <summary>An item that is a stream, and what it is to say.</summary>
internal abstract class InnerMatcher : ItemMatcher
{
    /// <summary>The same, read: for the items of an expectation.</summary>
    /// <param name="name">What the expectation, and the letter in it, is called.</param>
    /// <param name="itemType">The type of its items.</param>
    /// <param name="syntax">How its diagrams are read.</param>
    public abstract InnerMatcher Bind(string name, Type itemType, MarbleSyntax syntax);

    /// <summary>Subscribes to an item if it is such a stream.</summary>
    /// <param name="item">The item.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="all">What the items may be: what is in the stream may be a stream again.</param>
    public abstract InnerStream? Watch(object? item, Timeline clock, IReadOnlyList<InnerMatcher> all);

    /// <summary>How long its diagram is, or those in it.</summary>
    public abstract TimeSpan Length { get; }

    /// <summary>Whether a stream has said exactly this, where the item itself is accepted.</summary>
    public abstract bool Matches(InnerStream stream);

    public abstract IEnumerable<Finding> Compare(InnerStream stream, string name, string letter, IReadOnlyList<ChartRow> context, TimeSpan frameSize);
}

internal class InnerDiagram<T>(string diagram, ExpectedValues<T>? values, ExpectedError? error, bool isAbsolute) : InnerMatcher
{
    private ExpectedRow<T>? _row;

    private ExpectedRow<T> Row => _row ?? throw new InvalidOperationException("An inner diagram is read by the expectation that it is in.");

    public override TimeSpan Length => InnerMatchers.Select(inner => inner.Length).Append(Row.Diagram.Length).Max();

    public IEnumerable<InnerMatcher> InnerMatchers => Row.InnerMatchers;

    public override InnerMatcher Bind(string name, Type itemType, MarbleSyntax syntax)
    {
        if (!CanBe(itemType))
            throw new ArgumentException($"'{name}' is expected to be a stream of {Literal.Name(typeof(T))}, which no {Literal.Name(itemType)} is: use the Inner<T> of its items.", nameof(values));

        var bound = (InnerDiagram<T>)MemberwiseClone();
        bound._row = new ExpectedRow<T>(name, diagram, values, error, comparer: null, syntax);
        return bound;
    }

    public override bool Accepts(object? item) => item is IObservable<T>;

    public override InnerStream? Watch(object? item, Timeline clock, IReadOnlyList<InnerMatcher> all) => item is IObservable<T> stream
        ? new InnerStream<T>(stream, clock, [.. all.OfType<InnerDiagram<T>>().SelectMany(inner => inner.InnerMatchers)])
        : null;

    public override bool Matches(InnerStream stream) => !Compare(stream, "", "", [], stream.FrameSize).Any();

    public override IEnumerable<Finding> Compare(InnerStream stream, string name, string letter, IReadOnlyList<ChartRow> context, TimeSpan frameSize) =>
        stream is InnerStream<T> inner
            ? Row.Compare(inner.Said(name, letter, context) with { Origin = isAbsolute ? TimeSpan.Zero : inner.From }, frameSize)
            : [];

    public override string ToString() => $"a stream: {Printable.Of(diagram.Trim())}{(isAbsolute ? " (absolute)" : "")}";

    /// <summary>Whether the items may be such streams at all: those of another type that are streams too may not.</summary>
    private static bool CanBe(Type itemType) =>
        typeof(IObservable<T>).IsAssignableFrom(itemType)
        || itemType.IsAssignableFrom(typeof(IObservable<T>))
        || !(itemType.IsValueType || itemType.IsSealed || Content.Implements(itemType, typeof(IObservable<>))
            || (itemType.IsGenericType && itemType.GetGenericTypeDefinition() == typeof(IObservable<>)));
}

internal sealed class GroupDiagram<TKey, T>(TKey key, string diagram, ExpectedValues<T>? values, ExpectedError? error, bool isAbsolute)
    : InnerDiagram<T>(diagram, values, error, isAbsolute)
{
    public override bool Accepts(object? item) => item is System.Reactive.Linq.IGroupedObservable<TKey, T> group && Alike.Values(key, group.Key);

    public override string ToString() => $"the group {ValueText.Of(key)}, {base.ToString()}";
}
