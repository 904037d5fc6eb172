using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace RxTokens;

/// <summary>A limit to what waits unsent for a slow client.</summary>
public static class UnsentLimitExtensions
{
    /// <summary>Bounds how much waits unsent for each client of Kestrel, so that a client that does not read makes the source wait.</summary>
    /// <remarks>
    /// <para>By default the system's send buffer grows to megabytes, and a source is thousands of items ahead of its client before anything makes
    /// it wait. On Linux this sets TCP_NOTSENT_LOWAT on the listening sockets, from which accepted ones have it: what is on its way to the client does
    /// not count, so that a fast client is no slower. Elsewhere it sets the send buffer, which includes what is on its way.</para>
    /// <para>It also bounds Kestrel's own buffer before the socket (<see cref="SocketTransportOptions.MaxWriteBufferSize"/>, 64 KB by default), unless
    /// less is set, and to those 64 KB where it has been unbounded: they cost a fast client nothing. 4 KB let a slow one wait for less - what it gets is fresher,
    /// as <c>Conflate()</c> is asked for it later - and cost throughput only above some 100 MB/s a connection: docs/serving.md. Kestrel's <c>MaxResponseBufferSize</c> has no such effect.</para>
    /// <para>A <see cref="SocketTransportOptions.CreateBoundListenSocket"/> that the application has set makes the socket, as before. Unix domain
    /// sockets are left alone: they have no such option. HTTP.sys, IIS and QUIC have sockets of their own, to which this does not apply.</para>
    /// <para>Called again, the last limits hold.</para>
    /// </remarks>
    /// <param name="webHost">The builder of the web host.</param>
    /// <param name="bytes">How many bytes may wait unsent in the system, beside the last send; 16 KB by default.</param>
    /// <param name="writeBufferBytes">How many bytes may wait in Kestrel, beside the last event; 64 KB by default.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="webHost"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="bytes"/> or <paramref name="writeBufferBytes"/> is zero or negative.</exception>
    public static IWebHostBuilder UseUnsentLimit(this IWebHostBuilder webHost, int bytes = 16 * 1024, int writeBufferBytes = 64 * 1024)
    {
        ArgumentNullException.ThrowIfNull(webHost);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes); // to the system, 0 is no limit at all
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(writeBufferBytes); // and to Kestrel, none that is known to work

        return webHost.ConfigureServices(services =>
        {
            services.Configure<UnsentLimit>(limit => (limit.Bytes, limit.WriteBufferBytes) = (bytes, writeBufferBytes));
            services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<SocketTransportOptions>, LimitedSockets>());
        });
    }
}
