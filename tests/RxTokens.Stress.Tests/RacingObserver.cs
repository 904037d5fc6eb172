namespace RxTokens.Stress;

/// <summary>An observer that takes its time, and reports signals that overlap or follow the ending.</summary>
public sealed class RacingObserver(Referee referee) : IObserver<int>
{
    private int _inside;
    private int _endings;

    public List<int> Items { get; } = [];

    /// <summary>How many items it has, for other threads.</summary>
    public int Count { get; private set; }

    public Exception? Error { get; private set; }

    public bool HasEnded => Volatile.Read(ref _endings) > 0;

    /// <summary>Called with each item.</summary>
    public Action<int>? OnItem { get; init; }

    /// <summary>Called with the ending.</summary>
    public Action? OnEnding { get; init; }

    public void OnNext(int value)
    {
        Enter();
        Items.Add(value);
        Thread.SpinWait(value % 7);
        OnItem?.Invoke(value);
        Leave();
        Count++;
    }

    public void OnError(Exception error)
    {
        Error = error;
        End();
    }

    public void OnCompleted() => End();

    public override string ToString() => $"observer: {Items.Count} items, ended: {HasEnded}, error: {Error?.Message}";

    private void End()
    {
        Enter();
        OnEnding?.Invoke();
        Leave();
        referee.Require(Interlocked.Increment(ref _endings) == 1, "a second ending");
    }

    private void Enter()
    {
        referee.Require(Interlocked.Exchange(ref _inside, 1) == 0, "a signal during a signal");
        referee.Require(!HasEnded, "a signal after the ending");
    }

    private void Leave() => Volatile.Write(ref _inside, 0);
}
