using System.Diagnostics;
using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace RxTokens;

/// <summary>A stream as newline-delimited JSON, of <see cref="TokenResults.JsonLines"/>.</summary>
/// <typeparam name="T">The type of the items.</typeparam>
[DebuggerDisplay("{ContentType,nq}")]
public sealed class TokenLinesResult<T> : IResult, IEndpointMetadataProvider, IStatusCodeHttpResult, IContentTypeHttpResult
{
    private readonly Func<HttpContext, ServingSettings, Task> _serve;
    private readonly TokenResultOptions? _options;

    internal TokenLinesResult(Func<HttpContext, ServingSettings, Task> serve, TokenResultOptions? options) => (_serve, _options) = (serve, options);

    /// <summary>200, if the stream does not fail before its first item.</summary>
    public int? StatusCode => StatusCodes.Status200OK;

    /// <summary><c>application/x-ndjson</c>.</summary>
    public string? ContentType => JsonLines<T>.MediaType;

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        ArgumentNullException.ThrowIfNull(httpContext);

        return Serving.BeginAsync(httpContext, ServingSettings.Of(httpContext.RequestServices, _options), JsonLines<T>.MediaType, _serve);
    }

    static void IEndpointMetadataProvider.PopulateMetadata(MethodInfo method, EndpointBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(builder);

        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(T), [JsonLines<T>.MediaType]));
    }
}
