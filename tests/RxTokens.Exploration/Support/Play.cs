namespace RxTokens.Exploration;

/// <summary>One operator, or a chain, between a source and a consumer, with something going on beside them; and what has to be true after it.</summary>
internal sealed class Play
{
    private const string Letters = "abcd";
    private const string Few = "abc";

    private readonly Scene _scene = new();
    private readonly Stage _stage;
    private readonly CancellationTokenSource _cancellation = new();
    private readonly string _letters;
    private Source? _pull;
    private PushSource? _push;
    private Operator _operator = null!;
    private Consumer _consumer = null!;
    private Exception? _expected;
    private Exception? _cleanUpFailure;
    private bool _isOfOne = true;
    private bool _isCancelled;
    private bool _isLeft;

    private Play(string letters)
    {
        _letters = letters;
        _stage = new Stage(_scene);
    }

    /// <summary>Nothing beside them: every letter arrives, or is dropped as announced.</summary>
    public static void Alone(Operator op) => Of(op).Run();

    /// <summary>The caller's token is cancelled, before, while or after the stream is at work.</summary>
    public static void Cancelled(Operator op) => Of(op).Cancel().Run();

    /// <summary>DisposeAsync is called while a read may be pending.</summary>
    public static void Left(Operator op) => Of(op, taken: true).Leave().Run();

    /// <summary>Somebody cancels and somebody leaves.</summary>
    public static void CancelledAndLeft(Operator op) => Of(op, taken: true).Cancel().Leave().Run();

    /// <summary>The consumer breaks.</summary>
    public static void Broken(Operator op) => Of(op, wants: 2).Run();

    /// <summary>The source fails at the end.</summary>
    public static void Fails(Operator op) => Of(op, failure: new InvalidDataException("the source failed")).Run();

    public static void FailsAndCancelled(Operator op) => Of(op, failure: new InvalidDataException("the source failed")).Cancel().Run();

    /// <summary>One of the awaited functions fails.</summary>
    public static void FunctionFails(Operator op, char letter) => Of(op).Failing(letter).Run();

    public static void FunctionFailsAndCancelled(Operator op, char letter) => Of(op).Failing(letter).Cancel().Run();

    /// <summary>The source's clean-up fails, which is told once: with the ending, or by DisposeAsync.</summary>
    public static void CleanUpFailsAndCancelled(Operator op) => Of(op, cleanUpFailure: new IOException("the clean-up failed")).Cancel().Run();

    public static void CleanUpFailsAndLeft(Operator op) => Of(op, taken: true, cleanUpFailure: new IOException("the clean-up failed")).Leave().Run();

    /// <summary>Items are not touched after their source is disposed, and it is not disposed while the consumer is at work on one.</summary>
    public static void Lends(Operator op) => Of(op, lends: true).Run();

    public static void LendsAndCancelled(Operator op) => Of(op, lends: true).Cancel().Run();

    public static void LendsAndLeft(Operator op) => Of(op, lends: true, wants: 2).Run();

    /// <summary>An operator over each other one, as the explorer chooses.</summary>
    public static void OverEach(PullOperator outer) => Over(outer).Run();

    public static void OverEachCancelled(PullOperator outer) => Over(outer).Cancel().Run();

    public static void OverEachLeft(PullOperator outer) => Over(outer, taken: true).Leave().Run();

    private static Play Over(PullOperator outer, bool taken = false)
    {
        var play = new Play(Few);
        var failure = play._scene.Choose(3) == 0 ? new InvalidDataException("the source failed") : null;
        var inner = Operators.All[play._scene.Choose(Operators.All.Length)];
        var both = new PullOperator(
            $"{outer} over {inner}", outer.Keeps & inner.Keeps, (stage, s) => outer.Apply(stage, inner.Apply(stage, s)))
        {
            Concurrency = outer.Concurrency + inner.Concurrency,
            MayStop = outer.MayStop,
            IsHasty = outer.IsHasty,
        };
        play._isOfOne = false;
        play.Open(both, failure, int.MaxValue, taken, lends: false);
        return play;
    }

    private static Play Of(Operator op, Exception? failure = null, int wants = int.MaxValue, bool taken = false, bool lends = false, Exception? cleanUpFailure = null)
    {
        var play = new Play(Letters) { _cleanUpFailure = cleanUpFailure };
        play.Open(op, failure, wants, taken, lends);
        return play;
    }

    private void Open(Operator op, Exception? failure, int wants, bool taken, bool lends)
    {
        _operator = op;
        _expected = failure;
        IAsyncEnumerable<Item> stream;
        if (op is PullOperator pull)
        {
            _pull = new Source(_scene, _letters) { Failure = failure, CleanUpFailure = _cleanUpFailure };
            stream = pull.Apply(_stage, _pull);
            _scene.Start(_pull.Land);
            _scene.Start(_stage.Functions.Land);
        }
        else
        {
            _push = new PushSource(_scene, _letters) { Failure = failure };
            stream = ((PushOperator)op).Apply(_stage, _push);
            _scene.Start(_push.Push);
        }

        _consumer = new Consumer(_scene, stream, _cancellation.Token)
        {
            Wants = wants,
            IsTakenAway = taken,
            NeedsLiveItems = lends,
            OnEnd = op is PullOperator { IsHasty: true } ? static () => { } : RequireSettled,
        };
        _scene.Start(_consumer.Run);
    }

    private Play Cancel()
    {
        _isCancelled = true;
        _scene.Start(() =>
        {
            WaitForAMoment();
            _cancellation.Cancel();
        });
        return this;
    }

    private Play Leave()
    {
        _isLeft = true;
        _scene.Start(() =>
        {
            WaitForAMoment();
            _ = _consumer.LeaveAsync();
        });
        return this;
    }

    /// <summary>Before the start, during it, while a certain item is on its way, or after the end: a thread that just begins is nearly always too early.</summary>
    private void WaitForAMoment()
    {
        var moment = _scene.Choose(_letters.Length + 3);
        _scene.WaitUntil(() => moment == 0 || (_consumer.HasAsked && (_pull?.Reads ?? _push!.Sent.Length) >= moment - 1));
    }

    private Play Failing(char letter)
    {
        _stage.Functions.FailsAt = letter;
        _expected = _stage.Functions.Failure;
        return this;
    }

    private void Run()
    {
        _scene.Play();
        RequireAnEnd();
        RequireItems();
    }

    private string Sent => _pull?.Sent ?? _push!.Sent;

    private string Story =>
        $" ({_operator}: sent '{Sent}' of '{_letters}', got '{string.Join('|', _consumer.Items)}', dropped '{_stage.Dropped}', "
        + $"ended: {_consumer.HasSeenTheEnd}, failure: {_consumer.Failure?.Message}, at leaving: {_consumer.LeavingFailure?.Message})";

    private void Require(bool condition, string what) => Scene.Require(condition, condition ? "" : what + Story);

    private void RequireSettled()
    {
        Require(_pull?.IsSettled ?? true, "the end is told before the source is disposed");
        Require(_stage.IsSettled, "the end is told before the other source is disposed, or the quota has everything back");
        Require(_push?.IsSettled ?? true, "the end is told before the source is unsubscribed from");
        Require(_stage.Functions.Running == 0, "the end is told before the functions have ended");
    }

    private void RequireAnEnd()
    {
        Require(_consumer.IsDone, _consumer.Where);
        Require(!_isLeft || _consumer.HasLeft, "DisposeAsync never returns");
        RequireSettled();
        Require(_consumer.LeavingFailure is null || TellsOfTheCleanUp(_consumer.LeavingFailure) || MayBeToldLate(_consumer.LeavingFailure), "DisposeAsync throws " + _consumer.LeavingFailure);
        if (_cleanUpFailure is not null && _pull!.Enumerations > 0)
            Require(TellsOfTheCleanUp(_consumer.Failure) != TellsOfTheCleanUp(_consumer.LeavingFailure), "the clean-up's failure is not told once");
        switch (_consumer.Failure)
        {
            case null:
                Require(!_consumer.HasSeenTheEnd || _isLeft || MayStop || (_expected is null && Sent == _letters), "what was cut off looks complete");
                break;

            case OperationCanceledException cancelled:
                Require(_isCancelled && cancelled.CancellationToken == _cancellation.Token, "a cancellation that is not the caller's");
                break;

            case BackpressureException or TimeoutException or TokenQuotaExceededException:
                Require((_operator.Keeps & Keeps.Peace) == 0, "an overflow, or a time limit");
                break;

            case AggregateException { InnerExceptions: [TimeoutException, var late] } when MayBeToldLate(late) || late is BackpressureException:
                Require((_operator.Keeps & Keeps.Peace) == 0, "a time limit");
                break;

            default:
                Require(_consumer.Failure == _expected || TellsOfTheCleanUp(_consumer.Failure), "another failure: " + _consumer.Failure);
                break;
        }
    }

    /// <summary>
    /// A read that was abandoned and fails all the same counts as a part of the clean-up, for that of an iterator is one; and what a function
    /// fails with is told by DisposeAsync where nobody has asked for it. So is an overflow that happened while an operator waited for something else.
    /// </summary>
    private bool MayBeToldLate(Exception? failure) =>
        failure is not null && ((failure is BackpressureException && !Promises(Keeps.Peace)) || failure == _pull?.Failure || failure == _stage.Functions.Failure || failure == Breaking.Failure);

    private bool TellsOfTheCleanUp(Exception? failure) =>
        failure is not null && (failure == _cleanUpFailure || (failure is AggregateException several && several.InnerExceptions.Contains(_cleanUpFailure!)));

    private void RequireItems()
    {
        var got = _consumer.Letters;
        var dropped = _stage.Dropped;
        Require(got.Concat(dropped).Distinct().Count() == got.Length + dropped.Length, "a letter twice");
        Require(got.Concat(dropped).All(Sent.Contains), "a letter that nobody sent");
        Require(!Promises(Keeps.Order) || got.SequenceEqual(got.Order()), "out of order");
        Require(_stage.Functions.MostRunning <= Concurrency, $"{_stage.Functions.MostRunning} functions at once");

        // Of what was cut off, nothing is missing in between.
        if (Promises(Keeps.All | Keeps.Order))
            Require(Sent.StartsWith(got, StringComparison.Ordinal), "a letter is missing");

        // Each that was read is either told or given back; but for what others, behind it, keep to themselves.
        if (_operator == Operators.Detach && _consumer.HasSeenTheEnd)
            Require(got + dropped == Sent, "a letter is neither told nor given back");

        // What was read is charged, whether somebody got it or not, as far as there is enough.
        if (_stage.Quota is { } quota && _isOfOne)
            Require(quota.Charged == Math.Min(Sent.Length, quota.Limit), $"{quota.Charged} tokens are charged");

        if (!_consumer.HasSeenTheEnd || _isLeft || _consumer.Failure is OperationCanceledException or BackpressureException or TimeoutException or TokenQuotaExceededException
            or AggregateException { InnerExceptions: [TimeoutException, ..] })
        {
            return;
        }

        if (MayStop)
        {
            Require(!_isOfOne || got == Sent, "a letter that was read is not told");
            return;
        }

        if (_stage.Functions.FailsAt is var letter and not default(char))
        {
            Require(!Promises(Keeps.Order) || got == _letters[.._letters.IndexOf(letter)], "not all that came before the failure");
            return;
        }

        Require(got.Length + dropped.Length == _letters.Length, "a letter got lost");
        Require(!Promises(Keeps.All) || dropped.Length == 0, "a letter was dropped");
        Require(!Promises(Keeps.Newest) || got.Contains(_letters[^1]), "the newest was dropped");
        Require(!Promises(Keeps.Oldest) || got.Contains(_letters[0]), "the oldest was dropped");
    }

    private int Concurrency => (_operator as PullOperator)?.Concurrency ?? 0;

    private bool MayStop => (_operator as PullOperator)?.MayStop ?? false;

    private bool IsHasty => (_operator as PullOperator)?.IsHasty ?? false;

    private bool Promises(Keeps promise) => (_operator.Keeps & promise) == promise;
}
