namespace RxTokens;

/// <summary>A stream that a test watches: subscribed, asked and left at the times of its row.</summary>
internal abstract class Observed<T>(Timeline clock, MarbleDiagram? demand)
{
    private readonly List<Violation> _violations = [];
    private long _asked;
    private long _delivered;

    public abstract IReadOnlyList<Marble<T>> Received { get; }

    public virtual IEnumerable<Violation> Violations
    {
        get
        {
            lock (_violations)
                return [.. _violations];
        }
    }

    /// <summary>The row of requests; null if everything is asked for at once.</summary>
    public MarbleDiagram? Demand { get; } = demand;

    /// <summary>How much the row asks for in all.</summary>
    public long Granted => Demand is null ? long.MaxValue : Demand.Symbols.Where(s => s.Kind == MarbleKind.Request).Aggregate(0L, (sum, s) => Amount.Sum(sum, s.Count));

    /// <summary>What the end of the stream needs: one request of its own, or none.</summary>
    public virtual long RequestsOfTheEnd => 0;

    /// <summary>Whether it gives items one by one, when asked.</summary>
    public virtual bool IsPulled => false;

    /// <summary>Called with each item that has been recorded.</summary>
    public Action<T>? OnItem { get; set; }

    protected Timeline Clock { get; } = clock;

    /// <summary>Whether an item that has not been asked for breaks the rule.</summary>
    protected virtual bool IsBounded => Demand is not null;

    public abstract void Subscribe();

    public void Request(long count)
    {
        _asked = Amount.Sum(_asked, Math.Max(0, count));
        OnRequest(count);
    }

    public abstract void Leave();

    protected abstract void OnRequest(long count);

    /// <summary>One more item: it must have been asked for.</summary>
    protected void Count(T item)
    {
        if (_delivered >= Clock.Limit)
            throw VirtualTimeLimitException.Items(Clock.Limit, Clock.Now);
        if (++_delivered > _asked && IsBounded)
            Violate($"OnNext({ValueText.Of(item)}) is item {_delivered}, and {_asked} had been asked for", isDemand: true);
        OnItem?.Invoke(item);
    }

    protected void Violate(string what, bool isDemand = false)
    {
        lock (_violations)
            _violations.Add(new Violation(Clock.Now, what, isDemand));
    }
}
