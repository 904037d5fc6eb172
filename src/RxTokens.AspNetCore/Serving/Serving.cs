using Microsoft.AspNetCore.Http;

namespace RxTokens;

/// <summary>The way from a request to the pump.</summary>
internal static class Serving
{
    /// <summary>Answers what needs no source: HEAD, and a host that stops. Else begins to serve.</summary>
    public static Task BeginAsync(HttpContext context, ServingSettings settings, string contentType, Func<HttpContext, ServingSettings, Task> serve)
    {
        if (settings.Stopping.IsCancellationRequested)
        {
            Refusal.OfAStoppingHost(context, settings);
            return Task.CompletedTask;
        }

        if (HttpMethods.IsHead(context.Request.Method))
        {
            ResponseHeaders.Set(context, contentType);
            return Task.CompletedTask;
        }

        return serve(context, settings);
    }

    /// <summary>Serves a stream in a format.</summary>
    public static Task RunAsync<T>(HttpContext context, IAsyncEnumerable<T> source, ResponseFormat<T> format, ServingSettings settings) =>
        new ResponsePump<T>(context, source, format, settings).RunAsync();
}
