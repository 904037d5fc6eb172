using System.Reactive.Concurrency;
using System.Text;
using OpenAI.Chat;

namespace Terminal;

/// <summary>What one run looks like from outside, at one moment.</summary>
/// <param name="Read">Tokens read from the model.</param>
/// <param name="Shown">Tokens that are on the screen.</param>
/// <param name="Waiting">Tokens read and neither shown nor dropped yet.</param>
/// <param name="PeakWaiting">The most that ever waited.</param>
/// <param name="PeakBytes">The memory that the text took when the most of it waited.</param>
/// <param name="Merged">Tokens that were joined to one that was waiting, and drawn with it.</param>
/// <param name="Dropped">Tokens thrown away.</param>
/// <param name="Frames">Frames drawn.</param>
/// <param name="Held">Time in which the model had handed over a token and was not asked for the next.</param>
/// <param name="FirstToken">Time from the request to the first token.</param>
/// <param name="Reading">Time from the first token to the last.</param>
/// <param name="Elapsed">Time since the request.</param>
/// <param name="Thoughts">Pieces of what the model thought before it answered.</param>
internal readonly record struct FiguresNow(
    int Read, int Shown, int Waiting, int PeakWaiting, long PeakBytes, int Merged, int Dropped, int Frames,
    TimeSpan Held, TimeSpan? FirstToken, TimeSpan Reading, TimeSpan Elapsed, int Thoughts = 0);

/// <summary>Counts one run. Tokens are read on one thread and drawn on another.</summary>
internal sealed class Figures
{
    private const int BytesOfAnEmptyString = 22;

    private readonly Lock _gate = new();
    private readonly System.Reactive.Concurrency.IStopwatch _watch;
    private readonly StringBuilder _received = new();
    private readonly StringBuilder _shown = new();
    private readonly StringBuilder _thoughts = new();
    private readonly SortedDictionary<int, (string Name, string Arguments)> _toolCalls = [];
    private readonly Queue<int> _waitingLengths = new();
    private readonly bool _merges;

    private FiguresNow _now;
    private TimeSpan _lastToken;
    private long _waitingBytes;
    private TimeSpan? _heldSince;

    public Figures(IScheduler clock, Strategy strategy)
    {
        _watch = clock.StartStopwatch();
        _merges = strategy == Strategy.Conflate;
    }

    /// <summary>Why the model stopped, once it has said so.</summary>
    public ChatFinishReason? FinishReason { get; private set; }

    /// <summary>Whether the model has refused to answer.</summary>
    public bool IsRefusal { get; private set; }

    /// <summary>What the model thought before it answered.</summary>
    public string TextThought => Read(_thoughts.ToString);

    /// <summary>The tools that the model wants to have called, with their arguments.</summary>
    public string[] ToolCalls => Read(() => _toolCalls.Values.Select(call => $"{call.Name} {call.Arguments}".Trim()).ToArray());

    public string TextReceived => Read(_received.ToString);

    public string TextShown => Read(_shown.ToString);

    public FiguresNow Now => Read(() => _now with
    {
        Waiting = Waiting,
        Reading = _lastToken - (_now.FirstToken ?? _lastToken),
        Held = _now.Held + (_heldSince is { } since ? _watch.Elapsed - since : TimeSpan.Zero),
        Elapsed = _watch.Elapsed,
    });

    private int Waiting => _now.Read - _now.Shown - _now.Dropped;

    public void OnUpdate(StreamingChatCompletionUpdate update)
    {
        FinishReason = update.FinishReason ?? FinishReason;
        IsRefusal |= !string.IsNullOrEmpty(update.RefusalUpdate);
        foreach (var part in update.ToolCallUpdates)
        {
            lock (_gate)
            {
                var (name, arguments) = _toolCalls.GetValueOrDefault(part.Index, ("", ""));
                _toolCalls[part.Index] = (name + part.FunctionName, arguments + part.FunctionArgumentsUpdate);
            }
        }
    }

    public void OnThought(string text)
    {
        lock (_gate)
        {
            _thoughts.Append(text);
            _now = _now with { Thoughts = _now.Thoughts + 1 };
        }
    }

    public void OnToken(string token)
    {
        lock (_gate)
        {
            _received.Append(token);
            _lastToken = _watch.Elapsed;
            _waitingBytes += BytesOf(token);
            if (_merges)
                _waitingLengths.Enqueue(token.Length);

            _now = _now with { Read = _now.Read + 1, FirstToken = _now.FirstToken ?? _lastToken };
            _now = _now with { PeakWaiting = Math.Max(_now.PeakWaiting, Waiting), PeakBytes = Math.Max(_now.PeakBytes, _waitingBytes) };
        }
    }

    public void OnDropped(string token)
    {
        lock (_gate)
        {
            _waitingBytes -= BytesOf(token);
            _now = _now with { Dropped = _now.Dropped + 1 };
        }
    }

    public void OnDrawn(string text)
    {
        lock (_gate)
        {
            _shown.Append(text);
            var tokens = _merges ? TokensOf(text) : 1;
            _waitingBytes -= (long)tokens * BytesOfAnEmptyString + 2L * text.Length;
            _now = _now with { Shown = _now.Shown + tokens, Merged = _now.Merged + tokens - 1, Frames = _now.Frames + 1 };
        }
    }

    /// <summary>A frame in which only the figures are new.</summary>
    public void OnRedrawn()
    {
        lock (_gate)
            _now = _now with { Frames = _now.Frames + 1 };
    }

    public TimeSpan HoldBegins()
    {
        lock (_gate)
        {
            _heldSince = _watch.Elapsed;
            return _heldSince.Value;
        }
    }

    public void HoldEnds(TimeSpan since)
    {
        lock (_gate)
        {
            _heldSince = null;
            _now = _now with { Held = _now.Held + (_watch.Elapsed - since) };
        }
    }

    /// <summary>How many of the waiting tokens were joined into this text.</summary>
    private int TokensOf(string text)
    {
        var tokens = 0;
        for (var rest = text.Length; rest > 0; tokens++)
            rest -= _waitingLengths.Dequeue();
        return tokens;
    }

    private static int BytesOf(string token) => BytesOfAnEmptyString + 2 * token.Length;

    private T Read<T>(Func<T> read)
    {
        lock (_gate)
            return read();
    }
}
