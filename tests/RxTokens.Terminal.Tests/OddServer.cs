using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace RxTokens.Terminal.Tests;

/// <summary>A server that answers each request with what a test has written down, byte for byte, and nothing of which is checked.</summary>
internal sealed class OddServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _closing = new();
    private readonly TaskCompletionSource _clientLeft = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly IEnumerable<object> _answer;
    private readonly Task _serving;

    private OddServer(IEnumerable<object> answer)
    {
        _answer = answer;
        _listener.Start();
        _serving = ServeAsync();
    }

    public string Authority => _listener.LocalEndpoint.ToString()!;

    public string Address => $"http://{Authority}/v1";

    /// <summary>When a client has gone before it had everything.</summary>
    public Task ClientLeft => _clientLeft.Task;

    /// <summary>An event stream: bytes and strings as they are, other things as JSON in an event, times as pauses.</summary>
    public static OddServer Streams(params IEnumerable<object> events) =>
        new(events.Prepend("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"));

    public static OddServer Says(string status, string mediaType, string body, string headers = "") => new(
    [
        $"HTTP/1.1 {status}\r\nContent-Type: {mediaType}\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n{headers}Connection: close\r\n\r\n{body}",
    ]);

    /// <summary>A piece of the answer.</summary>
    public static object Text(string content) => Delta(new { content });

    public static object Delta(object delta) => Chunk(delta, null);

    public static object Stop(string reason = "stop") => Chunk(new { }, reason);

    public const string Done = "data: [DONE]\n\n";

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        _listener.Dispose();
        await _serving;
        _closing.Dispose();
    }

    private static object Chunk(object delta, string? reason) => new
    {
        id = "c",
        @object = "chat.completion.chunk",
        created = 1,
        model = "m",
        choices = new[] { new { index = 0, delta, finish_reason = reason } },
    };

    private async Task ServeAsync()
    {
        try
        {
            while (true)
                await AnswerAsync(await _listener.AcceptTcpClientAsync(_closing.Token));
        }
        catch (Exception closed) when (closed is OperationCanceledException or SocketException or InvalidOperationException)
        {
            // The test is over.
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        using (client)
        {
            client.NoDelay = true;
            var stream = client.GetStream();
            await ReadRequestAsync(stream);
            try
            {
                foreach (var piece in _answer)
                {
                    if (piece is TimeSpan pause)
                        await Task.Delay(pause, _closing.Token);
                    else
                        await stream.WriteAsync(Bytes(piece), _closing.Token);
                }

                client.Client.Shutdown(SocketShutdown.Send);
                while (await stream.ReadAsync(new byte[1024], _closing.Token) > 0)
                {
                    // The client closes when it has read the answer.
                }
            }
            catch (Exception gone) when (gone is IOException or SocketException)
            {
                _clientLeft.TrySetResult();
            }
        }
    }

    private static byte[] Bytes(object piece) => piece switch
    {
        byte[] bytes => bytes,
        string text => Encoding.UTF8.GetBytes(text),
        _ => Encoding.UTF8.GetBytes($"data: {JsonSerializer.Serialize(piece)}\n\n"),
    };

    private static async Task ReadRequestAsync(NetworkStream stream)
    {
        var request = new StringBuilder();
        var buffer = new byte[8192];
        while (true)
        {
            var count = await stream.ReadAsync(buffer);
            request.Append(Encoding.UTF8.GetString(buffer, 0, count));
            var text = request.ToString();
            var head = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (count == 0 || (head >= 0 && text.Length - head - 4 >= LengthIn(text[..head])))
                return;
        }
    }

    private static int LengthIn(string head) => head.Split("\r\n")
        .Where(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
        .Select(line => int.Parse(line["Content-Length:".Length..])).FirstOrDefault();
}
