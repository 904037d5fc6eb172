using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace RxTokens.Benchmarks;

/// <summary>A client that reads as fast as it can: what a way to serve gives it, beside another, in turns.</summary>
/// <param name="Name">Which protocol, and how large the items are.</param>
/// <param name="Ours">What is asked about.</param>
/// <param name="Base">What it is compared with.</param>
/// <param name="OurRate">MB a second, the median of the rounds.</param>
/// <param name="BaseRate">The same of the other.</param>
/// <param name="Ratio">Ours divided by the other, the median of the rounds.</param>
/// <param name="Low">A quarter of the rounds is below.</param>
/// <param name="High">A quarter of the rounds is above.</param>
internal sealed record Throughput(string Name, string Ours, string Base, double OurRate, double BaseRate, double Ratio, double Low, double High)
{
    private static readonly Served s_tiny = new("RxTokens, UseUnsentLimit(1)", Served.Ours.Path, 1);

    private static readonly (Served Ours, Served Base)[] Pairs =
    [
        (Served.Ours, Served.OursUnlimited),
        (s_tiny, Served.OursUnlimited),
        (Served.OursUnlimited, Served.Framework),
    ];

    private static readonly (bool IsHttp2, int Size)[] Loads = [(false, 1000), (true, 1000), (false, 16_000), (true, 16_000)];

    public static async Task<List<Throughput>> MeasureAsync(bool quick)
    {
        var pairs = quick ? Pairs[..1] : Pairs;
        var servers = new Dictionary<int, ServerProcess>();
        var results = new List<Throughput>();
        try
        {
            foreach (var limit in pairs.SelectMany(pair => (int[])[pair.Ours.UnsentLimit, pair.Base.UnsentLimit]).Distinct())
                servers[limit] = await ServerProcess.StartAsync(limit).ConfigureAwait(false);

            foreach (var (ours, other) in pairs)
            {
                foreach (var (isHttp2, size) in quick ? Loads[..2] : Loads)
                    results.Add(await CompareAsync(ours, other, (served, time) => RateAsync(served, servers[served.UnsentLimit].Ports, isHttp2, size, time), quick).ConfigureAwait(false) with
                    {
                        Name = $"{(isHttp2 ? "HTTP/2" : "HTTP/1.1")}, {size:N0} B an item",
                    });
            }
        }
        finally
        {
            foreach (var server in servers.Values)
                server.Dispose();
        }

        return results;
    }

    private static async Task<Throughput> CompareAsync(Served ours, Served other, Func<Served, TimeSpan, Task<double>> rateAsync, bool quick)
    {
        var time = TimeSpan.FromSeconds(quick ? 0.4 : 0.5);
        var rounds = new List<(double Ours, double Base)>();
        for (var round = 0; round < (quick ? 3 : 25); round++)
        {
            // Whoever goes second finds a warm machine: take turns at that too.
            var first = await rateAsync(round % 2 == 0 ? ours : other, time).ConfigureAwait(false);
            var second = await rateAsync(round % 2 == 0 ? other : ours, time).ConfigureAwait(false);
            rounds.Add(round % 2 == 0 ? (first, second) : (second, first));
        }

        var ratios = rounds.Select(round => round.Ours / round.Base).ToArray();
        return new Throughput(
            "", ours.Name, other.Name, Comparison.Quantile(rounds.Select(round => round.Ours), 0.5), Comparison.Quantile(rounds.Select(round => round.Base), 0.5),
            Comparison.Quantile(ratios, 0.5), Comparison.Quantile(ratios, 0.25), Comparison.Quantile(ratios, 0.75));
    }

    private static async Task<double> RateAsync(Served served, ServerPorts ports, bool isHttp2, int size, TimeSpan time)
    {
        using var client = new HttpClient { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        Stream stream;
        if (isHttp2)
        {
            stream = await client.GetStreamAsync(new Uri($"http://127.0.0.1:{ports.Http2}{served.Path}?number=0&idle=False&size={size}")).ConfigureAwait(false);
        }
        else
        {
            await socket.ConnectAsync(IPAddress.Loopback, ports.Http1).ConfigureAwait(false);
            await socket.SendAsync(served.Request(0, isIdle: false, size)).ConfigureAwait(false);
            stream = new NetworkStream(socket);
        }

        await using (stream.ConfigureAwait(false))
        {
            await ReadAsync(stream, time / 4).ConfigureAwait(false); // until it runs
            var start = Stopwatch.GetTimestamp();
            var bytes = await ReadAsync(stream, time).ConfigureAwait(false);
            return bytes / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e6;
        }
    }

    private static async Task<long> ReadAsync(Stream stream, TimeSpan time)
    {
        var buffer = new byte[256 * 1024];
        var start = Stopwatch.GetTimestamp();
        var bytes = 0L;
        while (Stopwatch.GetElapsedTime(start) < time)
            bytes += await stream.ReadAsync(buffer).ConfigureAwait(false);
        return bytes;
    }
}
