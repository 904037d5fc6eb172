using System.Collections.Concurrent;
using System.Net;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RxTokens;
using Serve;

namespace RxTokens.Serve.Tests;

/// <summary>The example's application around a model of the test's, on a port of the loopback.</summary>
internal sealed class Site : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly WebApplication _app;

    private Site(WebApplication app, ConcurrentQueue<string> log) => (_app, Log) = (app, log);

    public Uri Address => new(_app.Urls.First());

    public int Port => Address.Port;

    public ConcurrentQueue<string> Log { get; }

    public TokenStreamHub Hub => _app.Services.GetRequiredService<TokenStreamHub>();

    public Figures Figures => _app.Services.GetRequiredService<Figures>();

    public static async Task<Site> StartAsync(Func<string, IAsyncEnumerable<string>> ask, Options? options = null, string? urls = null)
    {
        var log = new ConcurrentQueue<string>();
        var app = App.Create((options ?? new Options("")) with { Urls = urls ?? "http://127.0.0.1:0" }, ask, builder =>
        {
            builder.Logging.ClearProviders().AddProvider(new Lines(log)).AddFilter("Microsoft.AspNetCore", LogLevel.Information);
            builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(10));
        });
        await app.StartAsync();
        return new(app, log);
    }

    public static Task<Site> StartAsync(IAsyncEnumerable<string> answer, Options? options = null) => StartAsync(_ => answer, options);

    /// <summary>A client with cookies of its own.</summary>
    public HttpClient Visitor() =>
        new(new SocketsHttpHandler { CookieContainer = new CookieContainer(), UseProxy = false }) { BaseAddress = Address, Timeout = Patience };

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private sealed class Lines(ConcurrentQueue<string> log) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            log.Enqueue($"{formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }
}

/// <summary>A model that says what the test hands it, when the test hands it.</summary>
internal sealed class Script
{
    private readonly Channel<string> _texts = Channel.CreateBounded<string>(1000);

    public int Asked { get; private set; }

    public void Say(params string[] texts)
    {
        foreach (var text in texts)
            Assert.That(_texts.Writer.TryWrite(text), Is.True);
    }

    public void End(Exception? failure = null) => _texts.Writer.Complete(failure);

    public IAsyncEnumerable<string> Answer(string question)
    {
        Asked++;
        return Read();
    }

    private async IAsyncEnumerable<string> Read([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var text in _texts.Reader.ReadAllAsync(cancellationToken))
            yield return text;
    }
}
