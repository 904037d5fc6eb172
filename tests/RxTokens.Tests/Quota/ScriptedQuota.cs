namespace RxTokens.Tests;

/// <summary>A quota as it might be behind a network: it answers when it is told to, fails when it is told to, and lists what it was asked.</summary>
internal sealed class ScriptedQuota(ITokenQuota inner) : ITokenQuota
{
    private readonly Queue<Action> _waiting = new();

    public TimeProvider TimeProvider => inner.TimeProvider;

    /// <summary>Whether the call with this number, from 1, has to wait for <see cref="Answer"/>. The call is made when it is answered.</summary>
    public Func<int, bool> Waits { get; set; } = _ => false;

    /// <summary>What the call with this number fails with.</summary>
    public Func<int, Exception?> Fails { get; set; } = _ => null;

    /// <summary>For example <c>+3/1</c>: begin, charge 3 and hold 1; or <c>7/0</c>: settle.</summary>
    public List<string> Calls { get; } = [];

    public ValueTask<TokenReservation> ReserveAsync(string user, long charge, long hold) => Call($"+{charge}/{hold}", () => inner.ReserveAsync(user, charge, hold));

    public ValueTask<TokenReservation> SettleAsync(TokenReservation reservation, long charge, long hold) =>
        Call($"{charge}/{hold}", () => inner.SettleAsync(reservation, charge, hold));

    /// <summary>Answers the call that has waited for longest.</summary>
    public void Answer() => _waiting.Dequeue()();

    /// <summary>Answers what waits, and from now on everything at once.</summary>
    public void AnswerAll()
    {
        Waits = _ => false;
        while (_waiting.TryDequeue(out var answer))
            answer();
    }

    private ValueTask<TokenReservation> Call(string call, Func<ValueTask<TokenReservation>> make)
    {
        Calls.Add(call);
        var number = Calls.Count;
        if (Fails(number) is { } failure && !Waits(number))
            throw failure;
        if (!Waits(number))
            return make();

        var answer = new TaskCompletionSource<TokenReservation>();
        _waiting.Enqueue(() =>
        {
            if (Fails(number) is { } late)
                answer.SetException(late);
            else
                answer.SetFromTask(make().AsTask());
        });
        return new(answer.Task);
    }
}
