namespace RxTokens.Exploration;

/// <summary>Asynchronous functions over letters: each returns at once, or on the thread that runs <see cref="Land"/>, in any order.</summary>
internal sealed class Functions(Scene scene)
{
    private readonly List<Call> _calls = [];

    private sealed record Call(Item Item, Landing<Item> Result);

    /// <summary>The letter whose function fails.</summary>
    public char FailsAt { get; set; }

    public Exception Failure { get; } = new FormatException("the function failed");

    public int Running { get; private set; }

    public int MostRunning { get; private set; }

    /// <summary>Whether functions return at once; null: as chance has it.</summary>
    public bool? AreReady { get; set; }

    /// <summary>Whether a function that waits gives way to its token.</summary>
    public bool ObeyTheirToken { get; } = scene.Toss();

    public ValueTask<Item> Select(Item item, CancellationToken cancellationToken)
    {
        MostRunning = Math.Max(MostRunning, ++Running);
        Scene.Pause();
        if (AreReady ?? scene.Toss())
        {
            Running--;
            return Fails(item) ? throw Failure : new ValueTask<Item>(item);
        }

        var call = new Call(item, new Landing<Item>(scene));
        _calls.Add(call);
        if (ObeyTheirToken)
            cancellationToken.UnsafeRegister(_ => GiveWay(call, cancellationToken), null);
        return call.Result.Task;
    }

    /// <summary>The body of the thread on which functions return.</summary>
    public void Land()
    {
        while (scene.WaitUntil(() => _calls.Count > 0))
        {
            var call = _calls[scene.Choose(_calls.Count)];
            _calls.Remove(call);
            Running--;
            if (Fails(call.Item))
                call.Result.SetException(Failure);
            else
                call.Result.SetResult(call.Item);
        }
    }

    private bool Fails(Item item) => item.Letters[0] == FailsAt;

    private void GiveWay(Call call, CancellationToken cancellationToken)
    {
        if (!_calls.Remove(call))
            return;

        Running--;
        call.Result.SetException(new OperationCanceledException(cancellationToken));
    }
}
