using System.Reactive;

namespace RxTokens;

/// <summary>What a stream has said, to be compared and drawn.</summary>
internal sealed record Said<T>(string Name, IReadOnlyList<Marble<T>> Marbles, InnerStreams<T> Inner, IEnumerable<Violation> Violations)
{
    /// <summary>The letter of an inner stream.</summary>
    public string? Letter { get; init; }

    /// <summary>When it was handed out, if it is one.</summary>
    public TimeSpan? Begin { get; init; }

    /// <summary>Where frame 0 of its diagram is.</summary>
    public TimeSpan Origin { get; init; }

    /// <summary>Rows that belong between the sources and these.</summary>
    public IReadOnlyList<ChartRow> Context { get; init; } = [];

    /// <summary>What needs to be known of the rows of an inner stream.</summary>
    public string Label(string row) => Letter is null ? row : $"{row} {Letter}";
}

/// <summary>What a stream is expected to say.</summary>
internal sealed class ExpectedRow<T>
{
    private readonly IReadOnlyList<ExpectedValue<T>> _items;
    private readonly ExpectedValues<T>? _values;
    private readonly ExpectedError _error;
    private readonly IEqualityComparer<T>? _comparer;

    public ExpectedRow(string name, string diagram, ExpectedValues<T>? values, ExpectedError? error, IEqualityComparer<T>? comparer, MarbleSyntax syntax)
    {
        Diagram = MarbleDiagram.Parse(diagram, MarbleRow.Expected, syntax with { Name = name, Keys = values?.Keys });
        _values = values is null ? null : new ExpectedValues<T>(values.Select(value =>
            value.Matcher is InnerMatcher inner ? value.With(inner.Bind($"{name}, {value.Key}", typeof(T), syntax)) : value));
        _items =
        [
            .. Diagram.Symbols.Select(symbol =>
                symbol.Kind != MarbleKind.Value ? default
                : _values is null ? (symbol.Text, RxTokens.Literal.Parse<T>(Diagram, symbol))
                : _values[symbol.Text]),
        ];
        _error = error ?? new MarbleException("#");
        _comparer = comparer;
    }

    public MarbleDiagram Diagram { get; }

    public int Items => Diagram.Symbols.Count(symbol => symbol.Kind == MarbleKind.Value);

    public bool Completes => Diagram.Symbols is [.., { Kind: MarbleKind.Completion }];

    public IEnumerable<InnerMatcher> InnerMatchers => _values?.Select(value => value.Matcher).OfType<InnerMatcher>() ?? [];

    /// <summary>The differences, or, where there is none, those of the streams that were handed out.</summary>
    public IEnumerable<Finding> Compare(Said<T> said, TimeSpan frameSize)
    {
        var letters = NewLetters();
        var actual = Symbols(letters, said.Marbles, said.Inner);
        var length = Diagram.Length + said.Origin;
        var rows = said.Inner.Rows(actual, length).ToList();
        var diagram = new Lazy<string?>(() => ChartLayout.FormatExact(MarbleRow.Expected, actual, frameSize, length));

        foreach (var violation in said.Violations)
        {
            yield return new Finding(
                new MarbleMismatch(
                    said.Name, violation.IsDemand ? MismatchKind.DemandViolation : MismatchKind.ProtocolViolation,
                    violation.Time, violation.Time.Ticks / frameSize.Ticks, Printable.Of(violation.What))
                {
                    Expected = Diagram.Text,
                    Actual = diagram.Value,
                },
                [.. said.Context, .. rows, new ChartRow(said.Label("actual"), MarbleRow.Expected, actual) { Begin = said.Begin }])
            {
                AtCaret = violation.What,
                Legend = letters.Legend,
            };
        }

        var finding = new Comparison(said.Name, MarbleRow.Expected, [.. Diagram.Symbols.Select(s => s with { Time = s.Time + said.Origin })], actual)
        {
            Same = (x, y) => Same(x, said.Marbles[y].Notification),
            Describe = Describe,
            Types = (x, y) => (TypeOfExpected(x), TypeOf(said.Marbles[y].Notification)),
            Legend = (x, y) => Legend(x, y, said, actual, letters),
            Context = [.. said.Context, .. rows],
            Length = length,
            Origin = said.Origin,
            Begin = said.Begin,
            Label = said.Label,
        }.Find(frameSize);
        if (finding is not null)
        {
            yield return finding with { Hint = Hint(said, letters, actual) };
            yield break;
        }

        IReadOnlyList<ChartRow> context = [.. said.Context, new ChartRow(said.Letter ?? said.Name, MarbleRow.Expected, actual) { Begin = said.Begin, Length = length }];
        for (var i = 0; i < _items.Count; i++)
        {
            if (_items[i].Matcher is not InnerMatcher inner || said.Inner[i] is not { } stream)
                continue;

            foreach (var difference in inner.Compare(stream, $"{said.Name}, {_items[i].Key}", _items[i].Key, context, frameSize))
                yield return difference;
        }

        // The two rows say which errors they mean only in words.
        string Describe(MarbleSymbol symbol) => symbol.Kind != MarbleKind.Error ? Words.Of(symbol)
            : symbol.Text == "#" ? $"OnError({_error})"
            : $"OnError({symbol.Text})";
    }

    public Letters<T> NewLetters() => new(_values, Diagram.Symbols, _comparer);

    public IReadOnlyList<MarbleSymbol> Symbols(Letters<T> letters, IReadOnlyList<Marble<T>> marbles, InnerStreams<T> inner) =>
        letters.Symbols(marbles, inner, i => i < _items.Count ? _items[i].Key : null);

    private bool Same(int expected, Notification<T> actual) => Diagram.Symbols[expected].Kind switch
    {
        MarbleKind.Value => actual.Kind == NotificationKind.OnNext && _items[expected].Accepts(actual.Value, _comparer),
        MarbleKind.Error => actual.Kind == NotificationKind.OnError && _error.Accepts(actual.Exception!),
        _ => actual.Kind == NotificationKind.OnCompleted,
    };

    private string TypeOfExpected(int index) => Diagram.Symbols[index].Kind switch
    {
        MarbleKind.Value => _items[index].TypeOfValue()?.Name ?? "null",
        MarbleKind.Error => _error.Type?.Name ?? "null",
        _ => "null",
    };

    private static string TypeOf(Notification<T> notification) =>
        (notification.HasValue ? notification.Value?.GetType() : notification.Exception?.GetType())?.Name ?? "null";

    /// <summary>What the two letters stand for between which the difference is, and those that the test does not have.</summary>
    private List<string> Legend(int? expected, int? actual, Said<T> said, IReadOnlyList<MarbleSymbol> symbols, Letters<T> letters)
    {
        var lines = new List<string>();
        var item = actual is { } y && symbols[y].Kind == MarbleKind.Value ? said.Marbles[y].Notification.Value : default;
        if (expected is { } x && _values is not null && _items[x] is { Key: { } key } value)
        {
            var text = value.Describe();
            if (actual is { } at && symbols[at].Kind == MarbleKind.Value && symbols[at].Text != key && text == ValueText.Of(item))
                text += Apart(value, item);
            if (text != key)
                lines.Add($"{key} = {text}{(value.Matcher?.Refusal(item) is { } why ? $"; {why}" : "")}");
        }

        if (actual is { } a && symbols[a] is { Kind: MarbleKind.Value, Text: var letter } && _values?.Has(letter) == true
            && _values[letter].Matcher is not InnerMatcher && !lines.Exists(line => line.StartsWith($"{letter} = ", StringComparison.Ordinal)) && ValueText.Of(item) is var shown && shown != letter)
        {
            lines.Add($"{letter} = {shown}");
        }

        return [.. lines, .. letters.Legend];
    }

    /// <summary>How values differ that look alike.</summary>
    private static string Apart(ExpectedValue<T> expected, T? actual)
    {
        var (one, other) = (expected.TypeOfValue()?.Name, actual?.GetType().Name);
        return actual is not null && ValueText.IsObservable(actual) ? " (another one)"
            : one != other ? $" ({one}, not {other})" : expected.DifferenceFrom(actual) is { } index ? FormattableString.Invariant($" (differs in item {index})")
            : $" (another {other})";
    }

    private string? Hint(Said<T> said, Letters<T> letters, IReadOnlyList<MarbleSymbol> actual)
    {
        if (said.Marbles.Any(m => m.Notification.Exception is { } error && !_error.Accepts(error)))
            return "to say which error '#' means:  ToBe(…, error: typeof(…)), or an instance, or ExpectedError.Where(…)";
        if (letters.Legend.Count == 0)
            return null;
        if (!InnerMatchers.Any() && said.Marbles.Any(m => m.Notification is { HasValue: true, Value: { } item } && ValueText.IsObservable(item)))
            return "to say what a stream among the items says:  (\"x\", Marble.Inner(…)), or Marble.Group(…) with its key";

        const string Sentence = "letters that stand for values without one have to be among the values too";
        return letters.Pairs(said.Marbles, actual, said.Inner) is { } pairs ? $"{Sentence}:  {pairs}" : Sentence;
    }
}
