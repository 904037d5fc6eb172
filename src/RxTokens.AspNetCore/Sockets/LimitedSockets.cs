using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace RxTokens;

/// <summary>How many bytes may wait unsent for a client.</summary>
internal sealed class UnsentLimit
{
    public int Bytes { get; set; }

    /// <summary>How many may wait in Kestrel, before the socket.</summary>
    public int WriteBufferBytes { get; set; }
}

/// <summary>Puts the limit on the sockets that Kestrel listens on, after whatever the application does to them.</summary>
internal sealed class LimitedSockets(IOptions<UnsentLimit> limit, ILoggerFactory loggers) : IPostConfigureOptions<SocketTransportOptions>
{
    // Linux, include/uapi/linux/tcp.h
    private const int Tcp = 6;
    private const int NotSentLowWaterMark = 25;

    private readonly ILogger _logger = loggers.CreateLogger("RxTokens.AspNetCore");
    private int _hasSpoken;

    public void PostConfigure(string? name, SocketTransportOptions options)
    {
        options.MaxWriteBufferSize = Math.Min(options.MaxWriteBufferSize ?? long.MaxValue, limit.Value.WriteBufferBytes);

        var create = options.CreateBoundListenSocket;
        options.CreateBoundListenSocket = endpoint =>
        {
            var socket = create(endpoint);
            Limit(socket, endpoint);
            return socket;
        };
    }

    private void Limit(Socket socket, EndPoint endpoint)
    {
        if (socket.AddressFamily is not (AddressFamily.InterNetwork or AddressFamily.InterNetworkV6))
        {
            if (Interlocked.Exchange(ref _hasSpoken, 1) == 0)
                Log.NoUnsentLimit(_logger, endpoint);
            return;
        }

        // macOS has the option, too, but there it limits only when a socket counts as writable, and .NET writes first.
        if (!OperatingSystem.IsLinux())
        {
            socket.SendBufferSize = limit.Value.Bytes;
            return;
        }

        try
        {
            Span<byte> value = stackalloc byte[sizeof(int)];
            BitConverter.TryWriteBytes(value, limit.Value.Bytes);
            socket.SetRawSocketOption(Tcp, NotSentLowWaterMark, value);
        }
        catch (SocketException failure)
        {
            Log.NoLowWaterMark(_logger, endpoint, failure);
            socket.SendBufferSize = limit.Value.Bytes;
        }
    }
}
