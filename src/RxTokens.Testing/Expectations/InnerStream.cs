using System.Reactive.Disposables;

namespace RxTokens;

/// <summary>A stream that was handed out as an item, and what it has said since.</summary>
internal abstract class InnerStream(TimeSpan from, TimeSpan frameSize)
{
    public TimeSpan FrameSize { get; } = frameSize;

    /// <summary>When it was handed out.</summary>
    public TimeSpan From { get; } = from;

    /// <summary>Leaves it after so much time since it was handed out, or now if that is over.</summary>
    public abstract void LeaveAfter(TimeSpan length);

    /// <summary>What it said, as a row of its own, and of what it handed out itself.</summary>
    public abstract IEnumerable<ChartRow> Rows(string label, TimeSpan length);

    /// <summary>What it said, counted from when it was handed out; null where no diagram can say it.</summary>
    public abstract string? Format();

    /// <summary>What to write in a test for it; null if that takes more than a diagram.</summary>
    public abstract string? Literal();
}

internal sealed class InnerStream<T> : InnerStream
{
    private readonly Timeline _clock;
    private readonly PushRecorder<T> _recorder;
    private readonly InnerStreams<T> _inner;
    private readonly SingleAssignmentDisposable _subscription = new();
    private int _items;

    public InnerStream(IObservable<T> stream, Timeline clock, IReadOnlyList<InnerMatcher> matchers)
        : base(clock.Now, clock.FrameSize)
    {
        _clock = clock;
        _inner = new InnerStreams<T>(clock, matchers);
        _recorder = new PushRecorder<T>(clock) { OnItem = Receive, OnEnd = _subscription.Dispose };
        _subscription.Disposable = stream.Subscribe(_recorder);
    }

    public Said<T> Said(string name, string letter, IReadOnlyList<ChartRow> context) => new(name, _recorder.Received, _inner, _recorder.ProtocolViolations)
    {
        Letter = letter,
        Begin = From,
        Context = context,
    };

    public override void LeaveAfter(TimeSpan length)
    {
        _inner.LeaveAfter(length);
        if (!_subscription.IsDisposed)
            _clock.At(From + length > _clock.Now ? From + length : _clock.Now, Agenda.Windows, "unsubscription", Leave, Phase.Leave);

        void Leave()
        {
            _recorder.Leave();
            _subscription.Dispose();
        }
    }

    public override IEnumerable<ChartRow> Rows(string label, TimeSpan length)
    {
        var letters = new Letters<T>(null, []);
        var symbols = letters.Symbols(_recorder.Received, _inner);
        return
        [
            new ChartRow(label, MarbleRow.Expected, symbols, string.Join(", ", letters.Legend)) { Begin = From, Length = length, IsInner = true },
            .. _inner.Rows(symbols, length),
        ];
    }

    public override string? Format() => Format(new Letters<T>(null, []));

    public override string? Literal()
    {
        var letters = new Letters<T>(null, []);
        var type = typeof(T) == typeof(string) ? "" : $"<{RxTokens.Literal.Name(typeof(T))}>";
        return Format(letters) is { } row && letters.Legend.Count == 0 && !_recorder.Received.Any(m => m.Notification.Exception is not null)
            ? $"Marble.Inner{type}(\"{CSharp.Escape(row)}\")"
            : null;
    }

    private string? Format(Letters<T> letters) => ChartLayout.FormatExact(
        MarbleRow.Expected, [.. letters.Symbols(_recorder.Received, _inner).Select(symbol => symbol with { Time = symbol.Time - From })], FrameSize);

    private void Receive(T item)
    {
        if (++_items > _clock.Limit)
            throw VirtualTimeLimitException.Items(_clock.Limit, _clock.Now);
        _inner.Watch(_recorder.Received.Count - 1, item);
    }
}

/// <summary>The streams among the items of a stream, by the index of the item, watched from when they are handed out if the test expects such.</summary>
internal sealed class InnerStreams<T>(Timeline clock, IReadOnlyList<InnerMatcher> matchers)
{
    private const int MostRows = 20;

    private readonly SortedDictionary<int, InnerStream> _streams = [];

    public InnerStream? this[int index] => _streams.GetValueOrDefault(index);

    public void Watch(int index, T item)
    {
        if (matchers.Count == 0 || clock.IsElsewhere || _streams.ContainsKey(index))
            return;

        foreach (var matcher in matchers)
        {
            if (matcher.Watch(item, clock, matchers) is { } stream)
            {
                _streams.Add(index, stream);
                return;
            }
        }
    }

    /// <summary>Whoever leaves the outer stream leaves these too, but not before their diagrams are over.</summary>
    public void LeaveAfter(TimeSpan length)
    {
        foreach (var stream in _streams.Values)
            stream.LeaveAfter(length);
    }

    /// <summary>Their rows, called by the letters of the row that they are in.</summary>
    public IEnumerable<ChartRow> Rows(IReadOnlyList<MarbleSymbol> symbols, TimeSpan length) =>
        _streams.Where(stream => stream.Key < symbols.Count).Take(MostRows).SelectMany(stream => stream.Value.Rows(symbols[stream.Key].Text, length));
}
