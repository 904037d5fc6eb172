using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace RxTokens.AspNetCore.Tests;

/// <summary>How far a source gets ahead of a client that does not read.</summary>
public class UnsentLimitTests
{
    private const int Tcp = 6;
    private const int NotSentLowWaterMark = 25;

    [Test]
    public async Task D01_ClientThatNeverReads_HoldsTheSourceWithin300ItemsOfAKilobyte()
    {
        var reads = await ReadAheadAsync(builder => builder.WebHost.UseUnsentLimit(), receiveBuffer: null);
        Assert.That(reads, Is.LessThanOrEqualTo(300));
    }

    [TestCase(64 * 1024, 105)]
    [TestCase(32 * 1024, 70)]
    [TestCase(4 * 1024, 40)]
    public async Task D03_ClientWithASmallWindow_HoldsItWithinBothBuffers(int writeBufferBytes, int most)
    {
        var reads = await ReadAheadAsync(builder => builder.WebHost.UseUnsentLimit(writeBufferBytes: writeBufferBytes), receiveBuffer: 4096);
        Assert.That(reads, Is.LessThanOrEqualTo(most), "16 KB of the system's, Kestrel's, and what the client has");
    }

    [TestCase(64 * 1024, 110)]
    [TestCase(4 * 1024, 30)]
    [Platform("Linux")]
    public async Task D04_ASourceThatIsHeld_MovesInStepsOfWhatWaits(int writeBufferBytes, int most)
    {
        var source = Script.Repeats(new string('x', 1000));
        await using var host = await TestHost.StartAsync(() => TokenResults.ServerSentEvents(source), builder => builder.WebHost.UseUnsentLimit(writeBufferBytes: writeBufferBytes));
        using var client = await host.ConnectAsync(receiveBuffer: 4096);
        await UntilItRestsAsync(source);

        var steps = new List<int>();
        for (var i = 0; i < 150; i++)
        {
            var before = source.Reads;
            await client.ReadSomeAsync(2000);
            await UntilItRestsAsync(source, looks: 2);
            if (source.Reads > before)
                steps.Add(source.Reads - before);
        }

        TestContext.Out.WriteLine($"{steps.Count} steps, {steps.Max()} items at most: {string.Join(' ', steps)}");
        Assert.That(steps.Max(), Is.LessThanOrEqualTo(most));
    }

    [Test]
    public async Task D03_KestrelsBuffer_IsBounded_UnlessItIsSmallerAlready()
    {
        Assert.That(await MaxWriteBufferSizeAsync(_ => { }), Is.EqualTo(64 * 1024));
        Assert.That(await MaxWriteBufferSizeAsync(options => options.MaxWriteBufferSize = 100), Is.EqualTo(100));
        Assert.That(await MaxWriteBufferSizeAsync(options => options.MaxWriteBufferSize = null), Is.EqualTo(64 * 1024));

        static async Task<long?> MaxWriteBufferSizeAsync(Action<SocketTransportOptions> configure)
        {
            await using var host = await TestHost.StartAsync(_ => { }, builder =>
            {
                builder.WebHost.UseUnsentLimit();
                builder.Services.Configure(configure); // after it, and before it all the same
            });
            return host.Services.GetRequiredService<IOptions<SocketTransportOptions>>().Value.MaxWriteBufferSize;
        }
    }

    [TestCase(1)]
    [TestCase(16 * 1024)]
    [TestCase(int.MaxValue)]
    [Platform("Linux")]
    public async Task D09_AcceptedSockets_HaveTheLimit(int bytes) =>
        Assert.That(await LimitOfAcceptedAsync(builder => builder.WebHost.UseUnsentLimit(bytes)), Is.EqualTo(bytes));

    [Test]
    [Platform("Linux")]
    public async Task CalledTwice_TheLastLimitHolds() =>
        Assert.That(await LimitOfAcceptedAsync(builder => builder.WebHost.UseUnsentLimit(1000).UseUnsentLimit(2000)), Is.EqualTo(2000));

    [Test]
    [Platform("Linux")]
    public async Task TheApplicationsOwnSockets_AreLimitedToo()
    {
        var made = 0;
        var limit = await LimitOfAcceptedAsync(builder =>
        {
            builder.WebHost.UseUnsentLimit(3000);
            builder.WebHost.UseSockets(options => options.CreateBoundListenSocket = endpoint =>
            {
                made++;
                return SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
            });
        });
        Assert.That((limit, made), Is.EqualTo((3000, 1)));
    }

    [TestCase(0)]
    [TestCase(-1)]
    public void D09_NoLimit_IsRefused(int bytes)
    {
        var builder = WebApplication.CreateSlimBuilder();
        Assert.That(() => builder.WebHost.UseUnsentLimit(bytes), Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ActualValue").EqualTo(bytes));
        Assert.That(() => builder.WebHost.UseUnsentLimit(writeBufferBytes: bytes), Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("writeBufferBytes"));
        Assert.That(() => UnsentLimitExtensions.UseUnsentLimit(null!), Throws.ArgumentNullException);
    }

    [Test]
    [Platform("Linux")]
    public async Task D06_UnixSockets_AreLeftAlone_AndLoggedOnce()
    {
        var folder = Directory.CreateTempSubdirectory("rxtokens");
        try
        {
            await using var host = await TestHost.StartAsync(
                app => app.MapGet("/", (HttpContext context) => Limit(context)),
                builder => builder.WebHost.UseUnsentLimit().ConfigureKestrel(kestrel =>
                {
                    kestrel.ListenUnixSocket(Path.Combine(folder.FullName, "a"));
                    kestrel.ListenUnixSocket(Path.Combine(folder.FullName, "b"));
                }));
            Assert.That(await host.Client.GetStringAsync(new Uri("/", UriKind.Relative)), Is.EqualTo("16384"));
            Assert.That(host.Logs.Lines.Count(line => line.Text.Contains("unsent", StringComparison.Ordinal)), Is.EqualTo(1));

            using var handler = new SocketsHttpHandler
            {
                ConnectCallback = async (_, token) =>
                {
                    var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(folder.FullName, "a")), token);
                    return new NetworkStream(socket, ownsSocket: true);
                },
            };
            using var client = new HttpClient(handler);
            Assert.That(await client.GetStringAsync(new Uri("http://localhost/")), Is.EqualTo("none"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>How many items of a kilobyte the source was asked for by a client that reads nothing.</summary>
    private static async Task<int> ReadAheadAsync(Action<WebApplicationBuilder> configure, int? receiveBuffer)
    {
        var source = Script.Repeats(new string('x', 1000));
        await using var host = await TestHost.StartAsync(() => TokenResults.ServerSentEvents(source), configure);
        using var client = await host.ConnectAsync(receiveBuffer: receiveBuffer);
        await UntilItRestsAsync(source);
        TestContext.Out.WriteLine($"{source.Reads} items read ahead");
        return source.Reads;
    }

    private static async Task UntilItRestsAsync(ScriptedSource<string> source, int looks = 50)
    {
        var (reads, still) = (0, 0);
        for (var i = 0; still < looks && i < 500; i++)
        {
            await Task.Delay(10);
            still = source.Reads == reads && reads > 0 ? still + 1 : 0;
            reads = source.Reads;
        }
    }

    private static async Task<int> LimitOfAcceptedAsync(Action<WebApplicationBuilder> configure)
    {
        await using var host = await TestHost.StartAsync(app => app.MapGet("/", (HttpContext context) => Limit(context)), configure);
        return int.Parse(await host.Client.GetStringAsync(new Uri("/", UriKind.Relative)), System.Globalization.CultureInfo.InvariantCulture);
    }

    private static string Limit(HttpContext context)
    {
        var socket = context.Features.Get<IConnectionSocketFeature>()!.Socket;
        if (socket.AddressFamily == AddressFamily.Unix)
            return "none";

        var value = new byte[sizeof(int)];
        socket.GetRawSocketOption(Tcp, NotSentLowWaterMark, value);
        return $"{BitConverter.ToInt32(value)}";
    }
}
