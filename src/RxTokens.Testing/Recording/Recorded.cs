using System.Reactive;

namespace RxTokens;

/// <summary>A stream that tells what is read through it, and when, before it passes it on.</summary>
internal sealed class Recorded<T>(IAsyncEnumerable<T> source, TimeProvider clock, Action begin, Action<Marble<T>> write) : IAsyncEnumerable<T>
{
    private int _enumerations;

    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default) => new Enumerator(this, cancellationToken);

    private void Begin()
    {
        if (Interlocked.Increment(ref _enumerations) > 1)
            throw new InvalidOperationException("A recording is of one enumeration, and this is another: call RecordTo again, with a writer of its own.");

        begin();
    }

    private IAsyncEnumerator<T> Enumerate(CancellationToken cancellationToken) => source.GetAsyncEnumerator(cancellationToken);

    private void Write(Marble<T> marble) => write(marble);

    private long Timestamp() => clock.GetTimestamp();

    private TimeSpan ElapsedSince(long start) => clock.GetElapsedTime(start);

    private sealed class Enumerator(Recorded<T> stream, CancellationToken cancellationToken) : IAsyncEnumerator<T>
    {
        private IAsyncEnumerator<T>? _items;
        private long _start;
        private TimeSpan _last;
        private bool _hasBegun;
        private bool _isOver;

        /// <summary>Whether nothing more may be written: a line has failed half way, or the recording is another enumeration's.</summary>
        private bool _isClosed = true;

        public T Current { get; private set; } = default!;

        public async ValueTask<bool> MoveNextAsync()
        {
            if (_isOver)
                return false;

            try
            {
                if (!_hasBegun)
                    Begin();
                if (await _items!.MoveNextAsync().ConfigureAwait(false))
                {
                    var time = Time();
                    Current = _items.Current;
                    Write(new Marble<T>(time, Notification.CreateOnNext(Current)));
                    return true;
                }

                var end = Time();
                await DisposeAsync().ConfigureAwait(false);
                Write(new Marble<T>(end, Notification.CreateOnCompleted<T>()));
                return false;
            }
            catch (Exception failure)
            {
                if (await FailAsync(failure, Time()).ConfigureAwait(false) is { } all)
                    throw all;
                throw;
            }
        }

        public ValueTask DisposeAsync()
        {
            _isOver = true;
            var items = _items;
            _items = null;
            return items?.DisposeAsync() ?? default;
        }

        private void Begin()
        {
            _hasBegun = true;
            _start = stream.Timestamp();
            stream.Begin();
            _isClosed = false;
            _items = stream.Enumerate(cancellationToken);
        }

        private void Write(Marble<T> marble)
        {
            _isClosed = true;
            stream.Write(marble);
            _isClosed = false;
        }

        /// <summary>Disposes, writes the failure, and returns all failures if more than this one came of it.</summary>
        private async ValueTask<AggregateException?> FailAsync(Exception failure, TimeSpan time)
        {
            var failures = new List<Exception> { failure };
            try
            {
                await DisposeAsync().ConfigureAwait(false);
            }
            catch (Exception cleanUp)
            {
                failures.Add(cleanUp);
            }

            if (!_isClosed && !(failure is OperationCanceledException && cancellationToken.IsCancellationRequested))
            {
                try
                {
                    Write(new Marble<T>(time, Notification.CreateOnError<T>(failures.Count == 1 ? failure : new AggregateException(failures))));
                }
                catch (Exception writing)
                {
                    failures.Add(writing);
                }
            }

            return failures.Count == 1 ? null : new AggregateException(failures);
        }

        /// <summary>A clock that goes back would make a recording that cannot be read.</summary>
        private TimeSpan Time() => _last = _hasBegun && stream.ElapsedSince(_start) is var now && now > _last ? now : _last;
    }
}
