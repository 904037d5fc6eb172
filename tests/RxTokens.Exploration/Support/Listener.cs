namespace RxTokens.Exploration;

/// <summary>An observer that records, and reports what Rx's grammar forbids.</summary>
internal sealed class Listener : IObserver<Item>
{
    private bool _isInside;

    public Action<Item> OnItem { get; set; } = static _ => { };

    public Action<Exception> OnFailure { get; set; } = static _ => { };

    public string Letters { get; private set; } = "";

    public bool HasEnded { get; private set; }

    public Exception? Failure { get; private set; }

    public void OnNext(Item value)
    {
        Enter("OnNext");
        Letters += value.Letters;
        Scene.Require(value.IsAlive, $"'{value}' is handed out after its source was disposed");
        Scene.Pause();
        Scene.Require(value.IsAlive, $"the source of '{value}' was disposed while the observer was at work on it");
        _isInside = false;
        OnItem(value);
    }

    public void OnError(Exception error)
    {
        Enter("OnError");
        HasEnded = true;
        Failure = error;
        _isInside = false;
        OnFailure(error);
    }

    public void OnCompleted()
    {
        Enter("OnCompleted");
        HasEnded = true;
        _isInside = false;
    }

    public override string ToString() => $"'{Letters}', ended: {HasEnded}, failure: {Failure?.Message}";

    private void Enter(string call)
    {
        Scene.Require(!_isInside, call + " during another call");
        Scene.Require(!HasEnded, call + " after the end");
        _isInside = true;
    }
}
