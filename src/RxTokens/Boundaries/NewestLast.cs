using System.Diagnostics.CodeAnalysis;

namespace RxTokens;

/// <summary>A store of so many items, in order; one that finds no room replaces the newest. One thread puts while another takes, behind a lock that covers nothing else.</summary>
internal sealed class NewestLast<T>(int capacity)
{
    private readonly object _gate = new();
    private Queue<T>? _older; // none before there are two
    private bool _hasNewest;
    private T _newest = default!;

    /// <returns>Whether an item had to make room.</returns>
    public bool Put(T item, [MaybeNullWhen(false)] out T replaced)
    {
        lock (_gate)
        {
            replaced = _newest;
            var replaces = _hasNewest && (_older?.Count ?? 0) == capacity - 1;
            if (_hasNewest && !replaces)
                (_older ??= new Queue<T>()).Enqueue(_newest);
            _newest = item;
            _hasNewest = true;
            return replaces;
        }
    }

    public bool TryTake([MaybeNullWhen(false)] out T item)
    {
        lock (_gate)
        {
            if (_older is not null && _older.TryDequeue(out item))
                return true;

            item = _newest;
            var had = _hasNewest;
            _newest = default!;
            _hasNewest = false;
            return had;
        }
    }
}
