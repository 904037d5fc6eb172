using System.Threading.Tasks.Sources;
using Microsoft.AspNetCore.Http;

namespace RxTokens.AspNetCore.Tests;

/// <summary>An item costs no memory of its own: no timer, no token source, no task.</summary>
public class AllocationTests
{
    private static readonly Sample Item = new(1, "text");

#pragma warning disable RS0030 // a real clock: the fake one allocates
    private static readonly TokenResultOptions Options = new() { TimeProvider = TimeProvider.System };
#pragma warning restore RS0030

    [Test]
    public void L04_SourceThatIsAlwaysReady_NoBytesPerItem() => AssertNone(
        source => TokenResults.ServerSentEvents(source, options: Options), isReady: true, "some text");

    [Test]
    public void L04_SourceThatIsWaitedFor_NoBytesPerItem() => AssertNone(
        source => TokenResults.ServerSentEvents(source, options: Options), isReady: false, "some text");

    [Test]
    public void L04_JsonOfTheSourceGenerator_NoBytesPerItem() => AssertNone(
        source => TokenResults.ServerSentEvents(source, SampleJson.Default.Sample, options: Options), isReady: false, Item);

    [Test]
    public void L04_JsonLines_NoBytesPerItem() => AssertNone(
        source => TokenResults.JsonLines(source, SampleJson.Default.Sample, options: Options), isReady: false, Item);

    private static void AssertNone<T>(Func<IAsyncEnumerable<T>, IResult> result, bool isReady, T item)
    {
        Run(1000); // until everything is compiled and rented
        Run(1000);
        var (few, many) = (Run(1_000), Run(21_000));
        Assert.That((many - few) / 20_000.0, Is.LessThan(0.1), $"{many - few} bytes for 20,000 items more");

        // All on this thread: the source lands where the test says so, and the response goes on there.
        long Run(int items)
        {
            var source = new Counting<T>(item, items, isReady);
            var response = new MemoryResponse();
            response.Context.Features.Set<Microsoft.AspNetCore.Http.Features.IHttpResponseBodyFeature>(new Nowhere());
            var before = GC.GetAllocatedBytesForCurrentThread();
            var served = response.Serve(result(source));
            source.LandAll();
            Assert.That((served.IsCompletedSuccessfully, source.Delivered), Is.EqualTo((true, items)));
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    private sealed class Counting<T>(T item, int items, bool isReady) : IAsyncEnumerable<T>, IAsyncEnumerator<T>, IValueTaskSource<bool>
    {
        private ManualResetValueTaskSourceCore<bool> _read;
        private bool _isReading;

        public int Delivered { get; private set; }

        public T Current => item;

        public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default) => this;

        public ValueTask<bool> MoveNextAsync()
        {
            if (isReady)
                return new(Next());
            _read.Reset();
            _isReading = true;
            return new(this, _read.Version);
        }

        public void LandAll()
        {
            while (_isReading)
            {
                _isReading = false;
                _read.SetResult(Next());
            }
        }

        public ValueTask DisposeAsync() => default;

        private bool Next() => Delivered < items && ++Delivered > 0;

        bool IValueTaskSource<bool>.GetResult(short token) => _read.GetResult(token);

        ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _read.GetStatus(token);

        void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _read.OnCompleted(continuation, state, token, flags);
    }

    /// <summary>A response that takes everything, and keeps nothing.</summary>
    private sealed class Nowhere : System.IO.Pipelines.PipeWriter, Microsoft.AspNetCore.Http.Features.IHttpResponseBodyFeature
    {
        private readonly byte[] _bytes = new byte[4096];

        public Stream Stream => Stream.Null;

        public System.IO.Pipelines.PipeWriter Writer => this;

        public override void Advance(int bytes)
        {
        }

        public override Memory<byte> GetMemory(int sizeHint = 0) => _bytes;

        public override Span<byte> GetSpan(int sizeHint = 0) => _bytes;

        public override ValueTask<System.IO.Pipelines.FlushResult> FlushAsync(CancellationToken cancellationToken = default) => default;

        public override void CancelPendingFlush()
        {
        }

        public override void Complete(Exception? exception = null)
        {
        }

        public void DisableBuffering()
        {
        }

        public Task StartAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

        public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task CompleteAsync() => Task.CompletedTask;
    }
}
