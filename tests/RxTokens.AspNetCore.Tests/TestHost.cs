using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace RxTokens.AspNetCore.Tests;

/// <summary>An application on Kestrel, on a port of the loopback.</summary>
internal sealed class TestHost : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly WebApplication _app;

    private TestHost(WebApplication app, Logs logs, int port)
    {
        (_app, Logs, Port) = (app, logs, port);
        Client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = Patience };
    }

    public int Port { get; }

    public HttpClient Client { get; }

    public Logs Logs { get; }

    public IServiceProvider Services => _app.Services;

    public static async Task<TestHost> StartAsync(Action<WebApplication> map, Action<WebApplicationBuilder>? configure = null, string environment = "Production", HttpProtocols protocols = HttpProtocols.Http1)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = environment });
        var logs = new Logs();
        builder.Logging.ClearProviders().AddProvider(logs).SetMinimumLevel(LogLevel.Debug);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = protocols));
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(15));
        configure?.Invoke(builder);
        var app = builder.Build();
        map(app);
        await app.StartAsync();
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First(a => !a.Contains("unix", StringComparison.Ordinal));
        return new(app, logs, new Uri(address).Port);
    }

    /// <summary>A host with one stream at <c>/</c>.</summary>
    public static Task<TestHost> StartAsync(Func<Microsoft.AspNetCore.Http.IResult> result, Action<WebApplicationBuilder>? configure = null, string environment = "Production", HttpProtocols protocols = HttpProtocols.Http1) =>
        StartAsync(app => app.MapMethods("/", ["GET", "POST", "HEAD"], result), configure, environment, protocols);

    public Task StopAsync() => _app.StopAsync();

    /// <summary>A client that has asked, and reads what the test says.</summary>
    public async Task<RawClient> ConnectAsync(string path = "/", string method = "GET", string headers = "", int? receiveBuffer = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBuffer is { } size)
        {
            socket.ReceiveBufferSize = size;
            if (OperatingSystem.IsLinux())
                socket.SetRawSocketOption(6, 2, BitConverter.GetBytes(1400)); // TCP_MAXSEG: the loopback's own segments are larger than the buffer
        }

        await socket.ConnectAsync(IPAddress.Loopback, Port);
        var client = new RawClient(socket);
        await client.SendAsync($"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}

internal sealed class Logs : ILoggerProvider
{
    private readonly ConcurrentQueue<(LogLevel Level, string Category, string Text)> _lines = new();

    public IEnumerable<(LogLevel Level, string Category, string Text)> Lines => _lines;

    public IEnumerable<string> Errors => _lines.Where(line => line.Level >= LogLevel.Error).Select(line => $"{line.Category}: {line.Text}");

    public ILogger CreateLogger(string categoryName) => new Writer(_lines, categoryName);

    public void Dispose()
    {
    }

    private sealed class Writer(ConcurrentQueue<(LogLevel, string, string)> lines, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue((logLevel, category, $"{formatter(state, exception)} {exception}"));
    }
}
