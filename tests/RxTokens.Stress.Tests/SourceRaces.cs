using System.Threading.Channels;

namespace RxTokens.Stress;

/// <summary>Sources against whoever cancels or leaves at any moment. What counts is which items, not only how many.</summary>
public sealed class SourceRaces
{
    private const int Rounds = 20_000;
    private const int Count = 12;

    [TestCase(true)]
    [TestCase(false)]
    public void FromChannel_AgainstAWriterAndWhoeverStops_LosesNothing(bool cancels) => Race.Run(Rounds, (_, random) =>
    {
        var channel = Channel.CreateBounded<int>(new BoundedChannelOptions(Count) { AllowSynchronousContinuations = random.Next(2) == 0 });
        var ready = random.Next(3) == 0 ? Count : random.Next(Count);
        for (var i = 0; i < ready; i++)
            channel.Writer.TryWrite(i);
        var cancellation = new CancellationTokenSource();
        var consumer = new RacingConsumer<int>(TokenStream.FromChannel(channel.Reader), static n => [n], cancellation.Token);
        consumer.Open();
        var isWritten = false;
        return new Round(
            [
                () => consumer.Run(spin: random.Next(40)),
                () =>
                {
                    for (var i = ready; i < Count; i++)
                        channel.Writer.TryWrite(i);
                    Volatile.Write(ref isWritten, true);
                },
                cancels ? cancellation.Cancel : consumer.Leave,
            ],
            () => consumer.HasEnded && Volatile.Read(ref isWritten),
            () =>
            {
                var rest = new List<int>();
                while (channel.Reader.TryRead(out var item))
                    rest.Add(item);
                Assert.That(consumer.Items.Concat(rest), Is.EqualTo(Enumerable.Range(0, Count)), "what was taken was handed out, the rest is there");
                Assert.That(consumer.Error, cancels ? Is.InstanceOf<OperationCanceledException>() : Is.Null);
                Assert.That(consumer.LeavingError, Is.Null);
            },
            () => $"{consumer}");
    });

    [TestCase(true)]
    [TestCase(false)]
    public void FromStream_AgainstWhoeverStops_IsDisposedOnceAndNeverDuringARead(bool cancels) =>
        StopAStream(cancels, stream => new Chars(TokenStream.FromStream(stream, bufferSize: 16)));

    [TestCase(true)]
    [TestCase(false)]
    public void DecodeUtf8_AgainstWhoeverStops_IsDisposedOnceAndNeverDuringARead(bool cancels) =>
        StopAStream(cancels, stream => TokenStream.FromStream(stream, bufferSize: 16).DecodeUtf8());

    private static void StopAStream(bool cancels, Func<Stream, IAsyncEnumerable<string>> read) => Race.Run(Rounds, (referee, random) =>
    {
        var stream = new RacingStream(referee, random);
        var cancellation = new CancellationTokenSource();
        var consumer = new RacingConsumer<string>(read(stream), static text => text.Select(c => c - 'A'), cancellation.Token);
        consumer.Open();
        return new Round(
            [() => consumer.Run(spin: random.Next(40)), cancels ? cancellation.Cancel : consumer.Leave],
            () => consumer.HasEnded,
            () =>
            {
                Assert.That(consumer.Items, Is.EqualTo(Enumerable.Range(0, consumer.Items.Count).Select(i => i % 26)));
                Assert.That(consumer.Error, cancels ? Is.InstanceOf<OperationCanceledException>() : Is.Null);
                Assert.That(consumer.LeavingError, Is.Null);
                Assert.That(stream.Disposals, stream.Reads > 0 ? Is.EqualTo(1) : Is.LessThanOrEqualTo(1));
            },
            () => $"{consumer}; reads {stream.Reads}, disposals {stream.Disposals}");
    });

    /// <summary>The bytes of each chunk, copied while it is good.</summary>
    private sealed class Chars(IAsyncEnumerable<ReadOnlyMemory<byte>> source) : IAsyncEnumerable<string>
    {
        public IAsyncEnumerator<string> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
            new Enumerator(source.GetAsyncEnumerator(cancellationToken));

        private sealed class Enumerator(IAsyncEnumerator<ReadOnlyMemory<byte>> chunks) : IAsyncEnumerator<string>
        {
            // Whoever leaves beside the loop must not look at the chunk any more: its buffer may be somebody else's.
            private volatile bool _isLeft;

            public string Current => _isLeft ? "" : string.Concat(chunks.Current.ToArray().Select(b => (char)b)) is var text && _isLeft ? "" : text;

            public ValueTask<bool> MoveNextAsync() => chunks.MoveNextAsync();

            public ValueTask DisposeAsync()
            {
                _isLeft = true;
                return chunks.DisposeAsync();
            }
        }
    }

    /// <summary>The alphabet again and again, at once or from the pool; some reads mind their token, some do not, some end quietly at it.</summary>
    private sealed class RacingStream(Referee referee, Random random) : MemoryStream
    {
        private int _isReading;
        private int _reads;
        private int _disposals;
        private int _next;

        public int Reads => Volatile.Read(ref _reads);

        public int Disposals => Volatile.Read(ref _disposals);

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            referee.Require(Interlocked.Exchange(ref _isReading, 1) == 0, "two reads at once");
            referee.Require(Disposals == 0, "a read after the disposal");
            Interlocked.Increment(ref _reads);
            try
            {
                var kind = random.Next(5);
                if (kind > 1)
                    await Task.Yield();
                if (kind == 2)
                    await Task.Delay(Timeout.Infinite, cancellationToken);
                if (kind == 3)
                    cancellationToken.ThrowIfCancellationRequested();
                if (kind == 4 && cancellationToken.IsCancellationRequested)
                    return 0;

                var length = random.Next(1, buffer.Length + 1);
                for (var i = 0; i < length; i++)
                    buffer.Span[i] = (byte)('A' + _next++ % 26);
                referee.Require(Disposals == 0, "the buffer is written to after the disposal");
                return length;
            }
            finally
            {
                Volatile.Write(ref _isReading, 0);
            }
        }

        public override ValueTask DisposeAsync()
        {
            Interlocked.Increment(ref _disposals);
            referee.Require(Volatile.Read(ref _isReading) == 0, "a disposal during a read");
            return default;
        }
    }
}
