using System.Text;
using System.Text.Json;

namespace RxTokens.Benchmarks;

/// <summary>
/// What a client of a SignalR stream sends, byte for byte. SignalR's own client reads all that comes and queues it without bound: it
/// cannot be slow.
/// </summary>
internal static class HubClient
{
    private const char RecordSeparator = '\x1e';

    public static byte[] Request(string path, int number, bool isIdle, int size)
    {
        var invocation = JsonSerializer.Serialize(new { type = 4, invocationId = "1", target = nameof(StreamHub.Read), arguments = new object[] { number, isIdle, size } });
        return
        [
            .. Encoding.ASCII.GetBytes(
                $"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
                "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"),
            .. Frame("""{"protocol":"json","version":1}"""),
            .. Frame(invocation),
        ];
    }

    /// <summary>A text frame of WebSocket (RFC 6455, 5.2), short, and masked by zeros: a client has to mask, but not how.</summary>
    private static byte[] Frame(string message)
    {
        var text = Encoding.ASCII.GetBytes(message + RecordSeparator);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(text.Length, 125);
        return [0x81, (byte)(0x80 | text.Length), 0, 0, 0, 0, .. text];
    }
}
