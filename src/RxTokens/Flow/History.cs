using System.Text;

namespace RxTokens;

/// <summary>What a shared stream keeps for consumers that join late. One caller at a time.</summary>
internal abstract class History<T>
{
    /// <summary>How many items a late consumer is told.</summary>
    public abstract int Count { get; }

    public abstract void Add(T item);

    public abstract void Tell(IJoined<T> consumer);

    /// <summary>Nothing.</summary>
    public sealed class Nothing : History<T>
    {
        public override int Count => 0;

        public override void Add(T item)
        {
        }

        public override void Tell(IJoined<T> consumer)
        {
        }
    }

    /// <summary>The last items.</summary>
    public sealed class Last(int capacity) : History<T>
    {
        private readonly Queue<T> _items = new();

        public override int Count => _items.Count;

        public override void Add(T item)
        {
            if (_items.Count == capacity)
                _items.Dequeue();
            _items.Enqueue(item);
        }

        public override void Tell(IJoined<T> consumer)
        {
            foreach (var item in _items.ToArray()) // what it calls may bring the next
                consumer.Remember(item);
        }
    }

    /// <summary>All, in one item.</summary>
    public sealed class Merged(Func<T, T, T> merge) : History<T>
    {
        private bool _hasItem;
        private T _item = default!;

        public override int Count => _hasItem ? 1 : 0;

        public override void Add(T item) => (_hasItem, _item) = (true, _hasItem ? merge(_item, item) : item);

        public override void Tell(IJoined<T> consumer)
        {
            if (_hasItem)
                consumer.Remember(_item);
        }
    }
}

/// <summary>All text. (Merged as strings, each item would copy all that came before.)</summary>
internal sealed class TextHistory : History<string>
{
    private readonly StringBuilder _text = new();
    private string? _whole; // until more comes

    public override int Count => _text.Length == 0 ? 0 : 1;

    public override void Add(string item)
    {
        _text.Append(item);
        _whole = null;
    }

    public override void Tell(IJoined<string> consumer)
    {
        if (_text.Length > 0)
            consumer.Remember(_whole ??= _text.ToString());
    }
}
