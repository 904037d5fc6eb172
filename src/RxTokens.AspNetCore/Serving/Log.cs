using Microsoft.Extensions.Logging;

namespace RxTokens;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Error, "The stream has failed after its response had begun.")]
    public static partial void Failed(ILogger logger, Exception failure);

    [LoggerMessage(2, LogLevel.Error, "The stream has failed before its response had begun.")]
    public static partial void FailedBefore(ILogger logger, Exception failure);

    [LoggerMessage(3, LogLevel.Error, "The stream could not be cleaned up after it was left.")]
    public static partial void CleanUpFailed(ILogger logger, Exception failure);

    [LoggerMessage(4, LogLevel.Error, "DescribeFailure has failed; the client was told no more than that the stream has failed.")]
    public static partial void DescriptionFailed(ILogger logger, Exception failure);

    [LoggerMessage(5, LogLevel.Debug, "The client was gone when its stream failed.")]
    public static partial void FailedUnheard(ILogger logger, Exception failure);

    [LoggerMessage(9, LogLevel.Debug, "The response takes nothing any more.")]
    public static partial void FlushFailed(ILogger logger, Exception failure);

    [LoggerMessage(6, LogLevel.Information, "A client that did not read was cut off {Seconds} s after the host began to stop.")]
    public static partial void CutOff(ILogger logger, double seconds);

    [LoggerMessage(7, LogLevel.Information, "The limit to unsent bytes does not apply to {Endpoint}: its sockets know none.")]
    public static partial void NoUnsentLimit(ILogger logger, object endpoint);

    [LoggerMessage(8, LogLevel.Information, "The system does not know TCP_NOTSENT_LOWAT: the limit to unsent bytes of {Endpoint} is its send buffer.")]
    public static partial void NoLowWaterMark(ILogger logger, object endpoint, Exception failure);
}
