using System.Threading.Tasks.Sources;

namespace RxTokens.Stress;

/// <summary>The last function fails just when the source says that it has ended: the failure must not get lost between the two.</summary>
public sealed class LastFailureRaces
{
    [TestCase(true)]
    [TestCase(false)]
    public void AFunctionThatFailsAtTheSourcesEnd_FailsTheStream(bool ordered)
    {
        // How long a failure takes, in turns of the source's loop: its end is put somewhere into that time.
        var time = 4000;
        Lockstep.Run(TimeSpan.FromSeconds(2), spins: 1, random =>
        {
            var work = new Work();
            var source = new OneItem(random.Next(time / 2, time + (time / 4))) { HasFailed = () => work.HasFailed };
            var consumer = new LeanConsumer<int>(source.SelectAwait((_, _) => work.Task, 2, ordered ? AwaitOrder.Source : AwaitOrder.Completion));
            return new Lockstep.Try(
                meeting =>
                {
                    source.AtTheEnd = meeting.Now;
                    consumer.Run();
                },
                () => work.Fail(new IOException("the function")),
                () => consumer.HasEnded,
                () =>
                {
                    time = Math.Clamp(time + (source.EndsLate ? -time / 50 : time / 50), 20, 30_000);
                    Assert.That(consumer.Error, Is.TypeOf<IOException>(), "the only function failed");
                    Assert.That(consumer.Items, Is.Empty);
                    Assert.That(source.Disposals, Is.EqualTo(1));
                });
        });
    }

    private sealed class Work : IValueTaskSource<int>
    {
        private ManualResetValueTaskSourceCore<int> _promise;
        private volatile bool _hasFailed;

        public ValueTask<int> Task => new(this, _promise.Version);

        public bool HasFailed => _hasFailed;

        public void Fail(Exception failure)
        {
            _promise.SetException(failure);
            _hasFailed = true;
        }

        int IValueTaskSource<int>.GetResult(short token) => _promise.GetResult(token);

        ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _promise.GetStatus(token);

        void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _promise.OnCompleted(continuation, state, token, flags);
    }

    private sealed class OneItem(int spins) : IAsyncEnumerable<int>, IAsyncEnumerator<int>
    {
        private int _reads;
        private volatile int _disposals;

        public Action AtTheEnd { get; set; } = static () => { };

        public Func<bool> HasFailed { get; init; } = static () => false;

        /// <summary>Whether the function had failed before.</summary>
        public bool EndsLate { get; private set; }

        public int Disposals => _disposals;

        public int Current => 1;

        public IAsyncEnumerator<int> GetAsyncEnumerator(CancellationToken cancellationToken = default) => this;

        public ValueTask<bool> MoveNextAsync()
        {
            if (_reads++ == 0)
                return new ValueTask<bool>(true);

            AtTheEnd();
            for (var i = 0; i < spins; i++)
                Volatile.Read(ref spins);
            EndsLate = HasFailed();
            return new ValueTask<bool>(false);
        }

        public ValueTask DisposeAsync()
        {
            _disposals++;
            return default;
        }
    }
}
