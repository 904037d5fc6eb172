using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Text;
using RxTokens;

namespace Terminal;

/// <summary>
/// The whole terminal, on its alternate screen: what was there before comes back at the end, and a window that changes
/// its size is drawn anew instead of being repaired.
/// </summary>
internal sealed class LiveScreen : IScreen
{
    private const string Enter = "\e[?1049h\e[?25l";
    private const string Leave = "\e[?25h\e[?1049l";
    private const string BeginFrame = "\e[?2026h\e[?7l"; // the terminal shows the frame as a whole, and wraps none of its rows
    private const string EndFrame = "\e[?7h\e[?2026l";
    private const string Clear = "\e[2J";

    private static readonly TimeSpan IdleRefresh = TimeSpan.FromMilliseconds(200);

    private readonly TextWriter _output;
    private readonly Figures _figures;
    private readonly LiveFrame _frame;
    private readonly Func<(int Width, int Height)> _size;
    private readonly IScheduler _thread;
    private readonly Rate _rate;
    private readonly TimeSpan _idle;
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _gate = new();
    private readonly StringBuilder _text = new();
    private readonly StringBuilder _thoughts = new();
    private readonly TerminalText _answer = new();

    private DateTimeOffset _lastDrawn;
    private (int Width, int Height) _lastSize;
    private string[] _lastRows = [];
    private bool _isClosed;

    public LiveScreen(TextWriter output, Figures figures, LiveFrame frame, Func<(int Width, int Height)> size, IScheduler thread, FrameClock frames)
    {
        (_output, _figures, _frame, _size, _thread, _rate) = (output, figures, frame, size, thread, new Rate(thread));
        _idle = frames.Period > IdleRefresh ? frames.Period : IdleRefresh;
        _output.Write(Enter);

        // Where the output is gone this ends, and the next text will find it out, which ends the answer.
        _ = Observable.Timer(TimeSpan.Zero, IdleRefresh / 4, thread)
            .KeepLatest()
            .RenderOnAsync(thread, frames, _ => RefreshIfIdle(), _closing.Token);
    }

    public void Draw(string text)
    {
        _text.Append(_answer.Next(text));
        _figures.OnDrawn(text);
        Paint();
    }

    /// <summary>It is drawn with the next frame; while there is no answer, that is one in which only the figures are new.</summary>
    public void Think(string text)
    {
        lock (_gate)
            _thoughts.Append(text);
    }

    public Task CountAsync(IAsyncEnumerable<int> tokens, CancellationToken cancellationToken) => _rate.CountAsync(tokens, cancellationToken);

    public void Dispose()
    {
        _closing.Cancel();
        lock (_gate)
        {
            _isClosed = true;
            _output.Write(Leave);
            _output.Flush();
        }
    }

    /// <summary>The clock and the rate go on while no text comes.</summary>
    private void RefreshIfIdle()
    {
        if (_thread.Now - _lastDrawn < _idle)
            return;
        _figures.OnRedrawn();
        Paint();
    }

    private void Paint()
    {
        lock (_gate)
        {
            if (_isClosed)
                return;

            var size = _size();
            var isSame = size == _lastSize;
            var rows = _frame.Render(_thoughts.ToString(), _text.ToString(), _figures.Now, _rate.Now, size.Width, size.Height);
            var painting = new StringBuilder(BeginFrame).Append(isSame ? "" : Clear);
            var before = isSame ? _lastRows : [];
            for (var i = 0; i < Math.Max(rows.Length, before.Length); i++)
            {
                // Each row at its own place: if a terminal makes something else of one, that is one row.
                var row = i < rows.Length ? rows[i] : "";
                if (i >= before.Length || row != before[i])
                    painting.Append($"\e[{i + 1};1H\e[2K{row}");
            }

            _output.Write(painting.Append(EndFrame).ToString());
            _output.Flush();
            (_lastSize, _lastRows, _lastDrawn) = (size, rows, _thread.Now);
        }
    }
}
