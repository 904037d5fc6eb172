using System.Reactive.Linq;
using System.Reactive.Subjects;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace RxTokens.Tests;

public partial class PartialJsonTests
{
    // The documents

    private static readonly Gen<string> Space = Gen.Frequency((5, Gen.Constant("")), (1, Gen.Elements(" ", "\n", "\r\n", "\t", "  ")));

    private static readonly Gen<string> Strings = Gen.Frequency(
        (6, Gen.Elements("a", "b", "é", "漢", "😀", "𝒜", " ", "/", "\u007F", "\u2028", "[", "}", ",", ":")),
        (5, Gen.Elements("\\n", "\\\"", "\\\\", "\\/", "\\u0041", "\\u00e9", "\\uD83D\\uDE00", "\\u0000")),
        (1, Gen.Elements("\\ud83d", "\\uDE01", "\uD83D", "\uDE00"))).ListOf().Select(s => string.Concat(s.Take(8)));

    private static readonly Gen<string> Numbers = Gen.Elements(
        "0", "-0", "7", "42", "-7.5e+2", "1.10", "12345678901234567890", "0.0E-10", "1e5", "100.001");

    private static readonly Gen<string> Documents =
        from before in Space from value in Gen.Sized(size => Value(Math.Min(4, size / 8))) from after in Space select before + value + after;

    private static readonly Gen<string> Mistakes =
        from document in Documents
        from changes in Gen.Choose(1, 2)
        from places in Gen.Choose(0, 10_000).ListOf(changes)
        from kinds in Gen.Choose(0, 2).ListOf(changes)
        from added in Gen.Elements("{", "}", "[", "]", ",", ":", "\"", "\\", "u", "0", "1", "-", "+", ".", "e", "t", "n", "x", "/", "*", "#", "\n", "\r", "\t", "\0", " ", "é", "漢", "😀", "\uD83D", "\uDE00", "\uFEFF", "\u00A0").ListOf(changes)
        select Mutated(document, places, kinds, added);

    private static Gen<string> Value(int depth)
    {
        var leaf = Gen.Frequency((3, Strings.Select(s => $"\"{s}\"")), (2, Numbers), (1, Gen.Elements("true", "false", "null")));
        if (depth == 0)
            return leaf;

        var element = from before in Space from value in Value(depth - 1) from after in Space select before + value + after;
        var name = Gen.Frequency(
            (4, from i in Gen.Choose(0, 1_000_000) from s in Strings where !s.Contains("ud83d", StringComparison.Ordinal) select s + i),
            (1, Gen.Elements("dup", "d\\u0075p", "dup2")));
        var member = from before in Space from n in name from colon in Space from value in element select $"{before}\"{n}\"{colon}:{value}";
        return Gen.Frequency(
            (1, leaf),
            (2, element.ListOf().Select(l => $"[{string.Join(',', l.Take(5))}]")),
            (1, Space.Select(s => $"[{s}]")),
            (3, member.ListOf().Select(l => $"{{{string.Join(',', l.Take(5))}}}")));
    }

    private static string Mutated(string text, IReadOnlyList<int> places, IReadOnlyList<int> kinds, IReadOnlyList<string> added)
    {
        for (var i = 0; i < places.Count; i++)
        {
            var at = places[i] % (text.Length + 1);
            var to = kinds[i] == 0 ? at : Math.Min(at + 1, text.Length);
            text = text[..at] + (kinds[i] == 1 ? "" : added[i]) + text[to..];
        }

        return text;
    }

    // What is expected

    /// <summary>The first character at which System.Text.Json refuses the text, when it comes character by character, and what it says.</summary>
    private static (int At, JsonException Error)? FirstFailure(string text)
    {
        if (Refusal(text) is null)
            return null;

        var (good, bad) = (0, text.Length);
        while (bad - good > 1)
        {
            var middle = (good + bad) / 2;
            if (Refusal(text[..middle]) is null)
                good = middle;
            else
                bad = middle;
        }

        return (bad - 1, Refusal(text[..bad])!);
    }

    private static JsonException? Refusal(string text, bool isWhole = false)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text), isWhole, default);
        try
        {
            while (reader.Read())
                continue;
            return null;
        }
        catch (JsonException refusal)
        {
            return refusal;
        }
    }

    private static bool HasDuplicates(string text) => text.Contains("dup", StringComparison.Ordinal) || text.Contains("d\\u0075p", StringComparison.Ordinal);

    private static bool IsWhole(string text) => Refusal(text, isWhole: true) is null;

    /// <summary>A value as text: strings by what they mean, numbers as they are written, members in the order of their names.</summary>
    private static string? Canonical(string? json)
    {
        if (json is null)
            return null;

        using var document = JsonDocument.Parse(json);
        return Of(document.RootElement);

        static string Of(JsonElement value)
        {
            switch (value.ValueKind)
            {
                case JsonValueKind.Object:
                    var members = value.EnumerateObject().Select(m => (m.Name, Value: Of(m.Value))).OrderBy(m => m.Name, StringComparer.Ordinal).ToList();
                    Assert.That(members.Select(m => m.Name), Is.Unique);
                    return $"{{{string.Join(',', members.Select(m => $"{TextLaws.Show(m.Name)}:{m.Value}"))}}}";
                case JsonValueKind.Array:
                    return $"[{string.Join(',', value.EnumerateArray().Select(Of))}]";
                case JsonValueKind.String:
                    return TextLaws.Show(value.GetString()!);
                default:
                    return value.GetRawText();
            }
        }
    }

    private static bool IsGrown(JsonElement from, JsonElement to)
    {
        if (from.ValueKind != to.ValueKind)
            return false;

        switch (from.ValueKind)
        {
            case JsonValueKind.Object:
                var (some, more) = (from.EnumerateObject().ToList(), to.EnumerateObject().ToList());
                return some.Count <= more.Count && some.Select((m, i) => (m, i)).All(x =>
                    x.m.Name == more[x.i].Name && (x.i == some.Count - 1 ? IsGrown(x.m.Value, more[x.i].Value) : JsonElement.DeepEquals(x.m.Value, more[x.i].Value)));
            case JsonValueKind.Array:
                var (few, many) = (from.EnumerateArray().ToList(), to.EnumerateArray().ToList());
                return few.Count <= many.Count && few.Select((e, i) => (e, i)).All(x =>
                    x.i == few.Count - 1 ? IsGrown(x.e, many[x.i]) : JsonElement.DeepEquals(x.e, many[x.i]));
            case JsonValueKind.String:
                return to.GetString()!.StartsWith(from.GetString()!, StringComparison.Ordinal);
            default:
                return to.GetRawText().StartsWith(from.GetRawText(), StringComparison.Ordinal);
        }
    }

    /// <summary>The latest view after each piece, and the failure.</summary>
    private static (List<string?> Views, Exception? Failure) Steps(params string[] pieces) => Steps(texts => texts.PartialJson(), pieces);

    private static (List<string?> Views, Exception? Failure) Steps(Func<IObservable<string>, IObservable<string>> @operator, string[] pieces)
    {
        using var source = new Subject<string>();
        var views = new List<string?>();
        string? view = null;
        Exception? failure = null;
        using var subscription = @operator(source).Subscribe(v => view = v, e => failure = e);
        foreach (var piece in pieces)
        {
            source.OnNext(piece);
            views.Add(view);
        }

        source.OnCompleted();
        return (views, failure);
    }

    /// <summary>Reads the beginning of a document that has no mistake: as slowly and simply as can be, in one go.</summary>
    private sealed class SlowModel(string text)
    {
        private int _at;

        public string? Read() => Value();

        private bool IsAtEnd => _at == text.Length;

        private string? Value()
        {
            SkipSpace();
            if (IsAtEnd)
                return null;

            switch (text[_at])
            {
                case '{':
                    var members = new SortedDictionary<string, string>(StringComparer.Ordinal);
                    Read('}', () =>
                    {
                        var name = String();
                        SkipSpace();
                        if (!name.IsWhole || IsAtEnd)
                            return false;
                        _at++;
                        if (Value() is not { } value)
                            return false;
                        members[name.Text] = value;
                        return true;
                    });
                    return $"{{{string.Join(',', members.Select(m => $"{TextLaws.Show(m.Key)}:{m.Value}"))}}}";
                case '[':
                    var elements = new List<string>();
                    Read(']', () =>
                    {
                        if (Value() is not { } value)
                            return false;
                        elements.Add(value);
                        return true;
                    });
                    return $"[{string.Join(',', elements)}]";
                case '"':
                    return TextLaws.Show(String().Text);
                case 't' or 'f' or 'n':
                    var literal = text[_at] == 't' ? "true" : text[_at] == 'f' ? "false" : "null";
                    _at = Math.Min(text.Length, _at + literal.Length);
                    return literal;
                default:
                    var from = _at;
                    while (!IsAtEnd && (char.IsAsciiLetterOrDigit(text[_at]) || text[_at] is '+' or '-' or '.'))
                        _at++;
                    for (var to = _at; to > from; to--)
                    {
                        if (IsWhole(text[from..to]))
                            return text[from..to];
                    }

                    return null;
            }
        }

        private void Read(char end, Func<bool> readOne)
        {
            for (_at++; ; _at++)
            {
                SkipSpace();
                if (IsAtEnd)
                    return;
                if (text[_at] == end)
                {
                    _at++;
                    return;
                }

                if (!readOne())
                    return;
                SkipSpace();
                if (IsAtEnd)
                    return;
                if (text[_at] == end)
                {
                    _at++;
                    return;
                }
            }
        }

        private (string Text, bool IsWhole) String()
        {
            if (IsAtEnd)
                return ("", false);

            var units = new List<(char Unit, bool IsEscaped)>();
            var isWhole = false;
            for (_at++; !IsAtEnd; _at++)
            {
                if (text[_at] == '"')
                {
                    isWhole = true;
                    _at++;
                    break;
                }

                if (text[_at] != '\\')
                {
                    units.Add((text[_at], false));
                    continue;
                }

                var length = _at + 1 == text.Length ? 2 : text[_at + 1] == 'u' ? 6 : 2;
                if (_at + length > text.Length)
                {
                    _at = text.Length;
                    var isRaw = units is [.., (_, false)]; // a half that no escape can complete
                    return (Decoded(units, isCut: !isRaw), false);
                }

                units.Add((length == 6 ? (char)Convert.ToInt32(text.Substring(_at + 2, 4), 16) : "\"\\/\b\f\n\r\t"["\"\\/bfnrt".IndexOf(text[_at + 1], StringComparison.Ordinal)], true));
                _at += length - 1;
            }

            return (Decoded(units, !isWhole), isWhole);
        }

        private static string Decoded(List<(char Unit, bool IsEscaped)> units, bool isCut)
        {
            var decoded = new StringBuilder();
            for (var i = 0; i < units.Count; i++)
            {
                var (unit, isEscaped) = units[i];
                if (char.IsHighSurrogate(unit) && i + 1 == units.Count && isCut)
                    continue;
                if (char.IsHighSurrogate(unit) && i + 1 < units.Count && units[i + 1].IsEscaped == isEscaped && char.IsLowSurrogate(units[i + 1].Unit))
                    decoded.Append(unit).Append(units[++i].Unit);
                else
                    decoded.Append(char.IsSurrogate(unit) ? '\uFFFD' : unit);
            }

            return decoded.ToString();
        }

        private void SkipSpace()
        {
            while (!IsAtEnd && text[_at] is ' ' or '\t' or '\r' or '\n')
                _at++;
        }
    }

    internal sealed record Order(
        [property: JsonPropertyName("item"), JsonRequired] string Item,
        [property: JsonPropertyName("count"), JsonRequired] int Count);

    [JsonConverter(typeof(RefusingConverter))]
    internal sealed class Refusing;

    internal sealed class RefusingConverter : JsonConverter<Refusing>
    {
        public override Refusing Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException("never");

        public override void Write(Utf8JsonWriter writer, Refusing value, JsonSerializerOptions options) => throw new NotSupportedException("never");
    }

    [JsonSerializable(typeof(int[]))]
    [JsonSerializable(typeof(int))]
    [JsonSerializable(typeof(Order))]
    [JsonSerializable(typeof(Refusing))]
    internal sealed partial class Json : JsonSerializerContext;
}
