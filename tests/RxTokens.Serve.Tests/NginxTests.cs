using System.Net;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Serve;

namespace RxTokens.Serve.Tests;

/// <summary>Behind nginx, with the lines of docs/serving.md.</summary>
[Category("Nginx")]
public class NginxTests
{
    /// <summary>An item is let go when the client has the one before: one that is held back on the way is waited for in vain.</summary>
    [TestCase(true)]
    [TestCase(false, Description = "nginx's own defaults: the header of ours is enough")]
    public async Task H03_EachEvent_ComesWhenItIsSent(bool isConfigured)
    {
        using var letGo = new SemaphoreSlim(1);
        await using var app = await StartAsync((context, stopped) => TokenResults.ServerSentEvents(Items(letGo, stopped)));
        await using var nginx = await Nginx.StartAsync(PortOf(app), isConfigured ? null : lines => Nginx.Replaced(lines, "proxy_buffering off;", ""));

        using var response = await nginx.Client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead);
        var events = new List<string>();
        await foreach (var item in SseParser.Create(await response.Content.ReadAsStreamAsync()).EnumerateAsync().WithCancellation(Patience()))
        {
            events.Add(item.EventType == "message" ? item.Data : item.EventType);
            letGo.Release();
        }

        Assert.That(events, Is.EqualTo(Enumerable.Range(0, 20).Select(i => $"{i}").Append("end")), "21 reads");
        Assert.That(response.Headers.Contains("X-Accel-Buffering"), Is.False, "it is nginx's, not the client's");

        static async IAsyncEnumerable<string> Items(SemaphoreSlim letGo, [EnumeratorCancellation] CancellationToken stopped)
        {
            for (var i = 0; i < 20; i++)
            {
                await letGo.WaitAsync(stopped);
                yield return $"{i}";
            }
        }
    }

    /// <summary>Measured: some 4,600 without the small buffer, some 300 with it.</summary>
    [Test]
    public async Task AClientThatDoesNotRead_MakesTheSourceWait_IfNginxHasASmallBuffer()
    {
        var with = await ReadAheadAsync(change: null);
        var without = await ReadAheadAsync(lines => Nginx.Replaced(lines, " sndbuf=16k", ""));
        TestContext.Out.WriteLine($"items of 1 KB read ahead: {with} with sndbuf=16k, {without} without");
        Assert.That(with, Is.InRange(1, 700));
        Assert.That(without, Is.GreaterThan(with));
    }

    private static async Task<int> ReadAheadAsync(Func<string, string>? change)
    {
        var source = new Counted();
        await using var app = await StartAsync((_, stopped) => TokenResults.ServerSentEvents(source.Read(stopped)));
        await using var nginx = await Nginx.StartAsync(PortOf(app), change);
        using var client = await ConnectAsync(nginx.Port);

        var (last, same) = (0, 0);
        for (var i = 0; same < 15 && i < 300; i++)
        {
            await Task.Delay(100);
            same = source.Count == last && last > 0 ? same + 1 : 0;
            last = source.Count;
        }

        Assert.That(same, Is.EqualTo(15), "the source has come to rest");
        return last;
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task L02_ABrowserThatLeaves_StopsTheSource(bool isFull)
    {
        var source = new Counted { IsEndless = isFull };
        await using var app = await StartAsync((_, stopped) => TokenResults.ServerSentEvents(source.Read(stopped)));
        await using var nginx = await Nginx.StartAsync(PortOf(app));
        var client = await ConnectAsync(nginx.Port);
        var byteOfBody = new byte[1];
        await client.ReceiveAsync(byteOfBody);
        if (isFull)
            await Task.Delay(500); // nothing is asserted on how full it is

        client.Dispose();
        await source.Left.Task.WaitAsync(Site.Patience);
    }

    /// <summary>Plain text can say that it is not complete by an aborted connection alone.</summary>
    [Test]
    public async Task AResponseThatIsAborted_IsNotTakenForACompleteOne()
    {
        var protocol = "";
        await using var app = await StartAsync((context, _) =>
        {
            protocol = context.Request.Protocol;
            return TokenResults.Text(Fails());
        });
        await using var nginx = await Nginx.StartAsync(PortOf(app));

        using var response = await nginx.Client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead);
        Assert.That(() => response.Content.ReadAsStringAsync(), Throws.InstanceOf<HttpRequestException>().Or.InstanceOf<IOException>());
        Assert.That(protocol, Is.EqualTo("HTTP/1.1"));

        static async IAsyncEnumerable<string> Fails()
        {
            yield return "half";
            await Task.Delay(300);
            throw new InvalidOperationException("broken");
        }
    }

    /// <summary>A server that was killed in the middle: the system closes its connections as if all were well.</summary>
    [TestCase(true)]
    [TestCase(false)]
    public async Task AServerThatWasKilled_LooksComplete_OverHttp10Alone(bool isConfigured)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using var nginx = await Nginx.StartAsync(
            ((IPEndPoint)listener.LocalEndpoint).Port, isConfigured ? null : lines => Nginx.Replaced(lines, "proxy_http_version 1.1;", ""));
        var answering = AnswerHalfAsync(listener);

        using var response = await nginx.Client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead);
        if (isConfigured)
            Assert.That(() => response.Content.ReadAsStringAsync(), Throws.InstanceOf<HttpRequestException>().Or.InstanceOf<IOException>());
        else
            Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("half"), "what the guide warns of");
        await answering;

        static async Task AnswerHalfAsync(TcpListener listener)
        {
            using var connection = await listener.AcceptSocketAsync();
            var bytes = new byte[4096];
            var request = Encoding.ASCII.GetString(bytes, 0, await connection.ReceiveAsync(bytes));
            var isChunked = request.StartsWith("GET / HTTP/1.1\r\n", StringComparison.Ordinal); // as Kestrel does it
            await connection.SendAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\n{(isChunked ? "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n" : "Connection: close\r\n\r\nhalf")}"));
            connection.Shutdown(SocketShutdown.Both);
        }
    }

    /// <summary>The example, resumed through the proxy.</summary>
    [Test]
    public async Task AnAnswer_IsResumedThroughNginx()
    {
        var script = new Script();
        await using var site = await Site.StartAsync(script.Answer);
        await using var nginx = await Nginx.StartAsync(site.Port);
        using var started = await nginx.Client.PostAsJsonAsync("answers", new Asked("Why?"));
        var path = started.Headers.Location!.OriginalString;

        script.Say("one, ");
        var id = "";
        using (var first = await nginx.Client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead))
        {
            var parser = SseParser.Create(await first.Content.ReadAsStreamAsync());
            await foreach (var item in parser.EnumerateAsync().WithCancellation(Patience()))
            {
                if (item.Data.Length > 0)
                    break;
            }

            id = parser.LastEventId;
        }

        script.Say("two");
        script.End();
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("Last-Event-ID", id);
        using var second = await nginx.Client.SendAsync(request);
        Assert.That(await second.Content.ReadAsStringAsync(), Does.Contain("event: end").And.Contain("two").And.Not.Contain("one"));
    }

    /// <summary>Items of 1 KB, counted.</summary>
    private sealed class Counted
    {
        private int _count;

        public bool IsEndless { get; init; } = true;

        public int Count => Volatile.Read(ref _count);

        public TaskCompletionSource Left { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async IAsyncEnumerable<string> Read([EnumeratorCancellation] CancellationToken stopped)
        {
            var item = new string('x', 1000);
            try
            {
                do
                {
                    Interlocked.Increment(ref _count);
                    yield return item;
                }
                while (IsEndless);
                await Task.Delay(Timeout.Infinite, stopped);
            }
            finally
            {
                Left.TrySetResult();
            }
        }
    }

    private static async Task<WebApplication> StartAsync(Func<HttpContext, CancellationToken, IResult> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").UseUnsentLimit();
        var app = builder.Build();
        app.MapGet("/", (HttpContext context) => answer(context, context.RequestAborted));
        await app.StartAsync();
        return app;
    }

    private static int PortOf(WebApplication app) => new Uri(app.Urls.First()).Port;

    private static CancellationToken Patience() => new CancellationTokenSource(Site.Patience).Token;

    private static async Task<Socket> ConnectAsync(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("127.0.0.1", port);
        await socket.SendAsync(Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        return socket;
    }
}
