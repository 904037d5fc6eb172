using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace RxTokens.Benchmarks;

/// <summary>
/// What the limit to unsent bytes costs a client that reads as fast as it can, over the loopback: each host in turn, several rounds, and
/// the ratio to the host without a limit in the same round. And how far the source gets ahead of one that does not read.
/// </summary>
internal static class UnsentLimitRun
{
    private const string Default = "UseUnsentLimit(): 16 KB unsent, Kestrel's 64 KB";
    private const int Rounds = 9;
    private const double Least = 0.9;
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(0.7);
    private static readonly string Item = new('x', 1000);

    private static readonly (string Name, Action<IWebHostBuilder> Limit)[] Hosts =
    [
        ("no limit", _ => { }),
        (Default, host => host.UseUnsentLimit()),
        ("16 KB unsent, Kestrel's 32 KB", host => host.UseUnsentLimit(writeBufferBytes: 32 * 1024)),
        ("16 KB unsent, Kestrel's 16 KB", host => host.UseUnsentLimit(writeBufferBytes: 16 * 1024)),
        ("16 KB unsent, Kestrel's 4 KB", host => host.UseUnsentLimit(writeBufferBytes: 4 * 1024)),
        ("4 KB unsent, Kestrel's 4 KB", host => host.UseUnsentLimit(4 * 1024, 4 * 1024)),
    ];

    /// <returns>0 if the default limit costs less than a tenth.</returns>
    public static async Task<int> RunAsync()
    {
        var hosts = new List<(string Name, WebApplication App, int Port)>();
        foreach (var (name, limit) in Hosts)
            hosts.Add(await StartAsync(name, limit));

        var rates = hosts.ToDictionary(host => host.Name, _ => new List<double>());
        foreach (var host in hosts)
            await ReadAsync(host.Port); // until everything is compiled
        for (var round = 0; round < Rounds; round++)
        {
            foreach (var host in hosts)
                rates[host.Name].Add(await ReadAsync(host.Port));
        }

        var ahead = new Dictionary<string, int>();
        foreach (var host in hosts)
            ahead[host.Name] = await ReadNothingAsync(host.App, host.Port);

        Console.WriteLine("| host | MB/s, median | beside no limit, median of rounds | items of 1 KB ahead of a client that does not read |");
        Console.WriteLine("|---|--:|--:|--:|");
        var ratios = rates.ToDictionary(rate => rate.Key, rate => Median(rate.Value.Zip(rates[Hosts[0].Name], (mine, plain) => mine / plain)));
        foreach (var (name, _, _) in hosts)
            Console.WriteLine($"| {name} | {Median(rates[name]):0} | {ratios[name]:0.00} | {ahead[name]:N0} |");

        foreach (var (_, app, _) in hosts)
            await app.DisposeAsync();
        var missed = ratios[Default] < Least;
        if (missed)
            Console.WriteLine($"The limit costs a fast client more than {1 - Least:P0}.");
        return missed ? 1 : 0;
    }

    private static async Task<(string Name, WebApplication App, int Port)> StartAsync(string name, Action<IWebHostBuilder> limit)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        limit(builder.WebHost);
        builder.Services.AddSingleton<Counter>();
        var app = builder.Build();
        app.MapGet("/", (Counter counter) => TokenResults.ServerSentEvents(counter.Endless(Item)));
        await app.StartAsync();
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return (name, app, new Uri(address).Port);
    }

    /// <summary>Megabytes a second that a fast client gets.</summary>
    private static async Task<double> ReadAsync(int port)
    {
        using var socket = await AskAsync(port);
        var bytes = new byte[256 * 1024];
        long all = 0;
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < Time)
            all += await socket.ReceiveAsync(bytes);
        return all / watch.Elapsed.TotalSeconds / 1e6;
    }

    private static async Task<int> ReadNothingAsync(WebApplication app, int port)
    {
        var counter = app.Services.GetRequiredService<Counter>();
        counter.Items = 0;
        using var socket = await AskAsync(port);
        var before = -1;
        for (var i = 0; counter.Items != before && i < 20; i++)
        {
            before = counter.Items;
            await Task.Delay(250);
        }

        return counter.Items;
    }

    private static async Task<Socket> AskAsync(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port);
        await socket.SendAsync(Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        return socket;
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted[sorted.Count / 2];
    }

    private sealed class Counter
    {
        public volatile int Items;

#pragma warning disable CS1998 // it is always ready
        public async IAsyncEnumerable<string> Endless(string item)
#pragma warning restore CS1998
        {
            while (true)
            {
                Items++;
                yield return item;
            }
        }
    }
}
