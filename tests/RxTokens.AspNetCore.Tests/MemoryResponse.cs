using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace RxTokens.AspNetCore.Tests;

/// <summary>A response in memory: what is flushed is noted with its time; the test says when the client is full, gone, or the host stops.</summary>
internal sealed class MemoryResponse : IHttpResponseBodyFeature, IHttpRequestLifetimeFeature, IHostApplicationLifetime, IServiceProvider
{
    private readonly CancellationTokenSource _aborted = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private readonly List<(TimeSpan Time, string Text)> _flushes = [];
    private readonly List<string> _calls = [];
    private readonly Output _output;
    private TaskCompletionSource? _full;

    public MemoryResponse()
    {
        _output = new Output(this);
        Context.Features.Set<IHttpResponseBodyFeature>(this);
        Context.Features.Set<IHttpRequestLifetimeFeature>(this);
        Context.RequestServices = this;
        Context.Request.Method = "GET";
    }

    public DefaultHttpContext Context { get; } = new();

    public FakeTimeProvider Clock { get; } = new();

    /// <summary>DisableBuffering, Start, Flush, Complete, in their order.</summary>
    public IReadOnlyList<string> Calls
    {
        get
        {
            lock (_gate)
                return [.. _calls];
        }
    }

    public bool IsAborted => _aborted.IsCancellationRequested;

    public string Body
    {
        get
        {
            lock (_gate)
                return string.Concat(_flushes.Select(flush => flush.Text));
        }
    }

    /// <summary>Each flush, with the seconds since the beginning.</summary>
    public IReadOnlyList<string> Flushes
    {
        get
        {
            lock (_gate)
                return [.. _flushes.Select(flush => $"{flush.Time.TotalSeconds:0.#}: {flush.Text.Replace("\n", "/", StringComparison.Ordinal)}")];
        }
    }

    /// <summary>Whether flushes say that nobody reads any more, though the request is not aborted.</summary>
    public bool TakesNothing { get; init; }

    /// <summary>What a flush waits for, beside a client that is full.</summary>
    public Func<Task>? OnFlush { get; init; }

    Stream IHttpResponseBodyFeature.Stream => field ??= new FlushOnly(this);

    PipeWriter IHttpResponseBodyFeature.Writer => _output;

    CancellationToken IHttpRequestLifetimeFeature.RequestAborted
    {
        get => _aborted.Token;
        set => throw new NotSupportedException();
    }

    CancellationToken IHostApplicationLifetime.ApplicationStarted => CancellationToken.None;

    CancellationToken IHostApplicationLifetime.ApplicationStopping => _stopping.Token;

    CancellationToken IHostApplicationLifetime.ApplicationStopped => CancellationToken.None;

    object? IServiceProvider.GetService(Type serviceType) =>
        serviceType == typeof(IHostApplicationLifetime) ? this
        : serviceType == typeof(TimeProvider) ? Clock
        : null;

    public Task Serve(IResult result) => result.ExecuteAsync(Context);

    /// <summary>From now on flushes wait, until <see cref="Drain"/> or the client's end.</summary>
    public void Fill()
    {
        lock (_gate)
            _full ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public void Drain()
    {
        TaskCompletionSource? full;
        lock (_gate)
            (full, _full) = (_full, null);
        full?.TrySetResult();
    }

    public void Leave() => _aborted.Cancel();

    public void Abort() => _aborted.Cancel();

    public void StopApplication() => _stopping.Cancel();

    public void StopHost() => StopApplication();

    /// <summary>Waits, in real time and bounded, until so many flushes have come.</summary>
    public async Task FlushedAsync(int count)
    {
        for (var patience = 0; Flushes.Count < count; patience++)
        {
            if (patience > 2000)
                Assert.Fail($"There are {Flushes.Count} flushes after 20 s, not {count}: {string.Join(" ; ", Flushes)}");
            await Task.Delay(patience < 100 ? 1 : 10);
        }
    }

    void IHttpResponseBodyFeature.DisableBuffering() => Note("DisableBuffering");

    Task IHttpResponseBodyFeature.StartAsync(CancellationToken cancellationToken)
    {
        Note("Start");
        return Task.CompletedTask;
    }

    Task IHttpResponseBodyFeature.SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken) => throw new NotSupportedException();

    Task IHttpResponseBodyFeature.CompleteAsync()
    {
        Note("Complete");
        return Task.CompletedTask;
    }

    private void Note(string call)
    {
        lock (_gate)
            _calls.Add(call);
    }

    private ValueTask<FlushResult> FlushAsync(byte[] bytes)
    {
        TaskCompletionSource? full;
        lock (_gate)
        {
            _calls.Add("Flush");
            _flushes.Add((Clock.GetUtcNow() - Clock.Start, Encoding.UTF8.GetString(bytes)));
            full = _full;
        }

        return full is not null ? WaitAsync(full.Task)
            : OnFlush is not null ? WaitAsync(OnFlush())
            : new(new FlushResult(false, IsAborted || TakesNothing));
    }

    private async ValueTask<FlushResult> WaitAsync(Task drained)
    {
        await Task.WhenAny(drained, Task.Delay(Timeout.Infinite, _aborted.Token));
        return new(false, IsAborted);
    }

    private sealed class Output(MemoryResponse response) : PipeWriter
    {
        private byte[] _bytes = new byte[4096];
        private int _length;

        public override void Advance(int bytes) => _length += bytes;

        public override Memory<byte> GetMemory(int sizeHint = 0)
        {
            if (_bytes.Length - _length < Math.Max(1, sizeHint))
                Array.Resize(ref _bytes, 2 * (_bytes.Length + sizeHint));
            return _bytes.AsMemory(_length);
        }

        public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            var bytes = _bytes[.._length];
            _length = 0;
            return response.FlushAsync(bytes);
        }

        public override void CancelPendingFlush() => throw new NotSupportedException();

        public override void Complete(Exception? exception = null)
        {
        }
    }

    private sealed class FlushOnly(MemoryResponse response) : MemoryStream
    {
        public override Task FlushAsync(CancellationToken cancellationToken) => response.FlushAsync([]).AsTask();
    }
}
