using System.Diagnostics;
using System.Net.ServerSentEvents;
using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace RxTokens;

/// <summary>A stream as server-sent events, of <see cref="TokenResults.ServerSentEvents{T}(IAsyncEnumerable{T}, System.Text.Json.Serialization.Metadata.JsonTypeInfo{T}?, string?, TokenResultOptions?)"/>.</summary>
/// <typeparam name="T">The type of the events' data.</typeparam>
[DebuggerDisplay("{ContentType,nq}")]
public sealed class TokenEventsResult<T> : IResult, IEndpointMetadataProvider, IStatusCodeHttpResult, IContentTypeHttpResult
{
    private readonly Func<HttpContext, ServingSettings, Task> _serve;
    private readonly TokenResultOptions? _options;

    internal TokenEventsResult(Func<HttpContext, ServingSettings, Task> serve, TokenResultOptions? options) => (_serve, _options) = (serve, options);

    /// <summary>200, if the stream does not fail before its first item.</summary>
    public int? StatusCode => StatusCodes.Status200OK;

    /// <summary><c>text/event-stream</c>.</summary>
    public string? ContentType => EventFormat<T>.MediaType;

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        ArgumentNullException.ThrowIfNull(httpContext);

        var settings = ServingSettings.Of(httpContext.RequestServices, _options);
        if (IsComingBack(httpContext, settings.Options))
        {
            httpContext.Response.StatusCode = StatusCodes.Status204NoContent; // tells an EventSource to stay away
            return Task.CompletedTask;
        }

        return Serving.BeginAsync(httpContext, settings, EventFormat<T>.MediaType, _serve);
    }

    static void IEndpointMetadataProvider.PopulateMetadata(MethodInfo method, EndpointBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(builder);

        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(SseItem<T>), [EventFormat<T>.MediaType]));
    }

    /// <summary>Whether the client has read from the stream before, which cannot be resumed.</summary>
    private static bool IsComingBack(HttpContext context, TokenResultOptions options) =>
        context.Request.Headers["Last-Event-ID"].ToString() is { Length: > 0 } id && (!options.RunsAgain || id == TokenEvents.EndedId);
}
