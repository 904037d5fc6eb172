namespace RxTokens.Exploration;

/// <summary>What an operator promises about its items. A chain promises what each of its operators does: the intersection.</summary>
[Flags]
internal enum Keeps
{
    Nothing = 0,

    /// <summary>What arrives is in the order in which it was sent.</summary>
    Order = 1,

    /// <summary>Nothing is dropped.</summary>
    All = 2,

    /// <summary>The first item arrives.</summary>
    Oldest = 4,

    /// <summary>The last item arrives.</summary>
    Newest = 8,

    /// <summary>There is no failure of its own.</summary>
    Peace = 16,

    Everything = Order | All | Oldest | Newest | Peace,
}

/// <summary>An operator of the library, as the scenarios see it: from letters to letters.</summary>
internal abstract record Operator(string Name, Keeps Keeps)
{
    public sealed override string ToString() => Name;
}

internal sealed record PullOperator(string Name, Keeps Keeps, Func<Stage, IAsyncEnumerable<Item>, IAsyncEnumerable<Item>> Apply)
    : Operator(Name, Keeps)
{
    /// <summary>How many functions it may have in work; 0: it has none.</summary>
    public int Concurrency { get; init; }

    /// <summary>Whether it may complete before its source, with all that was read.</summary>
    public bool MayStop { get; init; }

    /// <summary>Whether the end may come before the source is disposed; it is disposed all the same.</summary>
    public bool IsHasty { get; init; }
}

internal sealed record PushOperator(string Name, Keeps Keeps, Func<Stage, IObservable<Item>, IAsyncEnumerable<Item>> Apply)
    : Operator(Name, Keeps);

/// <summary>Where an operator is at work: what it drops, and the functions it awaits.</summary>
internal sealed class Stage(Scene scene)
{
    private readonly List<string> _dropped = [];
    private readonly List<Silent> _silent = [];
    private readonly List<Doomed> _doomed = [];

    public Functions Functions { get; } = new(scene);

    public string Dropped => string.Concat(_dropped);

    /// <summary>The quota that is charged, if there is one.</summary>
    public DistantQuota? Quota { get; private set; }

    /// <summary>Whether the streams that say nothing are disposed, and nothing is held of a quota.</summary>
    public bool IsSettled => _silent.All(static stream => stream.IsSettled) && _doomed.All(static stream => stream.IsSettled) && Quota is null or { IsSettled: true };

    /// <summary>A stream that says nothing until it is cancelled.</summary>
    public Silent Silent()
    {
        _silent.Add(new Silent(scene));
        return _silent[^1];
    }

    /// <summary>A stream that fails before its first item.</summary>
    public Doomed StartDoomed()
    {
        var doomed = new Doomed(scene);
        _doomed.Add(doomed);
        scene.Start(doomed.Fail);
        return doomed;
    }

    /// <summary>A timer that rings from now on.</summary>
    public Timer StartTimer()
    {
        var timer = new Timer(scene);
        scene.Start(timer.Ring);
        return timer;
    }

    /// <summary>A scheduler all of whose timers ring, in their turn.</summary>
    public Ticks StartTicks()
    {
        var ticks = new Ticks(scene);
        scene.Start(ticks.Ring);
        return ticks;
    }

    /// <summary>A quota whose answers and renewals come on threads of their own.</summary>
    public DistantQuota StartQuota(int limit)
    {
        var leases = new Leases(scene);
        Quota = new DistantQuota(scene, leases, limit);
        scene.Start(leases.Ring);
        scene.Start(Quota.Land);
        return Quota;
    }

    /// <summary>Opens and closes.</summary>
    public Switch StartSwitch()
    {
        var isOpen = new Switch(scene);
        scene.Start(isOpen.Turn);
        return isOpen;
    }

    /// <summary>A scheduler one of whose timers rings, wanted or not.</summary>
    public Deadlines StartDeadlines()
    {
        var deadlines = new Deadlines(scene);
        scene.Start(deadlines.Ring);
        return deadlines;
    }

    /// <summary>A token that is cancelled at some time, from a thread of its own.</summary>
    public CancellationToken StartStop()
    {
        var stop = new CancellationTokenSource();
        scene.Start(() =>
        {
            for (var pauses = scene.Choose(40); pauses > 0; pauses--)
                Scene.Pause();
            stop.Cancel();
        });
        return stop.Token;
    }

    /// <summary>What must not be told: failures of what nobody has broken.</summary>
    public void Fail(Exception failure) => Scene.Require(failure is InvalidDataException, "an orphan fails with " + failure);

    public void Drop(Item item) => _dropped.Add(item.Letters);
}
