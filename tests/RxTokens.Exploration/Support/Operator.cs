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
}

internal sealed record PushOperator(string Name, Keeps Keeps, Func<Stage, IObservable<Item>, IAsyncEnumerable<Item>> Apply)
    : Operator(Name, Keeps);

/// <summary>Where an operator is at work: what it drops, and the functions it awaits.</summary>
internal sealed class Stage(Scene scene)
{
    private readonly List<string> _dropped = [];

    public Functions Functions { get; } = new(scene);

    public string Dropped => string.Concat(_dropped);

    /// <summary>A timer that rings from now on.</summary>
    public Timer StartTimer()
    {
        var timer = new Timer(scene);
        scene.Start(timer.Ring);
        return timer;
    }

    public void Drop(Item item) => _dropped.Add(item.Letters);
}
