using System.Reactive.Concurrency;
using System.Reactive.Disposables;

namespace RxTokens;

/// <summary>The order within an instant: what a test declares comes before what its run brings about.</summary>
internal enum Phase
{
    Leave,
    Come,
    Ask,
    Speak,
    Run,
}

/// <summary>Something to do at a time. Disposing it before that time takes it back; after, disposes what it returned.</summary>
internal sealed class Work : IScheduledItem<long>, IDisposable
{
    private readonly VirtualClock _clock;
    private readonly Func<IDisposable?> _action;
    private readonly SingleAssignmentDisposable _followUp = new();

    public Work(VirtualClock clock, long dueTime, object? lane, string name, Func<IDisposable?> action)
    {
        _clock = clock;
        _action = action;
        DueTime = dueTime;
        Lane = lane;
        Name = name;
    }

    public Work(VirtualClock clock, long dueTime, object? lane, string name, Action action)
        : this(clock, dueTime, lane, name, () =>
        {
            action();
            return null;
        })
    {
    }

    public long DueTime { get; }

    /// <summary>Work of one lane keeps its order. Null: a lane of its own.</summary>
    public object? Lane { get; }

    public Phase Phase { get; init; } = Phase.Run;

    /// <summary>For people.</summary>
    public string Name { get; }

    /// <summary>When it was added, among others.</summary>
    public long Sequence { get; set; }

    public bool IsCancelled => _followUp.IsDisposed;

    public void Invoke() => _clock.Run(this, _action);

    public void Follow(IDisposable? followUp) => _followUp.Disposable = followUp ?? Disposable.Empty;

    public void Dispose() => _followUp.Dispose();
}

/// <summary>Work in order of time, and in the same instant first in first out, or in an order that somebody chooses.</summary>
internal sealed class WorkQueue
{
    private readonly Lock _lock = new();
    private readonly SortedSet<Work> _work = new(Comparer<Work>.Create(static (x, y) =>
        x.DueTime != y.DueTime ? x.DueTime.CompareTo(y.DueTime)
        : x.Phase != y.Phase ? x.Phase.CompareTo(y.Phase)
        : x.Sequence.CompareTo(y.Sequence)));

    private long _added;
    private Work? _chosen;

    /// <summary>Picks one of at least two pieces of work that are due at the same time, the first of each lane.</summary>
    public Func<IReadOnlyList<Work>, int>? Choose { get; set; }

    public int Count => _work.Count;

    public void Add(Work work)
    {
        lock (_lock)
        {
            work.Sequence = _added++;
            _work.Add(work);
            if (_chosen is { } chosen && _work.Comparer.Compare(work, chosen) < 0)
                _chosen = null;
        }
    }

    public void Remove(Work work)
    {
        lock (_lock)
        {
            _work.Remove(work);
            _chosen = null;
        }
    }

    /// <summary>The next, which stays where it is.</summary>
    public Work? Peek()
    {
        lock (_lock)
        {
            // A choice that is looked at twice is the same choice.
            if (_chosen is { IsCancelled: false })
                return _chosen;

            while (_work.Min is { IsCancelled: true } cancelled)
                _work.Remove(cancelled);

            return _chosen = Choose is null ? _work.Min : ChooseLocked(Choose);
        }
    }

    private Work? ChooseLocked(Func<IReadOnlyList<Work>, int> choose)
    {
        var due = new List<Work>();
        var lanes = new HashSet<object>();
        foreach (var work in _work)
        {
            if (due.Count > 0 && work.DueTime != due[0].DueTime)
                break;
            if (!work.IsCancelled && (work.Lane is null || lanes.Add(work.Lane)))
                due.Add(work);
        }

        return due.Count switch
        {
            0 => null,
            1 => due[0],
            _ => due[choose(due)],
        };
    }
}
