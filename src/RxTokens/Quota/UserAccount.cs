namespace RxTokens;

/// <summary>What one user has charged and holds. All of it belongs to who has the quota's gate.</summary>
/// <remarks>
/// Charges of neighbouring times share a bucket, which is free again one window after the last of them: so each stays charged for a window at least, and for
/// a sixtieth longer at most, and there are no more than 62 buckets, however many charges.
/// </remarks>
internal sealed class UserAccount(string user, long limit, TimeSpan window, TimeSpan lease)
{
    private const int Parts = 60;

    private sealed class Bucket
    {
        public required TimeSpan First { get; init; }

        public TimeSpan Last { get; set; }

        public long Tokens { get; set; }
    }

    /// <summary>What a reservation holds.</summary>
    internal sealed record Hold(string Id, long Tokens, TimeSpan Since);

    private readonly Queue<Bucket> _buckets = new();
    private Bucket? _newest;

    private readonly LinkedList<Hold> _holds = []; // the one that expires first is the first
    private readonly Dictionary<string, LinkedListNode<Hold>> _byId = [];

    public string User => user;

    public long Charged { get; private set; }

    public long Held { get; private set; }

    public long Free => limit - Charged - Held;

    /// <summary>How many sums of charges are remembered.</summary>
    public int Buckets => _buckets.Count;

    /// <summary>Whether there is nothing to remember.</summary>
    public bool IsEmpty => _buckets.Count == 0 && _holds.Count == 0;

    /// <summary>When the account was last looked at.</summary>
    public TimeSpan LastUse { get; private set; }

    /// <summary>Lets go of what is over by now.</summary>
    public void MoveTo(TimeSpan now)
    {
        LastUse = now;
        while (_buckets.TryPeek(out var oldest) && now - oldest.Last >= window)
        {
            Charged -= oldest.Tokens;
            _buckets.Dequeue();
        }

        if (_buckets.Count == 0)
            _newest = null;
        while (_holds.First is { Value: var first } && now - first.Since >= lease)
            Release(first);
    }

    public Hold? Find(string id) => _byId.TryGetValue(id, out var node) ? node.Value : null;

    public void Release(Hold hold)
    {
        _byId.Remove(hold.Id, out var node);
        _holds.Remove(node!);
        Held -= hold.Tokens;
    }

    public void Take(Hold hold)
    {
        _byId.Add(hold.Id, _holds.AddLast(hold));
        Held += hold.Tokens;
    }

    public void Charge(long tokens)
    {
        if (tokens == 0)
            return;

        if (_newest is null || (LastUse - _newest.First >= window / Parts && LastUse > _newest.Last))
            _buckets.Enqueue(_newest = new Bucket { First = LastUse });
        _newest.Last = LastUse;
        _newest.Tokens += tokens;
        Charged += tokens;
    }

    /// <summary>When so many tokens will have come back that are not free now, if none is taken before.</summary>
    /// <param name="missing">How many; no more than are charged, or held by others.</param>
    /// <param name="own">Whose return changes nothing.</param>
    public TimeSpan WhenBack(long missing, Hold? own)
    {
        var comings = _buckets.Select(b => (In: window - (LastUse - b.Last), b.Tokens))
            .Concat(_holds.Where(h => h != own).Select(h => (In: lease - (LastUse - h.Since), h.Tokens)))
            .OrderBy(coming => coming.In);
        foreach (var (time, tokens) in comings)
        {
            missing -= tokens;
            if (missing <= 0)
                return time;
        }

        throw new InvalidOperationException("More tokens are missing than there are.");
    }
}
