using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.OutputCaching;

namespace RxTokens;

/// <summary>The headers of a stream: nobody on the way keeps it, changes it or holds it back.</summary>
internal static class ResponseHeaders
{
    public static void Set(HttpContext context, string contentType)
    {
        var headers = context.Response.Headers;
        context.Response.ContentType = contentType;
        headers.CacheControl = "no-cache,no-store,no-transform";
        headers["X-Accel-Buffering"] = "no"; // nginx
        headers.XContentTypeOptions = "nosniff"; // a browser does not wait for enough text to guess from

        // RFC 9110, 8.4.1, would have no such value. But it is what keeps the compression middleware away, which else holds a
        // compressor of some 100 KB for each client; the framework's own result does the same.
        headers.ContentEncoding = "identity";

        if (context.Features.Get<IOutputCacheFeature>() is { } cache)
            cache.Context.AllowCacheStorage = false;

        // After the headers: a middleware decides by them what becomes of its buffer.
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
    }
}
