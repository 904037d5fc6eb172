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
    private volatile int _empties; // items without text so far; they count up, and so does the next
    private volatile int _emptiesTaken;

    protected override bool IsFenced => false;

    protected override bool HasItems => Length > 0 || Empties > 0;

    private long Length => _text?.Count ?? 0;

    private int Empties => _empties - _emptiesTaken;

    // Items without text count one each, or an endless source of them would never let go.
    protected override bool HasRoom() => Length < maxChars && Empties < maxChars;

    protected override bool TryTakeLocked([MaybeNullWhen(false)] out string item)
    {
        // Empty ones first: the text that came before them is then part of this take, and they with it.
        var empties = _empties;
        var length = Length;
        if (length == 0 && empties == _emptiesTaken)
        {
            item = null;
            return false;
        }

        item = length == 0 ? "" : string.Create((int)length, _text!, static (all, text) => text.Take(all));
        _emptiesTaken = empties;
        return true;
    }

    protected override void ClearLocked()
    {
        _text?.Skip();
        _emptiesTaken = _empties;
    }

    protected override bool Accept(string item)
    {
        item ??= ""; // some clients have chunks without text
        if (TryHandOver(item))
            return HasRoom();

        var waiting = Length;
        if (failsWhenFull && waiting > 0 && waiting + item.Length > maxChars)
            throw new BackpressureException(
                $"More than {maxChars} characters would wait for a consumer that is slower than the push source. Raise maxChars, or bridge from a pull source, which can wait.",
                maxChars);

        var merges = Metrics.Merged.Enabled && HasItems;
        if (item.Length == 0)
            _empties++;
        else
            (_text ??= new SpscQueue<char>()).Add(item);

        if (merges)
            Metrics.Merged.Add(1);
        return HasRoom();
    }
}
