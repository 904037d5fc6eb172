using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace RxTokens;

/// <summary>Keeps text: a single item as it is, several in a builder that is reused, so that joining costs what the text is long.</summary>
internal sealed class ConflateTextBoundary(IInlet<string, string> inlet, int maxChars, bool failsWhenFull, CancellationToken cancellationToken)
    : Boundary<string, string>(inlet, cancellationToken)
{
    private readonly StringBuilder _joined = new();
    private string? _single;
    private int _items;
    private volatile bool _isFull;

    protected override bool HasRoom => !_isFull;

    protected override bool TryTakeLocked([MaybeNullWhen(false)] out string item)
    {
        item = _single ?? _joined.ToString();
        var taken = _items > 0;
        ClearLocked();
        return taken;
    }

    protected override void ClearLocked()
    {
        _single = null;
        _joined.Clear();
        _items = 0;
        _isFull = false;
    }

    protected override void Accept(string item)
    {
        item ??= ""; // some clients have chunks without text
        bool merges;
        lock (Gate)
        {
            if (IsClosed || TryHandOverLocked(item))
                return;

            merges = _items > 0;
            if (failsWhenFull && merges && Length + item.Length > maxChars)
                throw new BackpressureException(
                    $"More than {maxChars} characters would wait for a consumer that is slower than the push source. Raise maxChars, or bridge from a pull source, which can wait.",
                    maxChars);

            AddLocked(item);
            // Each item counts, or one without text would never fill it, and an endless source of them never let go.
            _isFull = Math.Max(Length, _items) >= maxChars;
        }

        if (merges)
            Metrics.Merged.Add(1);
    }

    private int Length => _single?.Length ?? _joined.Length;

    private void AddLocked(string item)
    {
        if (_items++ == 0)
        {
            _single = item;
            return;
        }

        if (_single is not null)
        {
            _joined.Append(_single);
            _single = null;
        }

        _joined.Append(item);
    }
}
