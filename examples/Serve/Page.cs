using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Serve;

/// <summary>The page: its own files, and nothing from anywhere else.</summary>
internal static class Page
{
    /// <summary>No script and no style but the page's own files; no connection but to this server; in nobody's frame. So what a model says cannot run, even if a page took it for HTML.</summary>
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static void Map(IEndpointRouteBuilder app)
    {
        Map(app, "/", "index.html", "text/html; charset=utf-8");
        Map(app, "/page.js", "page.js", "text/javascript; charset=utf-8");
        Map(app, "/page.css", "page.css", "text/css; charset=utf-8");
        Map(app, "/icon.svg", "icon.svg", "image/svg+xml");
    }

    private static void Map(IEndpointRouteBuilder app, string path, string file, string contentType)
    {
        using var resource = Assembly.GetExecutingAssembly().GetManifestResourceStream(file)!;
        var bytes = new byte[resource.Length];
        resource.ReadExactly(bytes);
        app.MapGet(path, (HttpContext http) =>
        {
            http.Response.Headers.ContentSecurityPolicy = Policy;
            http.Response.Headers.XContentTypeOptions = "nosniff";
            http.Response.Headers["Referrer-Policy"] = "no-referrer";
            http.Response.Headers.CacheControl = "no-cache";
            return TypedResults.Bytes(bytes, contentType);
        });
    }
}
