namespace RxTokens;

/// <summary>What a test declares for a time, put on the clock in the order that belongs to a frame: leave, come, ask, speak.</summary>
internal sealed class Agenda(Timeline timeline)
{
    /// <summary>The lane of what opens and closes windows: it comes before all else in an instant, also when orders are explored.</summary>
    public static readonly object Windows = new();

    private readonly List<(TimeSpan Time, Action Action)> _unsubscriptions = [];
    private readonly List<(TimeSpan Time, Action Action)> _subscriptions = [];
    private readonly List<(TimeSpan Time, object Lane, string Name, Action Action)> _requests = [];
    private readonly List<Action> _hotSources = [];

    public void Unsubscribe(TimeSpan time, Action action) => _unsubscriptions.Add((time, action));

    public void Subscribe(TimeSpan time, Action action) => _subscriptions.Add((time, action));

    public void Request(TimeSpan time, object lane, string name, Action action) => _requests.Add((time, lane, name, action));

    public void Arm(Action hotSource) => _hotSources.Add(hotSource);

    public void Schedule()
    {
        foreach (var (time, action) in Taken(_unsubscriptions))
            timeline.At(time, Windows, "unsubscription", action);
        foreach (var (time, action) in Taken(_subscriptions))
            timeline.At(time, Windows, "subscription", action);
        foreach (var (time, lane, name, action) in Taken(_requests))
            timeline.At(time, lane, name, action);
        foreach (var arm in Taken(_hotSources))
            arm();
    }

    private static List<T> Taken<T>(List<T> list)
    {
        if (list.Count == 0)
            return list;

        var taken = list.ToList();
        list.Clear();
        return taken;
    }
}
