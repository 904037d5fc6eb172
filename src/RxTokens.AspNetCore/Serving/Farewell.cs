using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace RxTokens;

/// <summary>The end of a connection whose response is over, but not read: it would hold a host that stops for the whole of its shutdown timeout.</summary>
internal static class Farewell
{
    /// <summary>Aborts the connection, unless it is closed by then. Of HTTP/1.1, where it has no other request; in HTTP/2 the response itself can be waited for.</summary>
    public static void AbortAfter(HttpContext context, TimeSpan time, TimeProvider clock)
    {
        if (!HttpProtocol.IsHttp11(context.Request.Protocol) && !HttpProtocol.IsHttp10(context.Request.Protocol))
            return;
        if (context.Features.Get<IConnectionLifetimeFeature>() is not { } connection)
            return;

        var timer = clock.CreateTimer(
            static connection => ((IConnectionLifetimeFeature)connection!).Abort(), connection, time > TimeSpan.Zero ? time : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        connection.ConnectionClosed.UnsafeRegister(static timer => ((ITimer)timer!).Dispose(), timer);
    }
}
