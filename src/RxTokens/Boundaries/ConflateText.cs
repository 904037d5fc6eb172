using System.Diagnostics.CodeAnalysis;

namespace RxTokens;

internal sealed class ConflateTextStream(IAsyncEnumerable<string>? pull, IObservable<string>? push, int maxChars)
    : BoundaryStream<string, string>(pull, push)
{
    private readonly bool _isPush = push is not null;

    public override Outlet<string> Start(CancellationToken cancellationToken) =>
        new ConflateTextBoundary(CreateInlet(), maxChars, failsWhenFull: _isPush, cancellationToken);
}

/// <summary>Keeps the characters alone, in a queue that is filled without a lock, so that joining costs what the text is long.</summary>
internal sealed class ConflateTextBoundary(IInlet<string, string> inlet, int maxChars, bool failsWhenFull, CancellationToken cancellationToken)
    : Boundary<string, string>(inlet, cancellationToken)
{
    private volatile SpscQueue<char>? _text; // none before there is text that has to wait
    private int _empties; // items without text so far
    private int _items; // items since the last time that all were taken
    private int _takesSeen;

    private int _emptiesTaken;
    private volatile int _takes;

    protected override bool IsFenced => false;

    protected override bool HasItems => Length > 0 || Volatile.Read(ref _empties) != _emptiesTaken;

    private long Length => _text?.Count ?? 0;

    /// <summary>How many items wait, as far as who adds them knows.</summary>
    private int Items => _takesSeen == _takes ? _items : 0;

    // Each item counts, or one without text would never fill it, and an endless source of them never let go.
    protected override bool HasRoom() => Length < maxChars && Items < maxChars;

    protected override bool TryTakeLocked([MaybeNullWhen(false)] out string item)
    {
        // Empty ones first: the text that came before them is then part of this take, and they with it.
        var empties = Volatile.Read(ref _empties);
        var length = Length;
        if (length == 0 && empties == _emptiesTaken)
        {
            item = null;
            return false;
        }

        item = length == 0 ? "" : string.Create((int)length, _text!, static (all, text) => text.Take(all));
        _emptiesTaken = empties;
        _takes++;
        return true;
    }

    protected override void ClearLocked()
    {
        while (TryTakeLocked(out _))
        {
        }
    }

    protected override bool Accept(string item)
    {
        item ??= ""; // some clients have chunks without text
        if (TryHandOver(item))
            return HasRoom();

        var waiting = Items;
        if (failsWhenFull && waiting > 0 && Length + item.Length > maxChars)
            throw new BackpressureException(
                $"More than {maxChars} characters would wait for a consumer that is slower than the push source. Raise maxChars, or bridge from a pull source, which can wait.",
                maxChars);

        _takesSeen = _takes;
        _items = waiting + 1;
        if (item.Length == 0)
            Volatile.Write(ref _empties, _empties + 1);
        else
            (_text ??= new SpscQueue<char>()).Add(item);

        if (waiting > 0 && Metrics.Merged.Enabled)
            Metrics.Merged.Add(1);
        return HasRoom();
    }
}
