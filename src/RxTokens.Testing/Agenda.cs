namespace RxTokens;

/// <summary>
/// What a test declares for a time, put on the clock in the order that belongs to a frame: leave, come, ask, speak. It waits for
/// the run to begin, so that a foreign clock, which knows no phases, gets it in that order.
/// </summary>
internal sealed class Agenda(Timeline timeline)
{
    /// <summary>The lane of what opens and closes windows: it comes before all else in an instant, also when orders are explored.</summary>
    public static readonly object Windows = new();

    private readonly List<(Phase Phase, Action Schedule)> _declared = [];
    private bool _isRunning;

    public void Unsubscribe(TimeSpan time, Action action) => Declare(Phase.Leave, () => timeline.At(time, Windows, "unsubscription", action, Phase.Leave));

    public void Subscribe(TimeSpan time, Action action) => Declare(Phase.Come, () => timeline.At(time, Windows, "subscription", action, Phase.Come));

    public void Request(TimeSpan time, object lane, string name, Action action) => Declare(Phase.Ask, () => timeline.At(time, lane, name, action, Phase.Ask));

    public void Arm(Action hotSource) => Declare(Phase.Speak, hotSource);

    /// <summary>The run begins: from now on what is declared goes on the clock at once.</summary>
    public void Begin()
    {
        _isRunning = true;
        foreach (var (_, schedule) in _declared.OrderBy(d => d.Phase))
            schedule();
        _declared.Clear();
    }

    private void Declare(Phase phase, Action schedule)
    {
        if (_isRunning)
            schedule();
        else
            _declared.Add((phase, schedule));
    }
}
