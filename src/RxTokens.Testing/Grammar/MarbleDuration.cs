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

    /// <summary>A gap as another library writes it.</summary>
    Gap,

    /// <summary>Not a whole number of ticks.</summary>
    TooFine,

    /// <summary>More ticks than there can be.</summary>
    TooLong,
}

/// <summary>Durations and their near-misses, which are refused so that nobody gets items by a slip.</summary>
internal readonly record struct MarbleDuration(DurationKind Kind, int Length = 0, long Ticks = 0)
{
    /// <summary>The digits a fraction of a day can have and still be whole ticks, of which a day has 2^14 · 3^3 · 5^9.</summary>
    private const int MaxFraction = 14;

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
        if (IsGap(number) && !IsAll(number, isKey))
            return new(DurationKind.Gap, number.Length);

        var isDelimitedBefore = IsDelimitedBefore(text, start);
        var isDelimited = isDelimitedBefore && !isSpaced && IsDelimitedAfter(text, end);

        // Nobody means three items by a number and "ms", whatever letters follow; by "1sb" somebody may.
        if (!isDelimited && !isSpaced && text.AsSpan(unitStart).StartsWith("ms", StringComparison.Ordinal))
            end = unitStart + "ms".Length;
        var unit = TicksOf(text.AsSpan(unitStart, end - unitStart));

        if (end == unitStart || number.IndexOfAnyInRange('0', '9') < 0)
            return default;
        if (unit == 0 ? !isDelimited : isSpaced && !isDelimitedBefore)
            return default;
        // "a1b2c3d" are letters and digits: an hour or a day that runs into its neighbours is one only behind a space.
        if (unit >= TimeSpan.TicksPerHour && (isSpaced || !isDelimitedBefore))
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

    /// <summary>Looks for an absolute mark, <c>@1002</c> or <c>@1.5s</c>, that begins at a place.</summary>
    /// <param name="text">The diagram.</param>
    /// <param name="start">The place; at a <c>@</c>.</param>
    /// <param name="frame">The ticks of a frame.</param>
    /// <param name="isKey">Tells the characters that are items by themselves; what consists of them is not an absolute mark.</param>
    /// <returns>The time from the beginning of the row on.</returns>
    public static MarbleDuration AbsoluteAt(string text, int start, long frame, Func<char, bool> isKey)
    {
        var numberStart = Skip(text, start + 1, IsSpace);
        var numberEnd = Skip(text, numberStart, IsNumeric);
        var end = Skip(text, numberEnd, IsLetter);
        var isSpaced = numberStart > start + 1;
        var isDelimitedBefore = IsDelimitedBefore(text, start);
        var number = text.AsSpan(numberStart, numberEnd - numberStart);

        if (number is not [>= '0' and <= '9', ..] || IsAll(text.AsSpan(start, numberEnd - start), c => IsSpace(c) || isKey(c)))
            return default;
        // In "@ 10ms" an item is followed by a duration.
        if (isSpaced && (end > numberEnd || !isDelimitedBefore))
            return default;

        var isFrame = end == numberEnd;
        var unit = isFrame ? frame : TicksOf(text.AsSpan(numberEnd, end - numberEnd));
        var length = end - start;
        if (!isDelimitedBefore || isSpaced || !IsDelimitedAfter(text, end))
            return new(DurationKind.NotDelimited, unit == 0 ? numberEnd - start : length);

        return unit == 0 || !IsNumber(number) || (isFrame && number.Contains('.')) ? new(DurationKind.Malformed, length)
            : Measure(number, unit) with { Length = length };
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

        // At most 19 digits times 19 digits: less than an Int128 holds.
        var parts = Int128.Parse($"0{fraction}", CultureInfo.InvariantCulture) * unit;
        var scale = Int128.Parse($"1{new string('0', fraction.Length)}", CultureInfo.InvariantCulture);
        if (parts % scale != 0)
            return new(DurationKind.TooFine);
        var ticks = (Int128.Parse($"0{whole}", CultureInfo.InvariantCulture) * unit) + (parts / scale);
        return ticks > long.MaxValue ? new(DurationKind.TooLong) : new(DurationKind.Duration, Ticks: (long)ticks);
    }

    private static long TicksOf(ReadOnlySpan<char> unit) => unit switch
    {
        "ms" => TimeSpan.TicksPerMillisecond,
        "s" => TimeSpan.TicksPerSecond,
        "m" => TimeSpan.TicksPerMinute,
        "h" => TimeSpan.TicksPerHour,
        "d" => TimeSpan.TicksPerDay,
        _ => 0,
    };

    private static bool IsNumber(ReadOnlySpan<char> number) =>
        number[0] != '.' && number[^1] != '.' && number.Count('.') <= 1;

    /// <summary>Whether it is a gap as RxSandbox writes it, <c>...4...</c>.</summary>
    private static bool IsGap(ReadOnlySpan<char> number) =>
        number.StartsWith("..", StringComparison.Ordinal) && number.EndsWith("..", StringComparison.Ordinal)
        && number.Trim('.') is { IsEmpty: false } count && !count.Contains('.');

    private static bool IsDelimitedBefore(string text, int start) => start == 0 || IsSpace(text[start - 1]);

    private static bool IsDelimitedAfter(string text, int end) => end == text.Length || IsSpace(text[end]);

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
