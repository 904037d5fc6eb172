using System.Globalization;
using System.Text;

namespace RxTokens;

/// <summary>Rows of items: any scalar or name, and the endings.</summary>
internal sealed class ValuesRules(bool isHot, MarbleSyntax syntax)
    : RowRules("values", isHot ? "items, | # ^ and groups; write the item as \"{!}\"" : "items, | # and groups; write the item as \"{!}\"")
{
    private readonly HashSet<string>? _keys = syntax.Keys is { } keys ? new(keys, StringComparer.Ordinal) : null;
    private Mark? _ending;
    private Mark? _origin;
    private int _joinedAt = -1;

    public override string NameNoun => "value name";

    public override bool IsKey(char c) => _keys?.Contains(c.ToString()) == true;

    public override void Read(MarbleScanner scanner, Mark mark)
    {
        var symbol = mark.IsNamed ? null : mark.Text;
        if (symbol == "!")
            throw NotAllowed(scanner, mark);
        if (symbol == "^")
            CheckOrigin(scanner, mark);
        var isEnding = symbol is "|" or "#";
        if (!mark.IsNamed)
            CheckScalar(scanner, mark);
        if (_ending is not null && !syntax.Noncompliant)
            throw scanner.Fail("MG007", mark, $"{scanner.Quote(mark.Index, mark.Length)} after the terminal at column {MarbleSyntaxException.ColumnOf(scanner.Text, _ending.Index)}", "nothing follows | or #; a Noncompliant source may go on");

        if (isEnding)
        {
            _ending ??= mark;
            scanner.Add(mark, symbol == "|" ? MarbleKind.Completion : MarbleKind.Error);
        }
        else if (symbol == "^")
        {
            _origin = mark;
            scanner.SetOrigin();
        }
        else
        {
            CheckKey(scanner, mark);
            scanner.Add(mark, MarbleKind.Value);
        }

        scanner.Step(mark);
    }

    private void CheckOrigin(MarbleScanner scanner, Mark mark)
    {
        if (!isHot)
            throw scanner.Fail("MG009", mark, "'^' is only allowed in hot diagrams", "remove it: the row begins at frame 0; for an item write \"{^}\"");
        if (mark.Group >= 0)
            throw scanner.Fail("MG010", mark, "'^' inside a group", "write it beside the group");
        if (_origin is not null)
            throw scanner.Fail("MG008", mark, "a second '^'", "a row has one frame 0; keep one '^'");
    }

    private void CheckKey(MarbleScanner scanner, Mark mark)
    {
        if (_keys?.Contains(mark.Text) == false)
        {
            var known = _keys.Count == 0 ? "none" : string.Join(", ", _keys.Order(StringComparer.Ordinal));
            throw scanner.Fail("MG020", mark, $"no value for the key {scanner.Quote(mark.Index, mark.Length)} (known keys: {MarbleSyntaxException.OnOneLine(known)})", "add it to the values, or correct the key");
        }
    }

    /// <summary>Refuses what people see as part of the character before, or do not see at all.</summary>
    private void CheckScalar(MarbleScanner scanner, Mark mark)
    {
        var isJoined = mark.Index == _joinedAt;
        var category = CharUnicodeInfo.GetUnicodeCategory(scanner.Text, mark.Index);
        if (isJoined || IsNoMarble(category))
        {
            const string Sentence = "combining/control/joiner character cannot be a marble of its own";
            var name = Name(scanner.Text, mark);
            throw scanner.Fail("MG018", mark, Sentence, isJoined ? $"{name} joins the character before it; write \"{{{Element(scanner.Text, mark.Index)}}}\"" : $"it is {name}; write a name in braces, \"{{name}}\"");
        }

        if (StringInfo.GetNextTextElementLength(scanner.Text, mark.Index) > mark.Length)
            _joinedAt = mark.Index + mark.Length;
    }

    private static bool IsNoMarble(UnicodeCategory category) => category
        is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark
        or UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
        or UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    private static string Name(string text, Mark mark) =>
        Rune.TryGetRuneAt(text, mark.Index, out var rune) ? $"U+{rune.Value:X4}" : $"U+{(int)text[mark.Index]:X4}, half a surrogate pair";

    /// <summary>The character that people see, of which the scalar at an index is the second.</summary>
    private static string Element(string text, int index)
    {
        var start = index - (char.IsLowSurrogate(text[index - 1]) ? 2 : 1);
        return StringInfo.GetNextTextElement(text, start);
    }
}
