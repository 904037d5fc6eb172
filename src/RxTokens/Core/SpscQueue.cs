using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace RxTokens;

/// <summary>A queue that one thread fills while another empties it, without a lock: one adds at a time, and one takes.</summary>
/// <remarks>
/// Positions count up for ever. Each side publishes its own, and keeps a copy of the other's that it renews only when the copy
/// says "full" or "empty", so that the two hardly ever touch each other's memory. Items lie in a ring. One that is too small is
/// followed by a larger one, and left behind once it has been emptied: memory is what had to wait at once, not what would be allowed to.
/// </remarks>
internal sealed class SpscQueue<T>
{
    private const int FirstSize = 32;
    private const int LargestSize = 32_768;
    private const long Claim = long.MinValue;

    private SpscSide _filler;
    private SpscSide _emptier;
    private Ring? _fillerRing;
    private Ring? _emptierRing;

    private sealed class Ring(int size, long start)
    {
        public readonly T[] Items = new T[size];

        /// <summary>The position of the first item in here; <see cref="Next"/>'s is that of the first after here.</summary>
        public readonly long Start = start;

        public Ring? Next;

        /// <summary>How many places there are from this position on, where so many have been taken.</summary>
        public int Room(long position, long taken) => Items.Length - (int)(position - Math.Max(taken, Start));

        public int IndexOf(long position) => (int)position & (Items.Length - 1);
    }

    /// <summary>How many items wait. Exact for the side that asks, as far as its own doing goes.</summary>
    public long Count => Volatile.Read(ref _filler.Position) - TakenNow();

    /// <summary>For the filling side: how many items it has added in all.</summary>
    public long Added => _filler.Position;

    /// <summary>For the filling side: whether so many items wait, looked up only if it may be.</summary>
    public bool Holds(int count)
    {
        if (_filler.Position - _filler.OtherSeen < count)
            return false;

        _filler.OtherSeen = TakenNow();
        return _filler.Position - _filler.OtherSeen >= count;
    }

    /// <summary>For the emptying side: how many are left of those that it has seen. There may be more.</summary>
    public long LeftSeen => _emptier.OtherSeen - _emptier.Position;

    public void Add(T item)
    {
        var position = _filler.Position;
        var ring = FillerRing(position, atLeast: 1);
        ring.Items[ring.IndexOf(position)] = item;
        Volatile.Write(ref _filler.Position, position + 1);
    }

    /// <summary>Adds all of them at once: the emptying side sees either none or all.</summary>
    public void Add(ReadOnlySpan<T> items)
    {
        var position = _filler.Position;
        if (_fillerRing is { } ring)
        {
            var index = ring.IndexOf(position);
            if (items.Length <= ring.Items.Length - index && items.Length <= ring.Room(position, _filler.OtherSeen))
            {
                items.CopyTo(ring.Items.AsSpan(index));
                Volatile.Write(ref _filler.Position, position + items.Length);
                return;
            }
        }

        AddInParts(items, position);
    }

    private void AddInParts(ReadOnlySpan<T> items, long position)
    {
        while (items.Length > 0)
        {
            var ring = FillerRing(position, items.Length);
            var index = ring.IndexOf(position);
            var length = Math.Min(items.Length, Math.Min(ring.Room(position, _filler.OtherSeen), ring.Items.Length - index));
            items[..length].CopyTo(ring.Items.AsSpan(index));
            items = items[length..];
            position += length;
        }

        Volatile.Write(ref _filler.Position, position);
    }

    public bool TryTake([MaybeNullWhen(false)] out T item)
    {
        var position = _emptier.Position;
        if (position < 0)
        {
            item = default; // somebody clears the queue beside us
            return false;
        }

        if (position >= _emptier.OtherSeen)
        {
            _emptier.OtherSeen = Volatile.Read(ref _filler.Position);
            if (position == _emptier.OtherSeen)
            {
                item = default;
                return false;
            }
        }

        item = TakeAt(position);
        Volatile.Write(ref _emptier.Position, position + 1);
        return true;
    }

    /// <summary>The same where the filling side takes too, to make room: whoever takes claims the position first.</summary>
    public bool TryTakeShared([MaybeNullWhen(false)] out T item)
    {
        var spin = default(SpinWait);
        while (true)
        {
            var position = Volatile.Read(ref _emptier.Position);
            if (position < 0)
            {
                spin.SpinOnce(); // the other is at it, which takes a few nanoseconds
                continue;
            }

            if (position == Volatile.Read(ref _filler.Position))
            {
                item = default;
                return false;
            }

            if (Interlocked.CompareExchange(ref _emptier.Position, position | Claim, position) != position)
                continue;

            item = TakeAt(position);
            Volatile.Write(ref _emptier.Position, position + 1);
            return true;
        }
    }

    /// <summary>
    /// For the filling side, where that takes too: takes the oldest item if more than so many wait. It claims the very position that it has
    /// counted from, so it never takes one too many from a queue that the other side has made room in meanwhile.
    /// </summary>
    /// <returns>Whether it took one. A full fence has followed what was added, then.</returns>
    public bool TryTakeBeyond(int count, [MaybeNullWhen(false)] out T item)
    {
        while (_filler.Position - _filler.OtherSeen > count)
        {
            var seen = Volatile.Read(ref _emptier.Position);
            var isClaimed = seen < 0;
            _filler.OtherSeen = seen & ~Claim;
            if (_filler.Position - _filler.OtherSeen <= (isClaimed ? count + 1L : count))
                break; // or will be, as soon as the other has what it claims

            if (isClaimed || Interlocked.CompareExchange(ref _emptier.Position, seen | Claim, seen) != seen)
                continue;

            item = TakeAt(seen);
            Volatile.Write(ref _emptier.Position, seen + 1);
            return true;
        }

        item = default;
        return false;
    }

    /// <summary>Takes exactly as many as there is place for; so many must be there.</summary>
    public void Take(Span<T> items)
    {
        var position = _emptier.Position;
        while (items.Length > 0)
        {
            var ring = EmptierRing(position);
            var index = ring.IndexOf(position);
            var length = Math.Min(items.Length, ring.Items.Length - index);
            if (ring.Next is { } next)
                length = (int)Math.Min(length, next.Start - position);

            var taken = ring.Items.AsSpan(index, length);
            taken.CopyTo(items);
            if (RuntimeHelpers.IsReferenceOrContainsReferences<T>())
                taken.Clear();
            items = items[length..];
            position += length;
        }

        Volatile.Write(ref _emptier.Position, position);
    }

    /// <summary>Takes all that is there, for nobody.</summary>
    public void Clear()
    {
        while (TryTakeShared(out _))
        {
        }
    }

    /// <summary>Takes all that is there at a stroke, where what was taken need not be let go of.</summary>
    public void Skip()
    {
        Debug.Assert(!RuntimeHelpers.IsReferenceOrContainsReferences<T>(), "what stays in the ring keeps nothing alive");
        var end = Volatile.Read(ref _filler.Position);
        if (end == _emptier.Position)
            return;

        EmptierRing(end - 1);
        Volatile.Write(ref _emptier.Position, end);
    }

    private T TakeAt(long position)
    {
        var ring = EmptierRing(position);
        ref var place = ref ring.Items[ring.IndexOf(position)];
        var item = place;
        if (RuntimeHelpers.IsReferenceOrContainsReferences<T>())
            place = default!; // what has been taken is not kept alive
        return item;
    }

    private Ring EmptierRing(long position)
    {
        var ring = _emptierRing!;
        while (ring.Next is { } next && position >= next.Start)
            _emptierRing = ring = next;
        return ring;
    }

    /// <summary>The ring that has room for this position: the last one, or a new one, which has it for so many if it may.</summary>
    private Ring FillerRing(long position, int atLeast)
    {
        var ring = _fillerRing;
        return ring is not null && (ring.Room(position, _filler.OtherSeen) > 0 || HasRoomNow(ring, position)) ? ring : AddRing(position, atLeast);
    }

    private bool HasRoomNow(Ring ring, long position)
    {
        _filler.OtherSeen = TakenNow();
        return ring.Room(position, _filler.OtherSeen) > 0;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Ring AddRing(long position, int atLeast)
    {
        var last = _fillerRing;
        var size = Math.Max(last is null ? FirstSize : 2 * last.Items.Length, atLeast);
        var ring = new Ring((int)BitOperations.RoundUpToPowerOf2((uint)Math.Min(size, LargestSize)), position);
        if (last is null)
            _emptierRing = ring;
        else
            last.Next = ring;
        _fillerRing = ring;
        return ring;
    }

    private long TakenNow() => Volatile.Read(ref _emptier.Position) & ~Claim;
}

/// <summary>A side's own position, and what it last saw of the other's, on cache lines that the other side does not write to.</summary>
[StructLayout(LayoutKind.Explicit, Size = 144)]
internal struct SpscSide
{
    [FieldOffset(64)]
    public long Position;

    [FieldOffset(72)]
    public long OtherSeen;
}
