using Microsoft.Extensions.Logging;

namespace RxTokens;

internal static partial class HubLog
{
    [LoggerMessage(LogLevel.Error, "The source of an answer has failed.")]
    public static partial void AnswerFailed(ILogger logger, Exception failure);

    [LoggerMessage(LogLevel.Error, "The log of an answer has failed.")]
    public static partial void LogFailed(ILogger logger, Exception failure);

    [LoggerMessage(LogLevel.Warning, "{Count} answer(s) were not over when the host had no more time to stop: their sources, or their logs, do not heed their tokens.")]
    public static partial void AnswersLeft(ILogger logger, int count);

    [LoggerMessage(LogLevel.Error, "A callback of the token by which an answer is stopped has failed.")]
    public static partial void CancellationFailed(ILogger logger, Exception failure);
}
