using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace RxTokens.AspNetCore.Tests;

/// <summary>What proxies and middleware are told, and what they may not do.</summary>
public class HeaderTests
{
    [Test]
    public async Task Headers_KeepProxiesFromKeepingAndHoldingBack()
    {
        await using var host = await TestHost.StartAsync(() => TokenResults.ServerSentEvents(Script.Items("a")));
        using var response = await host.Client.GetAsync(new Uri("/", UriKind.Relative));
        Assert.That(response.Content.Headers.ContentType!.ToString(), Is.EqualTo("text/event-stream"));
        Assert.That(response.Headers.CacheControl!.ToString(), Does.Contain("no-store").And.Contain("no-cache").And.Contain("no-transform"));
        Assert.That(response.Headers.GetValues("X-Accel-Buffering"), Is.EqualTo(new[] { "no" }));
    }

    [Test]
    public async Task H02_Headers_LeaveBeforeTheFirstItem()
    {
        await using var host = await TestHost.StartAsync(() => TokenResults.ServerSentEvents(Script.Waits<string>(), options: new() { HeadersAfter = TimeSpan.FromMilliseconds(50) }));
        using var client = await host.ConnectAsync();
        Assert.That(await client.ReadToAsync("\r\n\r\n"), Does.StartWith("HTTP/1.1 200 OK"));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task H05_CompressionOn_EventsArriveEachAtItsTime(bool isCompressed)
    {
        var (source, writer) = Script.Handed<string>();
        await using var host = await TestHost.StartAsync(
            app =>
            {
                app.UseResponseCompression();
                if (isCompressed)
                    app.Use(WithoutIdentity);
                app.MapGet("/", () => TokenResults.ServerSentEvents(source));
            },
            builder =>
            {
                builder.Services.AddResponseCompression(options => options.MimeTypes = [.. ResponseCompressionDefaults.MimeTypes, "text/event-stream"]);
            });
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("gzip"));
        using var response = await host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.That(response.Content.Headers.ContentEncoding, Is.EqualTo(isCompressed ? new[] { "gzip" } : ["identity"]));
        await using var body = await response.Content.ReadAsStreamAsync();
        await using var plain = isCompressed ? new GZipStream(body, CompressionMode.Decompress) : body;
        using var reader = new StreamReader(plain);

        for (var i = 0; i < 20; i++)
        {
            // The next is not written before this one has come: nobody holds it back.
            writer.TryWrite($"item {i}");
            Assert.That(await reader.ReadLineAsync().WaitAsync(TestHost.Patience), Is.EqualTo($"data: item {i}"));
            while (await reader.ReadLineAsync().WaitAsync(TestHost.Patience) is { Length: > 0 })
            {
            }
        }

        writer.Complete();
        Assert.That(await reader.ReadLineAsync().WaitAsync(TestHost.Patience), Is.EqualTo("event: end"));
    }

    [Test]
    public async Task OutputCache_NeverReplaysAStream()
    {
        var runs = 0;
        await using var host = await TestHost.StartAsync(
            app =>
            {
                app.UseOutputCache();
                app.MapGet("/", () => TokenResults.ServerSentEvents(Script.Items($"run {Interlocked.Increment(ref runs)}"))).CacheOutput();
                app.MapGet("/cached", () => $"run {Interlocked.Increment(ref runs)}").CacheOutput();
            },
            builder => builder.Services.AddOutputCache());
        Assert.That(await host.Client.GetStringAsync(new Uri("/", UriKind.Relative)), Does.Contain("run 1"));
        Assert.That(await host.Client.GetStringAsync(new Uri("/", UriKind.Relative)), Does.Contain("run 2"));
        var cached = await host.Client.GetStringAsync(new Uri("/cached", UriKind.Relative));
        Assert.That(await host.Client.GetStringAsync(new Uri("/cached", UriKind.Relative)), Is.EqualTo(cached), "the cache is there");
    }

    [Test]
    public async Task H07_Head_HasHeaders_AndStartsNothing()
    {
        var source = Script.Waits<string>();
        await using var host = await TestHost.StartAsync(app =>
        {
            app.MapMethods("/sse", ["GET", "HEAD"], () => TokenResults.ServerSentEvents(source));
            app.MapMethods("/lines", ["GET", "HEAD"], () => TokenResults.JsonLines(source));
            app.MapMethods("/text", ["GET", "HEAD"], () => TokenResults.Text(source));
        });
        foreach (var (path, type) in new[] { ("/sse", "text/event-stream"), ("/lines", "application/x-ndjson"), ("/text", "text/plain") })
        {
            using var request = new HttpRequestMessage(HttpMethod.Head, path);
            using var response = await host.Client.SendAsync(request);
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(response.Content.Headers.ContentType!.MediaType, Is.EqualTo(type));
            Assert.That(await response.Content.ReadAsStringAsync(), Is.Empty);
        }

        Assert.That(source.Started, Is.Zero);
    }

    [Test]
    public async Task H08_BufferingIsSwitchedOffOnce_BeforeTheFirstByte_AndEachEventIsFlushedOnce()
    {
        var response = new MemoryResponse();
        await response.Serve(TokenResults.ServerSentEvents(Script.Items("a", "b", "c")));
        Assert.That(response.Calls, Is.EqualTo(new[] { "DisableBuffering", "Flush", "Flush", "Flush", "Flush" }), "three items and the end");
    }

    [Test]
    public async Task Http2_StreamsTheSame()
    {
        var (source, writer) = Script.Handed<string>();
        await using var host = await TestHost.StartAsync(
            () => TokenResults.ServerSentEvents(source),
            protocols: HttpProtocols.Http2);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        var asked = host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        writer.TryWrite("a");
        using var response = await asked;
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.That(await reader.ReadLineAsync().WaitAsync(TestHost.Patience), Is.EqualTo("data: a"));
        writer.Complete();
        Assert.That(await reader.ReadToEndAsync().WaitAsync(TestHost.Patience), Is.EqualTo("id: started\n\nevent: end\ndata: \nid: ended\n\n"));
        Assert.That(host.Logs.Errors, Is.Empty);
    }

    /// <summary>Takes away the header that keeps the compressor out; what is left is that buffering is switched off.</summary>
    private static Task WithoutIdentity(HttpContext context, RequestDelegate next)
    {
        var inner = context.Features.Get<IHttpResponseBodyFeature>()!;
        context.Features.Set<IHttpResponseBodyFeature>(new Unnamed(context, inner));
        return next(context);
    }

    private sealed class Unnamed(HttpContext context, IHttpResponseBodyFeature inner) : IHttpResponseBodyFeature
    {
        public Stream Stream => inner.Stream;

        public System.IO.Pipelines.PipeWriter Writer => inner.Writer;

        public void DisableBuffering()
        {
            context.Response.Headers.Remove("Content-Encoding");
            inner.DisableBuffering();
        }

        public Task StartAsync(CancellationToken cancellationToken) => inner.StartAsync(cancellationToken);

        public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken) => inner.SendFileAsync(path, offset, count, cancellationToken);

        public Task CompleteAsync() => inner.CompleteAsync();
    }
}
