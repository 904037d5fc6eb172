using System.Reactive.Concurrency;
using System.Text;

namespace Terminal;

/// <summary>
/// The whole terminal, on its alternate screen: what was there before comes back at the end, and a window that changes
/// its size is drawn anew instead of being repaired.
/// </summary>
internal sealed class LiveScreen : IScreen
{
    private const string Enter = "\e[?1049h\e[?25l";
    private const string Leave = "\e[?25h\e[?1049l";
    private const string BeginFrame = "\e[?2026h\e[H"; // the terminal shows the frame as a whole
    private const string EndFrame = "\e[?2026l";
    private const string Clear = "\e[2J";

    private static readonly TimeSpan IdleRefresh = TimeSpan.FromMilliseconds(200);

    private readonly TextWriter _output;
    private readonly Figures _figures;
    private readonly LiveFrame _frame;
    private readonly Func<(int Width, int Height)> _size;
    private readonly IScheduler _frames;
    private readonly IDisposable _idle;
    private readonly Lock _gate = new();
    private readonly StringBuilder _text = new();

    private DateTimeOffset _lastDrawn;
    private (int Width, int Height) _lastSize;
    private bool _isClosed;

    public LiveScreen(TextWriter output, Figures figures, LiveFrame frame, Func<(int Width, int Height)> size, IScheduler frames)
    {
        (_output, _figures, _frame, _size, _frames) = (output, figures, frame, size, frames);
        _output.Write(Enter);
        _idle = Scheduler.Default.SchedulePeriodic(IdleRefresh, RefreshIfIdle);
        RefreshIfIdle();
    }

    public void Draw(string text)
    {
        _text.Append(text);
        _figures.OnDrawn(text);
        Paint();
    }

    public void Dispose()
    {
        _idle.Dispose();
        lock (_gate)
        {
            _isClosed = true;
            _output.Write(Leave);
            _output.Flush();
        }
    }

    /// <summary>The clock and the rate go on while no text comes. This, too, waits for its frame.</summary>
    private void RefreshIfIdle()
    {
        lock (_gate)
        {
            if (_isClosed || _frames.Now - _lastDrawn < IdleRefresh)
                return;
            _lastDrawn = _frames.Now;
        }

        try
        {
            _frames.Schedule(() =>
            {
                _figures.OnRedrawn();
                Paint();
            });
        }
        catch (ObjectDisposedException)
        {
            // The answer has ended between the check and the call.
        }
    }

    private void Paint()
    {
        lock (_gate)
        {
            if (_isClosed)
                return;

            var size = _size();
            var clear = size == _lastSize ? "" : Clear;
            _output.Write($"{BeginFrame}{clear}{_frame.Render(_text.ToString(), _figures, size.Width, size.Height)}{EndFrame}");
            _output.Flush();
            (_lastSize, _lastDrawn) = (size, _frames.Now);
        }
    }
}
