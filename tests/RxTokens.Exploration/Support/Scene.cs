using Microsoft.Coyote.Random;
using Microsoft.Coyote.Runtime;
using Microsoft.Coyote.Specifications;

namespace RxTokens.Exploration;

/// <summary>
/// The threads of one schedule. The explorer lets one of them run at a time, and decides at every scheduling point who goes on.
/// </summary>
internal sealed class Scene
{
    private readonly List<Actor> _actors = [];
    private readonly Generator _chance = Generator.Create();
    private readonly Queue<Action> _posted = [];
    private bool _isOver;

    private sealed class Actor(ulong id)
    {
        public readonly ulong Id = id;
        public bool IsDone;
        public Func<bool>? WaitsFor;

        public bool Waits => WaitsFor is { } condition && !condition();
    }

    public Scene() => ExploredPool.Post = (continuation, state) => Post(() => continuation(state));

    [ThreadStatic]
    private static Actor? _self;

    /// <summary>A choice that the explorer makes, and repeats in a replay.</summary>
    public int Choose(int count) => _chance.NextInteger(count);

    public bool Toss() => _chance.NextBoolean();

    public static void Require(bool condition, string what) => Specification.Assert(condition, "{0}", what);

    /// <summary>A place where another thread may be let in.</summary>
    public static void Pause() => SchedulingPoint.Interleave();

    public void Start(Action body)
    {
        var actor = new Actor(Operation.CreateNext()!.Value);
        _actors.Add(actor);
        Operation.Start(actor.Id);
        new Thread(() => Run(actor, body)) { IsBackground = true }.Start();
    }

    private static void Run(Actor actor, Action body)
    {
        try
        {
            _self = actor;
            Operation.OnStarted(actor.Id);
            try
            {
                body();
            }
            catch (Exception failure) when (failure is not ThreadInterruptedException)
            {
                Require(false, "a thread ended with " + failure);
            }

            actor.IsDone = true;
            Operation.OnCompleted();
            Operation.ScheduleNext(); // somebody else's turn
        }
        catch (ThreadInterruptedException)
        {
            // The explorer has seen enough of this schedule.
        }
    }

    /// <summary>Lets the others go on until the condition holds. On a thread of the explorer's own, which is no actor here, it has to come to that.</summary>
    /// <returns>False: it never will, since nothing happens any more.</returns>
    public bool WaitUntil(Func<bool> condition)
    {
        var self = _self;
        if (self is not null)
            self.WaitsFor = condition;
        Operation.PauseUntil(() => condition() || _isOver);
        if (self is not null)
            self.WaitsFor = null;
        return condition();
    }

    /// <summary>To be done on the pool, which has one thread.</summary>
    public void Post(Action work) => _posted.Enqueue(work);

    private void WorkOnThePool()
    {
        while (WaitUntil(() => _posted.Count > 0))
            _posted.Dequeue()();
    }

    /// <summary>Lets all that was started come to its end, with all that follows from it. More may be started after.</summary>
    public void Play()
    {
        Start(WorkOnThePool);
        WaitUntilQuiet();
        _isOver = true;
        WaitUntilQuiet();
        _isOver = false;
        _actors.Clear();
    }

    // The explorer makes an operation of each continuation; it numbers them, and a number that was asked for is nobody's.
    private void WaitUntilQuiet()
    {
        ulong joined = 0;
        while (true)
        {
            var next = Operation.GetNextId()!.Value;
            for (var id = joined + 1; id < next; id++)
            {
                if (!_actors.Exists(a => a.Id == id))
                    Operation.PauseUntilCompleted(id);
            }

            Operation.PauseUntil(() => _actors.TrueForAll(a => a.IsDone || (a.Waits && !_isOver)));
            if (next == joined + 1)
                return;
            joined = next;
        }
    }
}
