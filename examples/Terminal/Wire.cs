using System.Reactive;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using System.Text;

namespace Terminal;

/// <summary>
/// What comes over the wire and the client does not show: comments, which are a sign of life, and what a server says that
/// sends something else than a stream.
/// </summary>
internal sealed class Wire(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private const int Remembered = 64 * 1024;

    private readonly Lock _gate = new();
    private readonly List<byte> _recent = [];
    private readonly Subject<Unit> _signs = new();

    /// <summary>Each time that the server is heard of: what came may make no update, such as a comment.</summary>
    public IObservable<Unit> Signs => _signs.AsObservable();

    /// <summary>The last of what it has sent.</summary>
    public byte[] Recent
    {
        get
        {
            lock (_gate)
                return [.. _recent];
        }
    }

    public string? MediaType { get; private set; }

    /// <summary>How the answer is compressed, which nobody has asked for.</summary>
    public string? Compression { get; private set; }

    /// <summary>Whether what came has the form of events.</summary>
    public bool IsStream
    {
        get
        {
            var text = Encoding.UTF8.GetString(Recent).TrimStart('\uFEFF').TrimStart();
            return text.Length == 0
                ? MediaType is null or "text/event-stream"
                : text[0] == ':' || new[] { "data:", "event:", "id:", "retry:" }.Any(name => text.StartsWith(name, StringComparison.Ordinal));
        }
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        OnRead([]);
        if (!response.IsSuccessStatusCode)
            return response;

        MediaType = response.Content.Headers.ContentType?.MediaType;
        Compression = response.Content.Headers.ContentEncoding.FirstOrDefault();
        var watched = new StreamContent(new WatchedStream(await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false), this));
        foreach (var header in response.Content.Headers)
            watched.Headers.TryAddWithoutValidation(header.Key, header.Value);
        response.Content = watched;
        return response;
    }

    private void OnRead(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            _recent.AddRange(bytes);
            if (_recent.Count > 2 * Remembered)
                _recent.RemoveRange(0, _recent.Count - Remembered);
        }

        _signs.OnNext(Unit.Default);
    }

    private sealed class WatchedStream(Stream body, Wire wire) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            wire.OnRead(buffer.Span[..count]);
            return count;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = body.Read(buffer, offset, count);
            wire.OnRead(buffer.AsSpan(offset, read));
            return read;
        }

        public override void Flush()
        {
            // It is only read.
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                body.Dispose();
            base.Dispose(disposing);
        }
    }
}
