using Microsoft.Extensions.Logging;

namespace RxTokens;

internal static partial class HubLog
{
    [LoggerMessage(LogLevel.Error, "The source of an answer has failed.")]
    public static partial void AnswerFailed(ILogger logger, Exception failure);

    [LoggerMessage(LogLevel.Error, "The log of an answer has failed.")]
    public static partial void LogFailed(ILogger logger, Exception failure);

    [LoggerMessage(LogLevel.Error, "A callback of the token by which an answer is stopped has failed.")]
    public static partial void CancellationFailed(ILogger logger, Exception failure);
}
