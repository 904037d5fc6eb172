namespace RxTokens;

/// <summary>A long silence, drawn short.</summary>
internal readonly record struct ChartBreak(TimeSpan Length, int Left, int Right);

/// <summary>
/// Where times are in a picture. A frame has the same width everywhere unless what is in it needs more; where nothing happens in any row for
/// long, that is short. Each instant has one place for all rows.
/// </summary>
internal sealed class ChartAxis
{
    private const int LongestSilence = 15;
    private const int WidestFrame = 44;
    private const int NarrowestFrame = 12;
    private const int WantedWidth = 720;
    private const int Space = 5;
    private const int WidestChart = 12_000;
    private const int Tail = 22;

    private readonly long _frame;
    private readonly List<long> _times = [];
    private readonly List<int> _places = [];
    private readonly List<ChartBreak> _breaks = [];
    private readonly HashSet<long> _endsOfBreaks = [];

    /// <param name="times">All times at which there is something.</param>
    /// <param name="rows">What is where in each row.</param>
    /// <param name="frameSize">The length of a frame.</param>
    /// <param name="left">Where it begins.</param>
    public ChartAxis(IEnumerable<TimeSpan> times, IReadOnlyList<IReadOnlyDictionary<TimeSpan, ChartCell>> rows, TimeSpan frameSize, int left)
    {
        _frame = frameSize.Ticks;
        Left = left;
        Place([.. new SortedSet<long>(times.Select(time => time.Ticks)) { 0 }], rows);
    }

    public int Left { get; }

    public int Right { get; private set; }

    public IReadOnlyList<ChartBreak> Breaks => _breaks;

    /// <summary>The first time that there is no room for; null if there is room for all.</summary>
    public TimeSpan? End { get; private set; }

    public bool Shows(TimeSpan time) => End is null || time < End;

    /// <summary>Where an instant is, or one between two of them.</summary>
    public int Of(TimeSpan time)
    {
        var index = _times.BinarySearch(time.Ticks);
        if (index >= 0)
            return _places[index];

        index = ~index;
        if (index == 0)
            return Left;
        return index == _times.Count ? Right : Between(index, time.Ticks);
    }

    /// <summary>The beginnings of frames outside of long silences, and which of them are to be numbered.</summary>
    public IEnumerable<(long Frame, int X, bool IsNumbered)> Ticks()
    {
        var step = Steps().First(s => s * Scale(_times) >= 40);
        var free = int.MinValue;
        for (var i = 0; i < _times.Count; i++)
        {
            var isSilence = i > 0 && _endsOfBreaks.Contains(_times[i]);
            var frame = i == 0 || isSilence ? CeilingOf(_times[i]) : CeilingOf(_times[i - 1] + 1);
            for (; frame * _frame <= _times[i]; frame++)
            {
                var x = frame * _frame == _times[i] ? _places[i] : Between(i, frame * _frame);
                var isEdge = (isSilence && frame * _frame == _times[i]) || (i + 1 < _times.Count && _endsOfBreaks.Contains(_times[i + 1]) && frame * _frame == _times[i]);
                var half = (SvgText.Width(SvgText.Number(frame), SvgText.Small) / 2) + 3;
                var isNumbered = (isEdge || frame % step == 0) && x - half >= free;
                if (isNumbered)
                    free = x + half;
                yield return (frame, x, isNumbered);
            }
        }
    }

    private static IEnumerable<long> Steps()
    {
        for (long step = 1; ; step *= 10)
        {
            yield return step;
            yield return 2 * step;
            yield return 5 * step;
        }
    }

    private void Place(List<long> times, IReadOnlyList<IReadOnlyDictionary<TimeSpan, ChartCell>> rows)
    {
        var scale = Scale(times);
        var taken = new int[rows.Count];
        Array.Fill(taken, Left);
        var x = Left + Space;
        for (var i = 0; i < times.Count; i++)
        {
            var cells = rows.Select(row => row.GetValueOrDefault(new TimeSpan(times[i]))).ToList();
            var reach = cells.Select(cell => cell?.Left ?? 0).Append(0).Max();
            ChartBreak? silence = null;
            if (i > 0 && IsSilence(times[i] - times[i - 1]))
            {
                var length = new TimeSpan(times[i] - times[i - 1]);
                var begin = taken.Append(x).Max() + 14;
                silence = new ChartBreak(length, begin, begin + Math.Max(40, SvgText.Width(SvgText.Time(length), SvgText.Small) + 10));
                x = Math.Max(silence.Value.Right + 14, silence.Value.Right + Space + reach);
            }
            else if (i > 0)
            {
                x += Math.Max(1, (int)(((times[i] - times[i - 1]) * scale) / _frame));
            }

            for (var row = 0; row < rows.Count; row++)
                x = Math.Max(x, cells[row] is { } cell ? taken[row] + Space + cell.Left : 0);
            if (x - Left > WidestChart && i > 0)
            {
                End = new TimeSpan(times[i]);
                break;
            }

            if (silence is { } drawn)
            {
                _breaks.Add(drawn);
                _endsOfBreaks.Add(times[i]);
            }

            for (var row = 0; row < rows.Count; row++)
                taken[row] = cells[row] is { } cell ? x + cell.Right : taken[row];
            _times.Add(times[i]);
            _places.Add(x);
        }

        Right = taken.Append(_places[^1]).Max() + Tail;
    }

    private bool IsSilence(long ticks) => ticks > LongestSilence * _frame;

    private int Scale(List<long> times)
    {
        long frames = 0;
        for (var i = 1; i < times.Count; i++)
            frames += IsSilence(times[i] - times[i - 1]) ? 0 : (times[i] - times[i - 1]) / _frame;
        return (int)Math.Clamp(WantedWidth / Math.Max(1, frames), NarrowestFrame, WidestFrame);
    }

    private int Between(int next, long time)
    {
        var (from, to) = (_times[next - 1], _times[next]);
        return _places[next - 1] + (int)((Int128)(_places[next] - _places[next - 1]) * (time - from) / (to - from));
    }

    private long CeilingOf(long ticks)
    {
        var (frames, rest) = Math.DivRem(ticks, _frame);
        return rest > 0 ? frames + 1 : frames;
    }
}
