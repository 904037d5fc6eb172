using System.Globalization;
using System.Reactive;

namespace RxTokens;

/// <summary>Finds a letter for each value that happened, and keeps a legend of those that have none.</summary>
internal sealed class Letters<T>
{
    private const int LongestName = 16;
    private const int MostLetters = 26;
    private const int LongestLegend = 10;

    private readonly ExpectedValues<T>? _values;
    private readonly IEqualityComparer<T>? _comparer;
    private readonly HashSet<string> _taken;
    private readonly List<(string Letter, T Value, InnerStream? Stream)> _foreign = [];
    private string? _rest;
    private int _restCount;

    public Letters(ExpectedValues<T>? values, IEnumerable<MarbleSymbol> expected, IEqualityComparer<T>? comparer = null)
    {
        _values = values;
        _comparer = comparer;
        _taken = [.. values?.Keys ?? [], .. expected.Select(s => s.Text)];
    }

    /// <summary>What the letters mean that are not those of the test; of many the first, and how many more.</summary>
    public IReadOnlyList<string> Legend
    {
        get
        {
            var more = _foreign.Count + _restCount - LongestLegend;
            var first = _foreign.Take(LongestLegend).Select(f => $"{f.Letter} = {(f.Stream is { } stream ? $"a stream: {Printable.Of(stream.Format() ?? "…")}" : ValueText.Of(f.Value))}");
            return more > 0 ? [.. first, string.Create(CultureInfo.InvariantCulture, $"… and {more} more")] : [.. first];
        }
    }

    /// <summary>The values to write in a test beside a row, as they are written in C#; null if they cannot be.</summary>
    public string? Pairs(IReadOnlyList<Marble<T>> marbles, IReadOnlyList<MarbleSymbol> symbols, InnerStreams<T> inner)
    {
        var pairs = new OrderedDictionary<string, string?>();
        for (var i = 0; i < symbols.Count && pairs.Count <= LongestLegend; i++)
        {
            // Without values of its own the test needs all of them now.
            if (symbols[i].Kind == MarbleKind.Value && _values?.Has(symbols[i].Text) != true)
                pairs.TryAdd(symbols[i].Text, inner[i] is { } stream ? stream.Literal() : CSharp.Literal(marbles[i].Notification.Value));
        }

        return pairs.Count > LongestLegend || pairs.Any(pair => pair.Value is null || pair.Key.AsSpan().ContainsAny("\r\n"))
            ? null
            : string.Join(", ", pairs.Select(pair => $"(\"{CSharp.Escape(pair.Key)}\", {pair.Value})"));
    }

    /// <summary>A row of what happened.</summary>
    /// <param name="marbles">What happened.</param>
    /// <param name="inner">The streams among it.</param>
    /// <param name="wanted">The letter that is expected at an index.</param>
    public IReadOnlyList<MarbleSymbol> Symbols(IReadOnlyList<Marble<T>> marbles, InnerStreams<T>? inner = null, Func<int, string?>? wanted = null)
    {
        var symbols = new MarbleSymbol[marbles.Count];
        for (var i = 0; i < symbols.Length; i++)
        {
            var (time, notification) = marbles[i];
            symbols[i] = notification.Kind switch
            {
                NotificationKind.OnNext => new MarbleSymbol(time, MarbleKind.Value, Of(notification.Value, wanted?.Invoke(i), inner?[i]), 1, 0),
                NotificationKind.OnError => new MarbleSymbol(time, MarbleKind.Error, ErrorName.Of(notification.Exception!), 1, 0),
                _ => new MarbleSymbol(time, MarbleKind.Completion, "|", 1, 0),
            };
        }

        return symbols;
    }

    private string Of(T value, string? wanted, InnerStream? stream)
    {
        if (_values is not null && KeyOf(value, wanted, stream) is { } key)
            return key;

        var longest = value is DateTime or DateTimeOffset ? int.MaxValue : LongestName;
        if (_values is null && stream is null && value is not null && ValueText.Raw(value) is var text && text.Length > 0 && text.Length <= longest && IsName(value, text) && !_foreign.Exists(f => f.Letter == text))
            return text;

        foreach (var (letter, other, _) in _foreign)
        {
            if (Alike.Values(other, value))
                return letter;
        }

        if (_foreign.Count == MostLetters)
            return Rest();

        var free = Enumerable.Range('A', 26).Select(c => ((char)c).ToString()).FirstOrDefault(letter => !_taken.Contains(letter))
            ?? $"value {_foreign.Count + 1}";
        _taken.Add(free);
        _foreign.Add((free, value, stream));
        return free;
    }

    /// <summary>Whether it can stand in braces. What cannot be seen of a string is written as symbols, and of other things not at all.</summary>
    private static bool IsName(object value, string text) =>
        !text.AsSpan().ContainsAny("{}") && (value is string or char || Printable.Of(text) == text);

    /// <summary>The letter that is expected, if the value is one that it stands for; or the first that means just this; or one that it satisfies.</summary>
    private string? KeyOf(T value, string? wanted, InnerStream? stream)
    {
        if (wanted is not null && _values!.Has(wanted) && _values[wanted].Accepts(value, _comparer))
            return wanted;

        foreach (var entry in _values!)
        {
            if (entry.Matcher is null && entry.Accepts(value, _comparer))
                return entry.Key;
        }

        foreach (var entry in _values)
        {
            if (entry.Matcher is not null && entry.Accepts(value, _comparer) && (entry.Matcher is not InnerMatcher inner || (stream is not null && inner.Matches(stream))))
                return entry.Key;
        }

        return null;
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
}
