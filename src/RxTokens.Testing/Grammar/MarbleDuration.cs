using System.Globalization;

namespace RxTokens;

/// <summary>What a number in a diagram turns out to be.</summary>
internal enum DurationKind
{
    /// <summary>No duration and nothing like one.</summary>
    None,

    /// <summary>A duration.</summary>
    Duration,

    /// <summary>One that runs into its neighbours, or has a space before its unit.</summary>
    NotDelimited,

    /// <summary>A bad number, or a unit that there is not.</summary>
    Malformed,

    /// <summary>Not a whole number of ticks.</summary>
    TooFine,

    /// <summary>More ticks than there can be.</summary>
    TooLong,
}

/// <summary>Durations and their near-misses, which are refused so that nobody gets items by a slip.</summary>
internal readonly record struct MarbleDuration(DurationKind Kind, int Length = 0, long Ticks = 0)
{
    /// <summary>The digits a fraction of a minute can have and still be whole ticks; a tick is 1/600 000 000 of a minute.</summary>
    private const int MaxFraction = 9;

    /// <summary>The digits of <see cref="long.MaxValue"/>.</summary>
    private const int MaxWhole = 19;

    public static bool IsSpace(char c) => c is ' ' or '\t' or '\r' or '\n';

    public static bool IsNumeric(char c) => char.IsAsciiDigit(c) || c == '.';

    /// <summary>Looks for a duration that begins at a place.</summary>
    /// <param name="text">The diagram.</param>
    /// <param name="start">The place; at a digit or a dot.</param>
    /// <param name="isKey">Tells the characters that are items by themselves; what consists of them is not a duration.</param>
    public static MarbleDuration At(string text, int start, Func<char, bool> isKey)
    {
        // Only at the beginning of a number: the rest of "12" is not looked at again.
        if (start > 0 && IsNumeric(text[start - 1]))
            return default;

        var numberEnd = Skip(text, start, IsNumeric);
        var unitStart = Skip(text, numberEnd, IsSpace);
        var isSpaced = unitStart > numberEnd;
        var end = Skip(text, unitStart, c => IsLetter(c) || (isSpaced && IsNumeric(c)));
        var number = text.AsSpan(start, numberEnd - start);
        var unit = TicksOf(text.AsSpan(unitStart, end - unitStart));
        var isDelimitedBefore = start == 0 || IsSpace(text[start - 1]);
        var isDelimited = isDelimitedBefore && !isSpaced && (end == text.Length || IsSpace(text[end]));

        if (end == unitStart || number.IndexOfAnyInRange('0', '9') < 0)
            return default;
        if (unit == 0 ? !isDelimited : isSpaced && !isDelimitedBefore)
            return default;
        if (IsAll(text.AsSpan(start, end - start), c => IsSpace(c) || isKey(c)))
            return default;

        var length = end - start;
        if (unit == 0 || !IsNumber(number))
            return new(DurationKind.Malformed, length);
        if (!isDelimited)
            return new(DurationKind.NotDelimited, length);
        return Measure(number, unit) with { Length = length };
    }

    private static MarbleDuration Measure(ReadOnlySpan<char> number, long unit)
    {
        var dot = number.IndexOf('.');
        var whole = (dot < 0 ? number : number[..dot]).TrimStart('0');
        var fraction = (dot < 0 ? "" : number[(dot + 1)..]).TrimEnd('0');
        if (whole.Length > MaxWhole)
            return new(DurationKind.TooLong);
        if (fraction.Length > MaxFraction)
            return new(DurationKind.TooFine);

        // At most 28 digits times 9 digits: less than an Int128 holds.
        var ticks = Int128.Parse($"0{whole}{fraction}", CultureInfo.InvariantCulture) * unit;
        var scale = Int128.Parse($"1{new string('0', fraction.Length)}", CultureInfo.InvariantCulture);
        if (ticks % scale != 0)
            return new(DurationKind.TooFine);
        return ticks / scale > long.MaxValue ? new(DurationKind.TooLong) : new(DurationKind.Duration, Ticks: (long)(ticks / scale));
    }

    private static long TicksOf(ReadOnlySpan<char> unit) => unit switch
    {
        "ms" => TimeSpan.TicksPerMillisecond,
        "s" => TimeSpan.TicksPerSecond,
        "m" => TimeSpan.TicksPerMinute,
        _ => 0,
    };

    private static bool IsNumber(ReadOnlySpan<char> number) =>
        number[0] != '.' && number[^1] != '.' && number.Count('.') <= 1;

    // U+00B5 and U+03BC: the two that are written for micro.
    private static bool IsLetter(char c) => char.IsAsciiLetter(c) || c is '\u00B5' or '\u03BC';

    private static bool IsAll(ReadOnlySpan<char> text, Func<char, bool> condition)
    {
        foreach (var c in text)
        {
            if (!condition(c))
                return false;
        }

        return true;
    }

    private static int Skip(string text, int index, Func<char, bool> condition)
    {
        while (index < text.Length && condition(text[index]))
            index++;
        return index;
    }
}
