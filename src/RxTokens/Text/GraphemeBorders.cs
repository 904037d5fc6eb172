using System.Globalization;

namespace RxTokens;

/// <summary>What a code point is to the rules of grapheme clusters: the values of Grapheme_Cluster_Break, Extended_Pictographic, and what GB9c tells apart.</summary>
internal enum GraphemeKind : byte
{
    None, // before the first
    Other,
    CarriageReturn,
    LineFeed,
    Control,
    Extend,
    Linker, // extends, and joins the consonants on both sides
    NonJoiner, // extends, and keeps consonants apart
    Joiner,
    SpacingMark,
    Prepend,
    RegionalIndicator,
    Leading, // Hangul L
    Vowel, // V
    Trailing, // T
    LeadingVowel, // LV
    Syllable, // LVT
    Pictograph,
    Consonant, // of a script that has conjuncts
}

/// <summary>Where grapheme clusters end: the rules of UAX #29, a code point at a time.</summary>
internal struct GraphemeBorders
{
    /// <summary>What may go on to the next code point over those that extend.</summary>
    private enum Chain : byte
    {
        None,
        HalfFlag,
        Pictograph,
        JoinedPictograph,
        Consonant,
        LinkedConsonant,
    }

    // The consonants and linkers (Indic_Syllabic_Category) of Devanagari, Bengali, Gujarati, Oriya, Telugu and Malayalam. The framework does not know them.
    private const string Linkers = "\u094D\u09CD\u0ACD\u0B4D\u0C4D\u0D4D";
    private const string ConsonantRanges =
        "\u0915\u0939\u0958\u095F\u0978\u097F\u0995\u09A8\u09AA\u09B0\u09B2\u09B2\u09B6\u09B9\u09DC\u09DD\u09DF\u09DF\u09F0\u09F1" +
        "\u0A95\u0AA8\u0AAA\u0AB0\u0AB2\u0AB3\u0AB5\u0AB9\u0AF9\u0AF9\u0B15\u0B28\u0B2A\u0B30\u0B32\u0B33\u0B35\u0B39\u0B5C\u0B5D" +
        "\u0B5F\u0B5F\u0B71\u0B71\u0C15\u0C28\u0C2A\u0C39\u0C58\u0C5A\u0D15\u0D3A"; // first, last, first, last, …

    private static readonly CodePointKinds Kinds = new(static codePoint => (byte)Ask(codePoint));

    private GraphemeKind _last;
    private Chain _chain;

    /// <summary>Takes the next code point.</summary>
    /// <returns>Whether it belongs to the same cluster as the last one, and whether nothing that follows does.</returns>
    public (bool Joins, bool IsEnd) Next(int codePoint)
    {
        var next = (GraphemeKind)Kinds[codePoint];
        var joins = Joins(next);
        _chain = Follow(next, joins);
        _last = next;
        return (joins, next is GraphemeKind.Control or GraphemeKind.LineFeed);
    }

    private readonly bool Joins(GraphemeKind next) => (_last, next) switch
    {
        (GraphemeKind.CarriageReturn, GraphemeKind.LineFeed) => true, // GB3
        (GraphemeKind.None or GraphemeKind.CarriageReturn or GraphemeKind.LineFeed or GraphemeKind.Control, _) => false, // GB4
        (_, GraphemeKind.CarriageReturn or GraphemeKind.LineFeed or GraphemeKind.Control) => false, // GB5
        (GraphemeKind.Leading, GraphemeKind.Leading or GraphemeKind.Vowel or GraphemeKind.LeadingVowel or GraphemeKind.Syllable) => true, // GB6
        (GraphemeKind.Vowel or GraphemeKind.LeadingVowel, GraphemeKind.Vowel or GraphemeKind.Trailing) => true, // GB7
        (GraphemeKind.Trailing or GraphemeKind.Syllable, GraphemeKind.Trailing) => true, // GB8
        (_, >= GraphemeKind.Extend and <= GraphemeKind.SpacingMark) => true, // GB9, GB9a
        (GraphemeKind.Prepend, _) => true, // GB9b
        (_, GraphemeKind.Consonant) => _chain == Chain.LinkedConsonant, // GB9c
        (_, GraphemeKind.Pictograph) => _chain == Chain.JoinedPictograph, // GB11
        (_, GraphemeKind.RegionalIndicator) => _chain == Chain.HalfFlag, // GB12, GB13
        _ => false, // GB999
    };

    private readonly Chain Follow(GraphemeKind next, bool joins) => (_chain, next) switch
    {
        (_, GraphemeKind.Consonant) => Chain.Consonant,
        (_, GraphemeKind.Pictograph) => Chain.Pictograph,
        (Chain.HalfFlag, GraphemeKind.RegionalIndicator) => Chain.None,
        (_, GraphemeKind.RegionalIndicator) => Chain.HalfFlag,
        _ when !joins => Chain.None,
        (Chain.Consonant or Chain.LinkedConsonant, GraphemeKind.Linker) => Chain.LinkedConsonant,
        (Chain.Consonant or Chain.LinkedConsonant, GraphemeKind.Extend or GraphemeKind.Joiner) => _chain,
        (Chain.Pictograph, GraphemeKind.Extend or GraphemeKind.Linker or GraphemeKind.NonJoiner) => Chain.Pictograph,
        (Chain.Pictograph, GraphemeKind.Joiner) => Chain.JoinedPictograph,
        _ => Chain.None,
    };

    /// <summary>Finds out from the framework: what it keeps together tells what it takes the code point for.</summary>
    private static GraphemeKind Ask(int codePoint)
    {
        const string Mark = "\u0301", Zwj = "\u200D", Copyright = "©", Flag = "🇩", L = "\u1100", V = "\u1161", T = "\u11A8";
        switch (codePoint)
        {
            case '\r': return GraphemeKind.CarriageReturn;
            case '\n': return GraphemeKind.LineFeed;
            case 0x200C: return GraphemeKind.NonJoiner;
            case 0x200D: return GraphemeKind.Joiner;
            case >= 0xD800 and <= 0xDFFF: return GraphemeKind.Other; // never asked for: half a pair counts as U+FFFD
        }

        var c = char.ConvertFromUtf32(codePoint);
        if (!IsOne(c + Mark))
            return GraphemeKind.Control;
        if (IsOne("a" + c))
        {
            return Linkers.Contains(c, StringComparison.Ordinal) ? GraphemeKind.Linker
                : IsOne(Copyright + c + Zwj + Copyright) ? GraphemeKind.Extend : GraphemeKind.SpacingMark;
        }

        if (IsOne(c + "a"))
            return GraphemeKind.Prepend;
        if (IsOne(c + Flag))
            return GraphemeKind.RegionalIndicator;
        if (IsOne(Copyright + Zwj + c))
            return GraphemeKind.Pictograph;
        if (IsOne(c + L))
            return GraphemeKind.Leading;
        if (IsOne(c + V))
            return IsOne(V + c) ? GraphemeKind.Vowel : GraphemeKind.LeadingVowel;
        if (IsOne(c + T))
            return IsOne(T + c) ? GraphemeKind.Trailing : GraphemeKind.Syllable;
        return IsConsonant(codePoint) ? GraphemeKind.Consonant : GraphemeKind.Other;
    }

    private static bool IsOne(string text) => StringInfo.GetNextTextElementLength(text) == text.Length;

    private static bool IsConsonant(int codePoint)
    {
        for (var i = 0; i < ConsonantRanges.Length; i += 2)
        {
            if (codePoint >= ConsonantRanges[i] && codePoint <= ConsonantRanges[i + 1])
                return true;
        }

        return false;
    }
}
