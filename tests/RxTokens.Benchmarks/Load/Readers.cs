using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace RxTokens.Benchmarks;

/// <summary>Clients that read a kilobyte a second each. One thread asks every socket in turn for what it has; none is waited for.</summary>
/// <remarks>
/// <code>
/// field        written by        read by          ordered by
/// _sockets     the constructor   everyone         the thread's start; they are closed when it has ended
/// _items       the thread        everyone         volatile
/// _failure     the thread        everyone         volatile
/// _isOver      Dispose           the thread       volatile
/// </code>
/// </remarks>
internal sealed class Readers : IDisposable
{
    public const int BytesPerSecond = 1024;
    public const int SmallReceiveBuffer = 4096;

    private const int TurnsPerSecond = 20;

    // Linux, include/uapi/linux/tcp.h
    private const int Tcp = 6;
    private const int MaxSegment = 2;
    private const int Info = 11;
    private const byte Established = 1;

    private readonly Socket[] _sockets;
    private readonly int[] _items;
    private readonly Thread _thread;
    private volatile string? _failure;
    private volatile bool _isOver;

    /// <param name="count">How many.</param>
    /// <param name="port">The server's.</param>
    /// <param name="hasSmallWindow">Whether they have a small receive buffer, or the system's own.</param>
    /// <param name="request">What each of them sends.</param>
    public Readers(int count, int port, bool hasSmallWindow, Func<int, byte[]> request)
    {
        _sockets = new Socket[count];
        _items = new int[count];
        for (var i = 0; i < count; i++)
        {
            _sockets[i] = Connect(port, hasSmallWindow);
            _sockets[i].Send(request(i));
            _sockets[i].Blocking = false;
        }

        ReceiveBuffer = _sockets[0].ReceiveBufferSize;
        _thread = new Thread(Read) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>What the system says that a socket's receive buffer is (on Linux twice what was set).</summary>
    public int ReceiveBuffer { get; }

    /// <summary>For each, how many items have come.</summary>
    public int[] Items() => _failure is { } failure
        ? throw new InvalidOperationException(failure)
        : [.. Enumerable.Range(0, _items.Length).Select(i => Volatile.Read(ref _items[i]))];

    /// <summary>Sees to it that all are still connected. One that is slow would hear of its server's end only behind all that waits for it.</summary>
    public void ThrowIfCut()
    {
        if (!OperatingSystem.IsLinux())
            return;

        Span<byte> state = stackalloc byte[1];
        var cut = 0;
        foreach (var socket in _sockets)
        {
            socket.GetRawSocketOption(Tcp, Info, state); // struct tcp_info begins with the connection's state
            cut += state[0] == Established ? 0 : 1;
        }

        if (cut > 0)
            throw new InvalidOperationException($"{cut} of {_sockets.Length} readers have been cut by the server.");
    }

    public void Dispose()
    {
        _isOver = true;
        _thread.Join();
        foreach (var socket in _sockets)
        {
            socket.LingerState = new LingerOption(true, 0); // a reset: no port is left waiting
            socket.Dispose();
        }
    }

    private static Socket Connect(int port, bool hasSmallWindow)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        if (hasSmallWindow)
        {
            socket.ReceiveBufferSize = SmallReceiveBuffer;
            if (OperatingSystem.IsLinux())
                socket.SetRawSocketOption(Tcp, MaxSegment, BitConverter.GetBytes(1400)); // the loopback's own segments are larger than the buffer
        }

        socket.Connect(IPAddress.Loopback, port);
        return socket;
    }

    private void Read()
    {
        var buffer = new byte[BytesPerSecond];
        var watch = Stopwatch.StartNew();
        for (var turn = 0L; !_isOver; turn++)
        {
            for (var i = turn % TurnsPerSecond; i < _sockets.Length; i += TurnsPerSecond)
                ReadOnce((int)i, buffer);

            var next = TimeSpan.FromSeconds((turn + 1.0) / TurnsPerSecond);
            if (next > watch.Elapsed)
                Thread.Sleep(next - watch.Elapsed);
        }
    }

    private void ReadOnce(int number, byte[] buffer)
    {
        var count = _sockets[number].Receive(buffer, SocketFlags.None, out var error);
        if (error == SocketError.WouldBlock)
            return;
        if (count == 0)
            _failure ??= $"Reader {number} of {_sockets.Length} has lost its connection ({error}).";

        Volatile.Write(ref _items[number], _items[number] + buffer.AsSpan(0, count).Count((byte)EndlessStream.Mark));
    }
}
