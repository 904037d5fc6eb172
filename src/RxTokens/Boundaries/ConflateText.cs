using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace RxTokens;

[DebuggerDisplay("Conflate({_maxChars})")]
internal sealed class ConflateTextStream(IAsyncEnumerable<string>? pull, IObservable<string>? push, int maxChars) : OutletStream<string>
{
    private readonly int _maxChars = maxChars;

    public override IOutlet<string> Start(CancellationToken cancellationToken) => new ConflateTextBoundary(pull, push, seat: null, _maxChars, cancellationToken);
}

/// <summary>Keeps the characters alone, in a queue that is filled without a lock, so that joining costs what the text is long.</summary>
/// <remarks>
/// <code>
/// field            written by                    read by     ordered by
/// _text            filler: adds, emptier: takes  both        itself
/// _empties         the filler                    both        volatile
/// _emptiesTaken    the emptier                   both        volatile
/// _merged          the filler                    everyone    volatile
/// _half            the filler                    the filler  the same: a thread, or what orders the source's calls
/// </code>
/// <para>Half a surrogate pair at the end of an item is kept out of the queue, so that the emptier never sees one: it goes in before the next item's text, or alone at the end.</para>
/// </remarks>
internal sealed class ConflateTextBoundary(
    IAsyncEnumerable<string>? pull, IObservable<string>? push, Seat<string>? seat, int maxChars, CancellationToken cancellationToken)
    : Boundary<string, string>(pull, push, seat, cancellationToken), IMergeCount
{
    // The longest string there can be; what is beyond waits for the next.
    private const int LongestString = 0x3FFF_FFDF;

    private volatile SpscQueue<char>? _text; // none before there is text that has to wait
    private volatile int _empties; // items without text so far; they count up, and so does the next
    private volatile int _emptiesTaken;
    private long _merged;
    private char _half; // or none

    public long Merged => Volatile.Read(ref _merged);

    protected override bool IsBounded => true;

    // Never less than none: who leaves while it asks, on another thread, may take all of it between the two looks of the count.
    private long Length => Math.Max(_text?.Count ?? 0, 0);

    private int Empties => _empties - _emptiesTaken;

    private SpscQueue<char> Queue => _text ??= new SpscQueue<char>(); // for the filler

    // Items without text count one each, or an endless source of them would never let go.
    protected override bool HasRoom => Length < maxChars && Empties < maxChars;

    protected override bool IsFinished(string item) => _half == 0 && item is not [.., >= '\uD800' and <= '\uDBFF'];

    protected override string First(string item) => item ?? ""; // some clients have chunks without text

    protected override bool TryTakeAlone([MaybeNullWhen(false)] out string item, out bool mayGoOn)
    {
        mayGoOn = false;
        if (!TryTake(out item))
            return false;

        Interlocked.MemoryBarrier();
        mayGoOn = IsHeldUp;
        return true;
    }

    protected override bool TryTake([MaybeNullWhen(false)] out string item)
    {
        // Empty ones first: the text that came before them is then part of this take, and they with it.
        var empties = _empties;
        var length = Length;
        if (length == 0 && empties == _emptiesTaken)
        {
            item = null;
            return false;
        }

        item = length == 0 ? "" : string.Create((int)Math.Min(length, LongestString), _text!, static (all, text) => text.Take(all));
        _emptiesTaken = empties;
        return true;
    }

    protected override void Discard()
    {
        _text?.Skip();
        _emptiesTaken = _empties;
    }

    protected override bool Add(string item)
    {
        ReadOnlySpan<char> text = item;
        var waiting = Length;
        if (IsPushedTo && waiting > 0 && waiting + (_half == 0 ? 0 : 1) + text.Length > maxChars)
            throw new BackpressureException(
                $"More than {maxChars} characters would wait for a consumer that is slower than the push source. Raise maxChars, or bridge from a pull source, which can wait.",
                maxChars);

        var merges = waiting > 0 || Empties > 0 || (_half != 0 && !text.IsEmpty);
        if (text.IsEmpty)
            _empties++;
        else
            AddText(text);

        if (merges)
        {
            Volatile.Write(ref _merged, _merged + 1);
            if (Metrics.Merged.Enabled)
                Metrics.Merged.Add(1);
        }

        return false;
    }

    protected override void AddRest()
    {
        if (_half == 0)
            return;

        Queue.Add(_half);
        _half = '\0';
    }

    protected override bool MayDispose()
    {
        if (!IsPushedTo)
            AddRest(); // the runner is the filler, and reads no more
        return base.MayDispose();
    }

    private void AddText(ReadOnlySpan<char> text)
    {
        var half = _half;
        _half = char.IsHighSurrogate(text[^1]) ? text[^1] : '\0';
        if (_half != 0)
            text = text[..^1];
        if (half == 0)
        {
            Queue.Add(text);
        }
        else if (text.Length > 0 && char.IsLowSurrogate(text[0]))
        {
            Queue.Add([half, text[0]]); // at once, or the emptier could come between
            Queue.Add(text[1..]);
        }
        else
        {
            Queue.Add(half);
            Queue.Add(text);
        }
    }
}
