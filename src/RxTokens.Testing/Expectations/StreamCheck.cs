using System.Globalization;
using System.Reactive;

namespace RxTokens;

/// <summary>Expects what comes out of a stream, push or pull, at the pace at which the test asks for it.</summary>
internal sealed class StreamCheck<T>(string name, Observed<T> stream, Func<MarbleSyntax> syntax) : Check(name)
{
    private MarbleDiagram? _diagram;
    private IReadOnlyList<Marble<T>> _expected = [];
    private MarbleValues<T>? _values;
    private ExpectedError _error = new MarbleException("#");
    private readonly Sums _counts = new("items", MarbleKind.Value);
    private Observed<T>? _other;
    private string _otherName = "";

    public override string? Missing => _diagram is null && _other is null && _counts.IsEmpty ? "ToBe" : null;

    public IReadOnlyList<Marble<T>> Received => stream.Received;

    public void Expect(string diagram, MarbleValues<T>? values, ExpectedError? error)
    {
        ArgumentNullException.ThrowIfNull(diagram);
        AssertIsOpen();

        var parsed = MarbleDiagram.Parse(diagram, MarbleRow.Expected, syntax() with { Name = Name, Keys = values?.Keys });
        var expected = Marble.Resolve(parsed, values, error: null);

        // What can never be met is said before anything runs.
        var granted = stream.Granted;
        var items = expected.Count(m => m.Notification.HasValue);
        if (granted < items)
            throw Unreachable($"to deliver {items} items, but its demand row asks for {granted} only: the rest can never come");
        if (granted < items + stream.RequestsOfTheEnd && expected is [.., { Notification.Kind: NotificationKind.OnCompleted }])
            throw Unreachable($"to complete, but its demand row asks for the {items} items only: the end of a pull stream needs a request too");

        (_diagram, _expected, _values, _error) = (parsed, expected, values, error ?? _error);
    }

    /// <summary>Expects what another stream says.</summary>
    public void Expect(Func<Observed<T>> other, string? name)
    {
        AssertIsOpen();

        (_other, _otherName) = (other(), name ?? "other");
    }

    public void ExpectCount(long items, long? atFrame)
    {
        if (stream.Granted < items)
            throw Unreachable($"to deliver {items} items, but its demand row asks for {stream.Granted} only: the rest can never come", nameof(items));

        _counts.Expect(items, atFrame);
    }

    private void AssertIsOpen()
    {
        if (_diagram is not null || _other is not null)
            throw new InvalidOperationException($"'{Name}' is expected to be '{_diagram?.Text ?? _otherName}' already. Make another expectation, for another subscription.");
    }

    private ArgumentException Unreachable(string what, string parameter = "diagram") =>
        new($"'{Name}' is expected {what}. Demand: {stream.Demand!.Text}", parameter);

    public override IEnumerable<Finding> Compare(TimeSpan frameSize)
    {
        var letters = new Letters<T>(_values, _expected.Count > 0 ? _diagram!.Symbols : []);
        var actual = Symbols(letters);
        var context = Demand();
        var length = _diagram?.Length ?? TimeSpan.Zero;
        var text = new Lazy<string?>(() => ChartLayout.FormatExact(MarbleRow.Expected, actual, frameSize, length));

        foreach (var violation in _other?.Violations ?? [])
        {
            var mismatch = new MarbleMismatch(_otherName, MismatchKind.ProtocolViolation, violation.Time, violation.Time.Ticks / frameSize.Ticks, violation.What);
            yield return new Finding(mismatch, [.. context, new ChartRow(_otherName, MarbleRow.Expected, Symbols(_other!.Received, letters))]) { AtCaret = violation.What };
        }

        foreach (var violation in stream.Violations)
        {
            var mismatch = new MarbleMismatch(
                Name, violation.IsDemand ? MismatchKind.DemandViolation : MismatchKind.ProtocolViolation,
                violation.Time, violation.Time.Ticks / frameSize.Ticks, violation.What)
            {
                Expected = _diagram?.Text,
                Actual = text.Value,
            };
            yield return new Finding(mismatch, [.. context, new ChartRow("actual", MarbleRow.Expected, actual)])
            {
                AtCaret = violation.What,
                Legend = letters.Legend,
            };
        }

        foreach (var count in _counts.Compare(Name, MarbleRow.Expected, actual, frameSize))
            yield return count with { Rows = [.. context, .. count.Rows], Legend = letters.Legend };
        if (_other is not null && Twins.Find(Name, (_otherName, _other.Received), stream.Received, letters, frameSize) is { } difference)
            yield return difference with { Rows = [.. context, .. difference.Rows] };
        if (_diagram is null)
            yield break;

        var finding = new Comparison(Name, MarbleRow.Expected, _diagram.Symbols, actual)
        {
            Same = (x, y) => Same(_expected[x].Notification, stream.Received[y].Notification),
            Describe = Describe,
            Types = (x, y) => (TypeOf(_expected[x].Notification), TypeOf(stream.Received[y].Notification)),
            Context = context,
            Length = length,
        }.Find(frameSize);
        if (finding is not null)
            yield return finding with { Legend = letters.Legend, Hint = Hint() };

        // The two rows say which errors they mean only in words.
        string Describe(MarbleSymbol symbol) => symbol.Kind != MarbleKind.Error ? Words.Of(symbol)
            : symbol.Text == "#" ? $"OnError({_error})"
            : $"OnError({symbol.Text})";

        static string TypeOf(Notification<T> notification) =>
            (notification.HasValue ? notification.Value?.GetType() : notification.Exception?.GetType())?.Name ?? "null";

        string? Hint()
        {
            if (stream.Received.Any(m => m.Notification.Exception is { } error && !_error.Accepts(error)))
                return "to say which error '#' means:  ToBe(…, error: typeof(…)), or an instance, or ExpectedError.Where(…)";
            return letters.Legend.Count > 0 ? "letters that stand for values without one have to be among the values too" : null;
        }
    }

    public override IEnumerable<ChartRow> Rows(TimeSpan frameSize)
    {
        foreach (var row in Demand())
            yield return row;

        var letters = new Letters<T>(_values, []);
        var symbols = Symbols(letters);
        yield return new ChartRow(Name, MarbleRow.Expected, symbols, string.Join(", ", letters.Legend)) { Length = _diagram?.Length ?? TimeSpan.Zero };
        if (_other is not null)
            yield return new ChartRow(_otherName, MarbleRow.Expected, Symbols(_other.Received, letters));
    }

    private IReadOnlyList<ChartRow> Demand() =>
        stream.Demand is { } demand ? [new ChartRow("requests", MarbleRow.Demand, demand.Symbols)] : [];

    private IReadOnlyList<MarbleSymbol> Symbols(Letters<T> letters) => Symbols(stream.Received, letters);

    internal static IReadOnlyList<MarbleSymbol> Symbols(IReadOnlyList<Marble<T>> marbles, Letters<T> letters) =>
    [
        .. marbles.Select(m => new MarbleSymbol(
            m.Time,
            m.Notification.Kind switch
            {
                NotificationKind.OnNext => MarbleKind.Value,
                NotificationKind.OnError => MarbleKind.Error,
                _ => MarbleKind.Completion,
            },
            m.Notification.Kind switch
            {
                NotificationKind.OnNext => letters.Of(m.Notification.Value),
                NotificationKind.OnError => ErrorName.Of(m.Notification.Exception!),
                _ => "|",
            },
            1,
            0)),
    ];

    private bool Same(Notification<T> expected, Notification<T> actual) => expected.Kind == actual.Kind && expected.Kind switch
    {
        NotificationKind.OnNext => Alike.Values(expected.Value, actual.Value),
        NotificationKind.OnError => _error.Accepts(actual.Exception!),
        _ => true,
    };
}

/// <summary>Finds a letter for each value that happened, and keeps a legend of those that have none.</summary>
internal sealed class Letters<T>
{
    private const int LongestName = 16;
    private const int MostLetters = 26;
    private const int LongestLegend = 10;

    private readonly MarbleValues<T>? _values;
    private readonly HashSet<string> _taken;
    private readonly List<(string Letter, T Value)> _foreign = [];
    private string? _rest;
    private int _restCount;

    public Letters(MarbleValues<T>? values, IEnumerable<MarbleSymbol> expected)
    {
        _values = values;
        _taken = [.. values?.Keys ?? [], .. expected.Select(s => s.Text)];
    }

    /// <summary>What the letters mean that are not those of the test; of many the first, and how many more.</summary>
    public IReadOnlyList<string> Legend
    {
        get
        {
            var more = _foreign.Count + _restCount - LongestLegend;
            var first = _foreign.Take(LongestLegend).Select(f => $"{f.Letter} = {Printable.Of(Show(f.Value))}");
            return more > 0 ? [.. first, string.Create(CultureInfo.InvariantCulture, $"… and {more} more")] : [.. first];
        }
    }

    public string Of(T value)
    {
        if (_values?.KeyOf(value) is { } key)
            return key;

        var text = Show(value);
        var longest = value is DateTime or DateTimeOffset ? int.MaxValue : LongestName;
        if (_values is null && value is not null && text.Length > 0 && text.Length <= longest && !text.AsSpan().ContainsAny("{}\r\n\t") && !_foreign.Exists(f => f.Letter == text))
            return text;

        foreach (var (letter, other) in _foreign)
        {
            if (Alike.Values(other, value))
                return letter;
        }

        if (_foreign.Count == MostLetters)
            return Rest();

        var free = Enumerable.Range('A', 26).Select(c => ((char)c).ToString()).FirstOrDefault(letter => !_taken.Contains(letter))
            ?? $"value {_foreign.Count + 1}";
        _taken.Add(free);
        _foreign.Add((free, value));
        return free;
    }

    /// <summary>One name for all others: who has that many does not read them.</summary>
    private string Rest()
    {
        _restCount++;
        if (_rest is null)
        {
            _rest = "other";
            while (!_taken.Add(_rest))
                _rest += "'";
        }

        return _rest;
    }

    private static string Show(object? value) => ValueText.Of(value);
}
