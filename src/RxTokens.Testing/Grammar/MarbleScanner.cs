using System.Text;

namespace RxTokens;

/// <summary>A symbol as it stands in a diagram, before a row has given it a meaning.</summary>
/// <param name="Index">Where, in UTF-16 units.</param>
/// <param name="Length">How long, with braces.</param>
/// <param name="Text">Without braces.</param>
/// <param name="IsNamed">Whether it is in braces.</param>
/// <param name="Ticks">The time that the row has come to.</param>
/// <param name="Group">Where its group begins; negative outside of any.</param>
internal sealed record Mark(int Index, int Length, string Text, bool IsNamed, long Ticks, int Group);

/// <summary>Reads what all rows share: spaces, dashes, durations, groups and names. The rules of the row read the rest.</summary>
internal sealed class MarbleScanner(string text, MarbleRow row, MarbleSyntax syntax, RowRules rules)
{
    private const string Units = "ms|s|m|h|d";

    private readonly List<MarbleSymbol> _symbols = [];
    private int _index;
    private long _ticks;
    private long _origin;
    private Group? _group;
    private (int Index, int Length)? _absolute;

    /// <summary>The group that is open. All its symbols are at its time.</summary>
    private sealed record Group(int Index, long Ticks, bool IsTight)
    {
        public char Closer => IsTight ? ']' : ')';

        public bool IsEmpty { get; set; } = true;
    }

    public string Text => text;

    public MarbleDiagram Read()
    {
        while (_index < text.Length)
        {
            var c = text[_index];
            if (MarbleDuration.IsSpace(c))
                _index++;
            else if (c == '-')
                ReadDash();
            else if (MarbleDuration.IsNumeric(c) && MarbleDuration.At(text, _index, rules.IsKey) is { Kind: not DurationKind.None } duration)
                ReadDuration(duration);
            else if (c == '@' && MarbleDuration.AbsoluteAt(text, _index, syntax.FrameSize.Ticks, rules.IsKey) is { Kind: not DurationKind.None } absolute)
                ReadAbsolute(absolute);
            else if (rules.HasGroups && c is '(' or '[')
                OpenGroup(isTight: c == '[');
            else if (rules.HasGroups && c is ')' or ']')
                CloseGroup(c);
            else
                ReadMark();
        }

        if (_group is { } group)
            throw Fail("MG002", group.Index, 1, "unclosed group", $"close it with '{group.Closer}'");
        rules.End(this);
        return new MarbleDiagram(text, row, [.. _symbols.Select(s => s with { Time = After(s.Time.Ticks) })], After(_ticks));
    }

    public void Add(Mark mark, MarbleKind kind, long count = 1) =>
        _symbols.Add(new MarbleSymbol(new TimeSpan(_group?.Ticks ?? _ticks), kind, mark.Text, count, mark.Index));

    /// <summary>Goes on by the frame that a symbol takes; a tight group takes its frame as a whole.</summary>
    public void Step(Mark mark)
    {
        if (_group is not { IsTight: true })
            Advance(syntax.FrameSize.Ticks, mark.Index, mark.Length);
    }

    /// <summary>Counts all times from this one.</summary>
    public void SetOrigin()
    {
        if (_absolute is var (index, length))
            throw Fail("MG024", index, length, $"{Quote(index, length)} before '^'", "a hot row counts its frames from '^'; write dashes or durations before it");
        _origin = _ticks;
    }

    public MarbleSyntaxException Fail(string code, Mark mark, string sentence, string? hint) =>
        Fail(code, mark.Index, mark.Length, sentence, hint, mark.Ticks);

    public MarbleSyntaxException Fail(string code, int index, int length, string sentence, string? hint, long? ticks = null) =>
        new(code, sentence, hint, syntax.Name ?? NameOf(row), text, index, length, new TimeSpan(ticks ?? _ticks), syntax.FrameSize);

    /// <summary>A part of the diagram as messages quote it.</summary>
    public string Quote(int index, int length) => $"'{MarbleSyntaxException.OnOneLine(text.Substring(index, length))}'";

    private TimeSpan After(long ticks) => new(ticks - _origin);

    private void Advance(long ticks, int index, int length)
    {
        if (ticks > long.MaxValue - _ticks)
            throw Fail("MG016", index, length, "the diagram is longer than a TimeSpan can be", "use smaller frames or shorter durations");
        _ticks += ticks;
    }

    private void ReadDash()
    {
        if (_group is { IsTight: true } group)
            throw Fail("MG001", _index, 1, "'-' not allowed in a tight group", "a tight group is one frame; close it before the dash");
        _group?.IsEmpty = false;
        Advance(syntax.FrameSize.Ticks, _index++, 1);
    }

    private void ReadDuration(MarbleDuration duration)
    {
        var quoted = Quote(_index, duration.Length);
        var values = $"for items write the first in braces, \"{{{text[_index]}}}\"";
        if (_group is not null && duration.Kind is not (DurationKind.Malformed or DurationKind.Gap))
            throw Error("MG005", "time progression inside a group", $"write it before or after the group; {values}");

        switch (duration.Kind)
        {
            case DurationKind.Malformed:
                throw Error("MG015", $"{quoted} is not a valid time progression (expected <number>{Units})", $"write a time as \"10ms\" or \"1.5s\"; {values}");
            case DurationKind.Gap:
                throw Error("MG015", $"{quoted} is not a valid time progression (expected <number>{Units})", $"write a dash for each frame, or a time between spaces, as \"10ms\"; {values}");
            case DurationKind.NotDelimited:
                throw Error("MG014", $"{quoted} looks like a time progression but is not delimited by spaces", Delimited(duration.Length));
            case DurationKind.TooFine:
                throw Error("MG016", $"{quoted} is finer than a tick", "a tick is 0.0001ms");
            case DurationKind.TooLong:
                throw Error("MG016", $"{quoted} is longer than a TimeSpan can be", "write a shorter one");
        }

        Advance(duration.Ticks, _index, duration.Length);
        _index += duration.Length;

        MarbleSyntaxException Error(string code, string sentence, string hint) => Fail(code, _index, duration.Length, sentence, hint);
    }

    private void ReadAbsolute(MarbleDuration absolute)
    {
        var quoted = Quote(_index, absolute.Length);
        const string values = "for an item write \"{@}\"";
        if (_group is not null)
            throw Error("MG005", "absolute mark inside a group", $"write it before or after the group; {values}");

        switch (absolute.Kind)
        {
            case DurationKind.Malformed:
                throw Error("MG015", $"{quoted} is not a valid absolute mark (expected @<frame> or @<number>{Units})", $"write a frame as \"@10\", or a time as \"@1.5s\"; {values}");
            case DurationKind.NotDelimited:
                throw Error("MG014", $"{quoted} looks like an absolute mark but is not delimited by spaces", Delimited(absolute.Length));
            case DurationKind.TooFine:
                throw Error("MG016", $"{quoted} is finer than a tick", "a tick is 0.0001ms");
            case DurationKind.TooLong:
                throw Error("MG016", $"{quoted} is longer than a TimeSpan can be", "write a shorter one");
        }

        var passed = _ticks - _origin;
        if (absolute.Ticks < passed)
            throw Error("MG024", $"{quoted} lies in the past: the row has come to {Words.At(new TimeSpan(passed), syntax.FrameSize)}", "an item takes its frame before the mark; write a later one");
        Advance(absolute.Ticks - passed, _index, absolute.Length);
        _absolute = (_index, absolute.Length);
        _index += absolute.Length;

        MarbleSyntaxException Error(string code, string sentence, string hint) => Fail(code, _index, absolute.Length, sentence, hint);
    }

    /// <summary>The diagram as it would be with spaces around the duration; of a long one the duration alone.</summary>
    private string Delimited(int length)
    {
        const int Long = 60;
        var duration = string.Concat(text.AsSpan(_index, length).ToString().Where(c => !MarbleDuration.IsSpace(c)));
        var whole = text.Length > Long ? $" {duration} " : $"{text[.._index].TrimEnd()} {duration} {text[(_index + length)..].TrimStart()}".Trim();
        return $"write \"{MarbleSyntaxException.OnOneLine(whole)}\"";
    }

    private void OpenGroup(bool isTight)
    {
        if (_group is { } outer)
            throw Fail("MG004", _index, 1, "groups cannot be nested", $"close the group of column {ColumnOf(outer.Index)} first, with '{outer.Closer}'");
        _group = new Group(_index, _ticks, isTight);
        if (!isTight)
            Advance(syntax.FrameSize.Ticks, _index, 1);
        _index++;
    }

    private void CloseGroup(char closer)
    {
        if (_group is not { } group)
            throw Fail("MG003", _index, 1, $"'{closer}' has no matching opener", $"remove it, or write '{(closer == ')' ? '(' : '[')}' where the group begins");
        if (closer != group.Closer)
            throw Fail("MG003", _index, 1, $"'{closer}' does not match the '{text[group.Index]}' at column {ColumnOf(group.Index)}", $"write '{group.Closer}'");
        if (group.IsEmpty)
            throw Fail("MG006", group.Index, _index + 1 - group.Index, "empty group", "remove it, or write dashes where time should pass");
        Advance(syntax.FrameSize.Ticks, _index++, 1);
        _group = null;
    }

    private void ReadMark()
    {
        var mark = text[_index] == '{' && rules.NameNoun is { } noun ? ReadName(noun) : ReadScalar();
        _index += mark.Length;
        rules.Read(this, mark);
        _group?.IsEmpty = false;
    }

    private Mark ReadName(string noun)
    {
        var end = text.IndexOf('}', _index);
        if (end < 0)
            throw Fail("MG019", _index, 1, $"unclosed {noun}", "close it with '}'");
        if (end == _index + 1)
            throw Fail("MG019", _index, 2, $"empty {noun}", $"write the {noun} between the braces");
        return Here(end + 1 - _index, text[(_index + 1)..end], isNamed: true);
    }

    private Mark ReadScalar()
    {
        if (text[_index] == '}' && rules.NameNoun is not null)
            throw Fail("MG003", _index, 1, "'}' has no matching opener", "remove it, or write '{' where the name begins");
        // Half a surrogate pair is decoded to one unit too; what to make of it is the row's affair.
        Rune.DecodeFromUtf16(text.AsSpan(_index), out _, out var length);
        return Here(length, text.Substring(_index, length), isNamed: false);
    }

    private Mark Here(int length, string content, bool isNamed) => new(_index, length, content, isNamed, _ticks, _group?.Index ?? -1);

    private int ColumnOf(int index) => MarbleSyntaxException.ColumnOf(text, index);

    internal static string NameOf(MarbleRow row) => row switch
    {
        MarbleRow.ExpectedSubscription => "expected subscription",
        _ => row.ToString().ToLowerInvariant(),
    };
}
