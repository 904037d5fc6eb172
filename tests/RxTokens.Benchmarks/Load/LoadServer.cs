using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace RxTokens.Benchmarks;

/// <summary>What the server says of itself.</summary>
/// <param name="Managed">Bytes of the managed heap; after a full collection where one was asked for.</param>
/// <param name="WorkingSet">Bytes of the process that are in memory.</param>
/// <param name="Cpu">Seconds of processor time since its start.</param>
/// <param name="Counts">For each stream, how many items were asked for.</param>
internal sealed record ServerFigures(long Managed, long WorkingSet, double Cpu, int[] Counts);

/// <summary>Where the server listens.</summary>
internal sealed record ServerPorts(int Http1, int Http2);

/// <summary>The server, in a process of its own. It prints its ports, answers a line with its figures, and ends with its input.</summary>
internal static class LoadServer
{
    public const string Option = "--serve";

    /// <summary>The question for figures, and the one for figures after a full collection.</summary>
    public const string Look = "look", Collect = "collect";

    public static async Task<int> RunAsync(int unsentLimit)
    {
        var counts = new int[Load.MaxReaders];
        await using var app = Build(unsentLimit, counts);
        await app.StartAsync().ConfigureAwait(false);
        var ports = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Select(address => new Uri(address).Port).ToArray();
        Console.WriteLine(JsonSerializer.Serialize(new ServerPorts(ports[0], ports[1])));

        while (await Console.In.ReadLineAsync().ConfigureAwait(false) is { } question)
        {
            var (cpu, workingSet) = (Environment.CpuUsage.TotalTime.TotalSeconds, Environment.WorkingSet);
            if (question == Collect)
                CollectAll();
            Console.WriteLine(JsonSerializer.Serialize(new ServerFigures(GC.GetTotalMemory(false), workingSet, cpu, [.. counts])));
        }

        return 0; // whatever is still connected is cut
    }

    private static WebApplication Build(int unsentLimit, int[] counts)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
        });
        if (unsentLimit > 0)
            builder.WebHost.UseUnsentLimit(unsentLimit);
        builder.Services.AddSingleton(new Streams(counts));
        builder.Services.AddSignalR(hub => hub.ClientTimeoutInterval = TimeSpan.FromDays(1)); // the readers say nothing

        var app = builder.Build();
        app.MapGet(Served.Ours.Path, (HttpContext context) => TokenResults.ServerSentEvents(Stream(context)).ExecuteAsync(context));
        app.MapGet(Served.Framework.Path, (HttpContext context) => TypedResults.ServerSentEvents(Stream(context)).ExecuteAsync(context));
        app.MapGet(Served.Kestrel.Path, WaitAsync);
        app.MapHub<StreamHub>(Served.SignalR.Path, hub => hub.TransportSendTimeout = TimeSpan.FromDays(1)); // by default it cuts who lets a send wait for 10 s
        return app;
    }

    /// <summary>The least that a connection can cost which has had one event: nothing waits but the end of the request.</summary>
    private static async Task WaitAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        await context.Response.Body.WriteAsync(Encoding.ASCII.GetBytes($"data: {EndlessStream.Mark}\n\n")).ConfigureAwait(false);
        await context.Response.Body.FlushAsync().ConfigureAwait(false);
        var gone = new TaskCompletionSource();
        using var registration = context.RequestAborted.UnsafeRegister(static gone => ((TaskCompletionSource)gone!).TrySetResult(), gone);
        await gone.Task.ConfigureAwait(false);
    }

    private static EndlessStream Stream(HttpContext context)
    {
        var query = context.Request.Query;
        return context.RequestServices.GetRequiredService<Streams>().Of(Number("number"), bool.Parse(query["idle"]!), Number("size"));

        int Number(string name) => int.Parse(query[name]!, CultureInfo.InvariantCulture);
    }

    private static void CollectAll()
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }
    }
}

/// <summary>The streams that are served; items of one size are one string.</summary>
internal sealed class Streams(int[] counts)
{
    private readonly ConcurrentDictionary<int, string> _items = new();

    public EndlessStream Of(int number, bool isIdle, int size) => new(counts, number, isIdle, _items.GetOrAdd(size, EndlessStream.Item));
}

/// <summary>The same streams by SignalR.</summary>
internal sealed class StreamHub(Streams streams) : Hub
{
    public IAsyncEnumerable<string> Read(int number, bool isIdle, int size) => streams.Of(number, isIdle, size);
}
