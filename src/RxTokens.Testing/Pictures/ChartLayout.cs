using System.Globalization;
using System.Text;

namespace RxTokens;

/// <summary>One row of a picture.</summary>
internal sealed record ChartRow(string Label, MarbleRow Kind, IReadOnlyList<MarbleSymbol> Symbols, string Note = "")
{
    /// <summary>How far the row is known, beyond its last mark.</summary>
    public TimeSpan Length { get; init; }

    /// <summary>When a source was subscribed to.</summary>
    public IReadOnlyList<ChartWindow> Windows { get; init; } = [];

    /// <summary>When an inner stream was handed out: before that there is none.</summary>
    public TimeSpan? Begin { get; init; }

    /// <summary>Whether it is what an inner stream said.</summary>
    public bool IsInner { get; init; }
}

/// <summary>Puts rows under one another so that what happens at the same time is in the same column; each row stays a diagram that can be read back.</summary>
internal sealed class ChartLayout
{
    private const int LongestSilence = 15;
    private const int RulerStep = 10;

    private static readonly (long Ticks, string Name)[] Units =
        [(TimeSpan.TicksPerDay, "d"), (TimeSpan.TicksPerHour, "h"), (TimeSpan.TicksPerMinute, "m"), (TimeSpan.TicksPerSecond, "s")];

    private readonly List<Slot> _slots = [];
    private readonly IReadOnlyList<ChartRow> _rows;
    private readonly string[] _lines;
    private readonly long _frame;
    private readonly bool _isToBeRead;

    /// <param name="rows">The rows.</param>
    /// <param name="frameSize">The length of a frame.</param>
    /// <param name="isToBeRead">Whether people read it, for whom there are symbols in place of what cannot be seen.</param>
    public ChartLayout(IReadOnlyList<ChartRow> rows, TimeSpan frameSize, bool isToBeRead = true)
    {
        _isToBeRead = isToBeRead;
        _rows = rows;
        _frame = frameSize.Ticks;
        DivideTime();
        _lines = new string[rows.Count];
        Draw();
    }

    /// <summary>A stretch of time that has the same width in all rows: a frame, or a long silence.</summary>
    private sealed class Slot(long time, long length, string? silence)
    {
        public long Time { get; } = time;

        public long Length { get; } = length;

        /// <summary>The silence as a duration; null for a frame.</summary>
        public string? Silence { get; } = silence;

        public int Column { get; set; }

        public int Width { get; set; }
    }

    /// <summary>Whether all marks are where their times are: false if some are less than a frame apart.</summary>
    public bool IsExact { get; private set; } = true;

    public int Width { get; private set; }

    public string Line(int row) => _lines[row];

    /// <summary>One row alone, as it would be written.</summary>
    public static string Format(MarbleRow kind, IReadOnlyList<MarbleSymbol> symbols, TimeSpan frameSize, TimeSpan length = default) =>
        Alone(kind, symbols, frameSize, length, isToBeRead: true).Line(0).Trim();

    /// <summary>One row alone if it says what happened; null if marks are less than a frame apart, which no row can say.</summary>
    public static string? FormatExact(MarbleRow kind, IReadOnlyList<MarbleSymbol> symbols, TimeSpan frameSize, TimeSpan length = default)
    {
        var layout = Alone(kind, symbols, frameSize, length, isToBeRead: false);
        return layout.IsExact ? layout.Line(0).Trim() : null;
    }

    /// <summary>Where a time is, from 0.</summary>
    public int ColumnOf(TimeSpan time)
    {
        var index = SlotOf(time);
        return index < _slots.Count ? _slots[index].Column : Width;
    }

    /// <summary>Numbers of frames, above their columns.</summary>
    public string Ruler()
    {
        var ruler = new StringBuilder();
        var afterSilence = true;
        foreach (var slot in _slots)
        {
            if (slot.Silence is null)
            {
                var isDue = afterSilence || slot.Time % (RulerStep * _frame) == 0;
                if (isDue && (ruler.Length == 0 || ruler.Length < slot.Column))
                {
                    ruler.Append(' ', slot.Column - ruler.Length);
                    ruler.Append(CultureInfo.InvariantCulture, $"{slot.Time / _frame}");
                }
            }

            afterSilence = slot.Silence is not null;
        }

        return ruler.ToString();
    }

    private static ChartLayout Alone(MarbleRow kind, IReadOnlyList<MarbleSymbol> symbols, TimeSpan frameSize, TimeSpan length, bool isToBeRead) =>
        new([new ChartRow("", kind, symbols) { Length = length }], frameSize, isToBeRead);

    private void DivideTime()
    {
        var times = new SortedSet<long>(_rows.SelectMany(row => row.Symbols).Select(symbol => symbol.Time.Ticks));
        var cursor = Math.Min(0, times.Count == 0 ? 0 : times.Min);
        foreach (var time in times)
        {
            if (time < cursor)
            {
                IsExact = false;
                continue;
            }

            Pause(cursor, time);
            _slots.Add(new Slot(time, _frame, silence: null));
            cursor = time + _frame;
        }

        var end = _rows.Count == 0 ? 0 : _rows.Max(row => row.Length.Ticks);
        if (end > cursor)
            Pause(cursor, end);
    }

    private void Pause(long from, long to)
    {
        var frames = (to - from) / _frame;
        if ((to - from) % _frame != 0 || frames > LongestSilence)
        {
            _slots.Add(new Slot(from, to - from, Duration(to - from)));
            return;
        }

        for (var i = 0; i < frames; i++)
            _slots.Add(new Slot(from + (i * _frame), _frame, silence: null));
    }

    private void Draw()
    {
        var texts = new string[_rows.Count][];
        for (var row = 0; row < _rows.Count; row++)
        {
            texts[row] = new string[_slots.Count];
            var marks = Marks(_rows[row]);
            for (var slot = 0; slot < _slots.Count; slot++)
                texts[row][slot] = _slots[slot].Time + _slots[slot].Length <= (_rows[row].Begin?.Ticks ?? long.MinValue) ? ""
                    : _slots[slot].Silence is { } silence ? $" {silence} " : marks.GetValueOrDefault(slot, "-");
        }

        for (var slot = 0; slot < _slots.Count; slot++)
        {
            _slots[slot].Column = Width;
            _slots[slot].Width = texts.Length == 0 ? 1 : texts.Max(row => TextWidth.Of(row[slot]));
            Width += _slots[slot].Width;
        }

        for (var row = 0; row < _rows.Count; row++)
        {
            var line = new StringBuilder();
            var end = End(_rows[row]);
            for (var slot = 0; slot < end; slot++)
                line.Append(texts[row][slot]).Append(' ', _slots[slot].Width - TextWidth.Of(texts[row][slot]));
            _lines[row] = line.ToString().TrimEnd();
        }
    }

    /// <summary>Nothing follows an ending, and silence after the last request says nothing.</summary>
    private int End(ChartRow row)
    {
        if (row.Symbols.Count == 0)
            return row.Kind == MarbleRow.Expected ? _slots.Count : 0;

        var last = row.Symbols[^1];
        var isOver = last.Kind is MarbleKind.Completion or MarbleKind.Error or MarbleKind.Unsubscribe || row.Kind is MarbleRow.Demand or MarbleRow.Pulls;
        return isOver ? SlotOf(last.Time) + 1 : _slots.Count;
    }

    /// <summary>The first slot that ends after a time.</summary>
    private int SlotOf(TimeSpan time)
    {
        var (low, high) = (0, _slots.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (time.Ticks < _slots[middle].Time + _slots[middle].Length)
                high = middle;
            else
                low = middle + 1;
        }

        return low;
    }

    private Dictionary<int, string> Marks(ChartRow row)
    {
        var bySlot = new Dictionary<int, List<MarbleSymbol>>();
        foreach (var symbol in row.Symbols)
        {
            var index = SlotOf(symbol.Time);
            if (!bySlot.TryGetValue(index, out var marks))
                bySlot[index] = marks = [];
            marks.Add(symbol);
        }

        return bySlot.ToDictionary(
            pair => pair.Key,
            pair => pair.Value.Count == 1
                ? Text(pair.Value[0], NextTo(pair.Key))
                : $"[{string.Concat(pair.Value.Select((symbol, i) => Text(symbol, i + 1 < pair.Value.Count ? pair.Value[i + 1] : null)))}]");

        // What follows with nothing but spaces between.
        MarbleSymbol? NextTo(int slot) => bySlot.TryGetValue(slot + 1, out var next) && next.Count == 1 ? next[0] : null;
    }

    /// <summary>A mark as it is written. Digits in front of a letter would be read as a time, or as an attempt at one; behind a <c>@</c> as a frame, and between dots as a gap.</summary>
    private string Text(MarbleSymbol symbol, MarbleSymbol? next)
    {
        var text = Text(symbol);
        if (text is "@" or "." && next is { } digit && Text(digit) is [>= '0' and <= '9', ..])
            return $"{{{text}}}";
        var isNumeric = symbol.Kind is MarbleKind.Value or MarbleKind.Request && text is [(>= '0' and <= '9') or '.'];
        return isNumeric && next is { } letter && Text(letter) is [var first] && (char.IsAsciiLetter(first) || first is 'µ' or 'μ') ? $"{{{text}}}" : text;
    }

    private string Text(MarbleSymbol symbol) => symbol.Kind switch
    {
        MarbleKind.Completion => "|",
        MarbleKind.Error => "#",
        MarbleKind.Subscribe => "^",
        MarbleKind.Unsubscribe => "!",
        MarbleKind.Cancellation => "x",
        MarbleKind.Request when symbol.Count == long.MaxValue => "*",
        MarbleKind.Request when symbol.Count is > 0 and < 10 => symbol.Count.ToString(CultureInfo.InvariantCulture),
        MarbleKind.Request => $"{{{symbol.Count.ToString(CultureInfo.InvariantCulture)}}}",
        _ when IsPlain(symbol.Text) => symbol.Text,
        _ => $"{{{(_isToBeRead ? Printable.Of(symbol.Text) : symbol.Text)}}}",
    };

    private static bool IsPlain(string text)
    {
        if (!Rune.TryGetRuneAt(text, 0, out var rune) || rune.Utf16SequenceLength != text.Length)
            return false;
        if (rune.IsAscii)
            return rune.Value > ' ' && rune.Value < 0x7f && !"-|#()[]{}^!".Contains(text[0], StringComparison.Ordinal);

        return Rune.GetUnicodeCategory(rune) is UnicodeCategory.LowercaseLetter or UnicodeCategory.UppercaseLetter or UnicodeCategory.TitlecaseLetter
            or UnicodeCategory.OtherLetter or UnicodeCategory.OtherSymbol or UnicodeCategory.MathSymbol or UnicodeCategory.CurrencySymbol
            or UnicodeCategory.OtherPunctuation or UnicodeCategory.DecimalDigitNumber;
    }

    /// <summary>A time as it is written in a diagram: <c>95ms</c>, <c>2s</c>, <c>1m</c>, <c>3h</c>, <c>1d</c>.</summary>
    internal static string Duration(long ticks)
    {
        var culture = CultureInfo.InvariantCulture;
        foreach (var (unit, name) in Units)
        {
            if (ticks != 0 && ticks % unit == 0)
                return string.Create(culture, $"{ticks / unit}{name}");
        }

        return string.Create(culture, $"{(decimal)ticks / TimeSpan.TicksPerMillisecond:0.####}ms");
    }
}
