using System.Text;

namespace RxTokens.Benchmarks;

/// <summary>A way to serve a stream.</summary>
/// <param name="Name">What it is called in tables.</param>
/// <param name="Path">Where the server has it.</param>
/// <param name="UnsentLimit">The limit of <c>UseUnsentLimit</c>, in bytes; 0 for none.</param>
internal sealed record Served(string Name, string Path, int UnsentLimit = 0)
{
    private const int DefaultLimit = 16 * 1024;

    public static readonly Served Ours = new("RxTokens, UseUnsentLimit", "/ours", DefaultLimit);
    public static readonly Served OursUnlimited = new("RxTokens alone", "/ours");
    public static readonly Served Framework = new("TypedResults.ServerSentEvents", "/framework");
    public static readonly Served FrameworkLimited = new("TypedResults, UseUnsentLimit", "/framework", DefaultLimit);
    public static readonly Served SignalR = new("SignalR stream, WebSocket", "/hub");
    public static readonly Served Kestrel = new("Kestrel alone", "/kestrel");

    /// <summary>All that a client has to send; it may be sent at once.</summary>
    public byte[] Request(int number, bool isIdle, int size) => this == SignalR
        ? HubClient.Request(Path, number, isIdle, size)
        : Encoding.ASCII.GetBytes($"GET {Path}?number={number}&idle={isIdle}&size={size} HTTP/1.1\r\nHost: localhost\r\n\r\n");
}
