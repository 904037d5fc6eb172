using System.Diagnostics;
using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace RxTokens;

/// <summary>A stream of texts as plain text, of <see cref="TokenResults.Text"/>.</summary>
[DebuggerDisplay("{ContentType,nq}")]
public sealed class TokenTextResult : IResult, IEndpointMetadataProvider, IStatusCodeHttpResult, IContentTypeHttpResult
{
    private readonly Func<HttpContext, ServingSettings, Task> _serve;
    private readonly TokenResultOptions? _options;

    internal TokenTextResult(Func<HttpContext, ServingSettings, Task> serve, TokenResultOptions? options) => (_serve, _options) = (serve, options);

    /// <summary>200, if the stream does not fail before its first item.</summary>
    public int? StatusCode => StatusCodes.Status200OK;

    /// <summary><c>text/plain; charset=utf-8</c>.</summary>
    public string? ContentType => PlainText.ContentTypeOfText;

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        ArgumentNullException.ThrowIfNull(httpContext);

        return Serving.BeginAsync(httpContext, ServingSettings.Of(httpContext.RequestServices, _options), PlainText.ContentTypeOfText, _serve);
    }

    static void IEndpointMetadataProvider.PopulateMetadata(MethodInfo method, EndpointBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(builder);

        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(string), [PlainText.MediaType]));
    }
}
