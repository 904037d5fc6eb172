using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Examples;

/// <summary>What the embedded endpoint does wrong when it is asked to.</summary>
internal enum Fault
{
    None,

    /// <summary>Ends the response in mid-stream, without a finish reason.</summary>
    Cut,

    /// <summary>Breaks the connection in mid-stream.</summary>
    Reset,

    /// <summary>Sends an error event in mid-stream, then <c>[DONE]</c>.</summary>
    Error,

    /// <summary>Sends an event that is not JSON in mid-stream.</summary>
    Malformed,

    /// <summary>Sends nothing more from mid-stream on, and keeps the connection open.</summary>
    Stall,

    /// <summary>Wants another key.</summary>
    Unauthorized,

    /// <summary>Turns the request away, to be tried again in 7 seconds.</summary>
    TooManyRequests,
}

/// <summary>What the embedded model says, and how.</summary>
/// <param name="Tokens">The length of the answer; null for the answer as it was written.</param>
/// <param name="Rate">Tokens per second on average; 0 for as fast as possible.</param>
/// <param name="Fault">What goes wrong.</param>
/// <param name="Key">The key that a client must send, if any.</param>
internal sealed record Manner(int? Tokens = null, double Rate = 500, Fault Fault = Fault.None, string? Key = null);

/// <summary>An OpenAI-compatible endpoint on a free loopback port: real HTTP, real Server-Sent Events, an answer that is known.</summary>
internal sealed class Endpoint : IAsyncDisposable
{
    private const string RefusedKey = "a key that nobody has";

    private readonly WebApplication _app;
    private readonly Manner _manner;
    private readonly TimeProvider _time;

    private Endpoint(WebApplication app, Manner manner, TimeProvider time)
    {
        _app = app;
        _manner = manner.Fault == Fault.Unauthorized ? manner with { Key = RefusedKey } : manner;
        _time = time;
    }

    /// <summary>The base address that a client is given.</summary>
    public Uri Address => new($"{_app.Urls.First()}/v1");

    /// <summary>The answer that was asked for last.</summary>
    public Generation? LastAnswer { get; private set; }

    public static async Task<Endpoint> StartAsync(Manner manner, TimeProvider time)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddRoutingCore().AddSingleton<IHostLifetime, NoLifetime>();

        var endpoint = new Endpoint(builder.Build(), manner, time);
        endpoint._app.MapPost("/v1/chat/completions", endpoint.AnswerAsync);
        await endpoint._app.StartAsync();
        return endpoint;
    }

    public async ValueTask DisposeAsync()
    {
        // A client that hangs on to its connection must not keep the program from ending.
        await _app.StopAsync(new CancellationToken(canceled: true)).ContinueWith(_ => { }, TaskScheduler.Default);
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        if (_manner.Key is { } key && context.Request.Headers.Authorization != $"Bearer {key}")
        {
            await RefuseAsync(context, 401, "Incorrect API key provided.", "invalid_request_error", "invalid_api_key");
            return;
        }

        if (_manner.Fault == Fault.TooManyRequests)
        {
            context.Response.Headers.RetryAfter = "7";
            await RefuseAsync(context, 429, "Rate limit reached for tokens per minute.", "tokens", "rate_limit_exceeded");
            return;
        }

        var (request, complaint) = await ChatRequest.ReadAsync(context.Request.Body, context.RequestAborted);
        if (request is null)
        {
            await RefuseAsync(context, 400, complaint!, "invalid_request_error", code: null);
            return;
        }

        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-cache";
        var answer = LastAnswer = new Generation(context, request, _manner, _time);
        await answer.RunAsync();
    }

    private static Task RefuseAsync(HttpContext context, int status, string message, string type, string? code)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        var error = new JsonObject { ["message"] = message, ["type"] = type, ["param"] = null, ["code"] = code };
        return context.Response.WriteAsync(new JsonObject { ["error"] = error }.ToJsonString());
    }

    /// <summary>The host's own lifetime would take Ctrl+C for itself and stop the server in the middle of the answer.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
