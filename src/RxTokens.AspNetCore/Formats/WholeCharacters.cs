namespace RxTokens;

/// <summary>Keeps the first half of a character that was cut in two, as some models do with emoji, for the item that brings the second: neither can be written alone.</summary>
internal struct WholeCharacters
{
    private char _half;

    /// <summary>The half that nothing has come for.</summary>
    public readonly string Rest => _half == 0 ? "" : _half.ToString();

    /// <summary>The text without the half at its end, if there is one, and with the one that came before.</summary>
    public string Take(string? text)
    {
        text ??= ""; // some clients have chunks without text
        if (_half == 0 && (text.Length == 0 || !char.IsHighSurrogate(text[^1])))
            return text;
        if (text.Length == 0)
            return text;

        var whole = _half == 0 ? text : _half + text;
        _half = char.IsHighSurrogate(whole[^1]) ? whole[^1] : '\0';
        return _half == 0 ? whole : whole[..^1];
    }
}
