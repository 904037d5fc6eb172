using System.Threading.Tasks.Sources;

namespace RxTokens.Stress;

/// <summary>
/// An item that lands just when the consumer asks, where there is room for one: the consumer takes it by itself, and whoever brought it
/// found no room. The room that the consumer makes must not go unnoticed, or the source rests until the next request.
/// </summary>
public sealed class ReadAheadRaces
{
    [Test]
    public void ABufferOfOne_WhoseItemMeetsTheRequest_IsFilledAgain() => Run(source => source.Buffered(1));

    [Test]
    public void TextOfOneCharacter_WhichMeetsTheRequest_IsFollowedByTheNextRead() => Run(source => source.Conflate(maxChars: 1));

    private static void Run(Func<SteppedSource, IAsyncEnumerable<string>> operate) => Race.Run(20, (referee, random) =>
    {
        const int count = 2000;
        var source = new SteppedSource();
        var consumer = operate(source).GetAsyncEnumerator();
        var first = consumer.MoveNextAsync();
        source.Complete();
        Assert.That(first.Result);
        var (asked, completed, done) = (0, 0, false);

        return new Round(
            [
                () =>
                {
                    for (var n = 1; n <= count && referee.Violations.Count == 0; n++)
                    {
                        var reads = source.Reads;
                        var spin = random.Next(40);
                        Volatile.Write(ref asked, n);
                        Thread.SpinWait(spin);
                        var answer = consumer.MoveNextAsync();
                        Await(() => Volatile.Read(ref completed) == n);

                        // Both are at rest: who would read, has.
                        if (!answer.IsCompleted || !answer.Result)
                            referee.Violate($"item {n} does not arrive");
                        if (source.Reads != reads + 1)
                            referee.Violate($"item {n} is not followed by a read");
                    }

                    Volatile.Write(ref done, true);
                },
                () =>
                {
                    var delays = new Random(7);
                    for (var n = 1; Await(() => Volatile.Read(ref asked) == n || Volatile.Read(ref done)) && !Volatile.Read(ref done); n++)
                    {
                        Thread.SpinWait(delays.Next(40));
                        source.Complete();
                        Volatile.Write(ref completed, n);
                    }
                },
            ],
            () => true,
            () => Assert.That(consumer.DisposeAsync().IsCompleted, Is.False, "a read is pending"),
            () => $"{source.Reads} reads");
    });

    /// <summary>Looks often before it lets others run, so that both set out at the same instant.</summary>
    private static bool Await(Func<bool> condition)
    {
        for (var looks = 1; !condition(); looks++)
        {
            if (looks % 1000 == 0)
                Thread.Yield();
        }

        return true;
    }

    /// <summary>A source each of whose reads waits until it is completed.</summary>
    private sealed class SteppedSource : IAsyncEnumerable<string>, IAsyncEnumerator<string>, IValueTaskSource<bool>
    {
        private ManualResetValueTaskSourceCore<bool> _promise;
        private volatile int _reads;

        public int Reads => _reads;

        public string Current => "a";

        public IAsyncEnumerator<string> GetAsyncEnumerator(CancellationToken cancellationToken = default) => this;

        public ValueTask<bool> MoveNextAsync()
        {
            _promise.Reset();
            _reads++;
            return new ValueTask<bool>(this, _promise.Version);
        }

        public void Complete() => _promise.SetResult(true);

        public ValueTask DisposeAsync() => default;

        bool IValueTaskSource<bool>.GetResult(short token) => _promise.GetResult(token);

        ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _promise.GetStatus(token);

        void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _promise.OnCompleted(continuation, state, token, flags);
    }
}
