using System.Net.Sockets;
using System.Text;

namespace RxTokens.AspNetCore.Tests;

/// <summary>A client of HTTP/1.1 by hand: it sees each byte, and can stop reading, or leave, in every way.</summary>
internal sealed class RawClient(Socket socket) : IDisposable
{
    private readonly StringBuilder _received = new();

    public string Received => _received.ToString();

    public Task SendAsync(string text) => socket.SendAsync(Encoding.UTF8.GetBytes(text)).WaitAsync(TestHost.Patience);

    /// <summary>Reads until the text has come; fails when the connection ends first.</summary>
    public async Task<string> ReadToAsync(string text)
    {
        while (!Received.Contains(text, StringComparison.Ordinal))
        {
            if (await ReadAsync() == 0)
                Assert.Fail($"The connection ended before \"{text}\" had come, after: {Received}");
        }

        return Received;
    }

    /// <summary>Reads what has come, that many bytes at most.</summary>
    public Task ReadSomeAsync(int bytes) => ReadAsync(bytes);

    /// <summary>Reads until the server closes, or cuts.</summary>
    /// <returns>Whether it was cut (reset).</returns>
    public async Task<bool> ReadToCloseAsync()
    {
        try
        {
            while (await ReadAsync() > 0)
            {
            }

            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    /// <summary>Leaves with a FIN.</summary>
    public void Close() => socket.Dispose();

    /// <summary>Leaves with an RST.</summary>
    public void Reset()
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }

    public void Dispose() => socket.Dispose();

    private async Task<int> ReadAsync(int most = 16 * 1024)
    {
        var bytes = new byte[most];
        var count = await socket.ReceiveAsync(bytes).WaitAsync(TestHost.Patience);
        _received.Append(Encoding.UTF8.GetString(bytes, 0, count));
        return count;
    }
}
