namespace RxTokens.Exploration;

/// <summary>Asks for item after item, and records what it gets and how it ends.</summary>
internal sealed class Consumer(Scene scene, IAsyncEnumerable<Item> stream, CancellationToken cancellationToken = default)
{
    private readonly IAsyncEnumerator<Item> _enumerator = stream.GetAsyncEnumerator(cancellationToken);
    private readonly List<string> _items = [];
    private bool _isAsking;
    private int _asked;

    /// <summary>Whether it blocks its own thread until it has what it asked for; if not, it goes on wherever that comes from.</summary>
    public bool StaysOnItsThread { get; init; } = scene.Toss();

    /// <summary>After so many items it breaks.</summary>
    public int Wants { get; init; } = int.MaxValue;

    /// <summary>Whether it is for somebody else to call DisposeAsync.</summary>
    public bool IsTakenAway { get; init; }

    /// <summary>Whether items must live as long as it is at work on them.</summary>
    public bool NeedsLiveItems { get; init; }

    /// <summary>What has to hold when the end is told, and when DisposeAsync has returned.</summary>
    public Action OnEnd { get; init; } = static () => { };

    /// <summary>All letters it got, merged or not.</summary>
    public string Letters => string.Concat(_items);

    public IReadOnlyList<string> Items => _items;

    /// <summary>What MoveNextAsync threw.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>What DisposeAsync threw.</summary>
    public Exception? LeavingFailure { get; private set; }

    /// <summary>Whether MoveNextAsync said so, by false or an exception.</summary>
    public bool HasSeenTheEnd { get; private set; }

    public bool IsDone { get; private set; }

    /// <summary>Whether DisposeAsync has returned.</summary>
    public bool HasLeft { get; private set; }

    /// <summary>Where it stands, if it is not done.</summary>
    public string Where => _isAsking ? "MoveNextAsync never returns" : "DisposeAsync never returns";

    public bool HasAsked => _asked > 0;

    // Of a ValueTask over a source of its own the continuation runs on the thread that completes it, as in earnest. That of a task may
    // be sent to the pool, where the explorer does not see it: it is to capture the explorer's context instead.

    /// <summary>The body of its thread.</summary>
    public void Run() => _ = RunAsync();

    private async Task RunAsync()
    {
        try
        {
            while (_items.Count < Wants)
            {
                _isAsking = true;
                _asked++;
                var hasItem = await Here(_enumerator.MoveNextAsync()).ConfigureAwait(false);
                _isAsking = false;
                HasSeenTheEnd = !hasItem;
                if (!hasItem)
                    break;
                WorkOn(_enumerator.Current);
            }
        }
        catch (Exception failure) when (failure is not ThreadInterruptedException)
        {
            Failure = failure;
            HasSeenTheEnd = true;
            _isAsking = false;
        }

        if (HasSeenTheEnd && !IsTakenAway)
            OnEnd(); // who is left may ask once more, and hears at once that nothing follows
        if (!IsTakenAway)
            await LeaveAsync().ConfigureAwait(true);
        IsDone = true;
    }

    /// <summary>DisposeAsync; also from another thread than the one that asks.</summary>
    public async Task LeaveAsync()
    {
        try
        {
            await Here(AsValue(_enumerator.DisposeAsync())).ConfigureAwait(true);
        }
        catch (Exception failure) when (failure is not ThreadInterruptedException)
        {
            LeavingFailure = failure;
        }

        HasLeft = true;
        OnEnd();
    }

    private void WorkOn(Item item)
    {
        _items.Add(item.Letters);
        if (NeedsLiveItems)
            Scene.Require(item.IsAlive, $"'{item}' is handed out after its source was disposed");
        Scene.Pause();
        if (NeedsLiveItems)
            Scene.Require(item.IsAlive, $"the source of '{item}' was disposed while the consumer was at work on it");
    }

    private ValueTask<bool> Here(ValueTask<bool> call)
    {
        if (!StaysOnItsThread || call.IsCompleted)
            return call;

        var task = call.AsTask();
        scene.WaitUntil(() => task.IsCompleted);
        return new ValueTask<bool>(task);
    }

    private static async ValueTask<bool> AsValue(ValueTask call)
    {
        await call.ConfigureAwait(true);
        return true;
    }
}
