using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace RxTokens;

/// <summary>Answers that are no streams.</summary>
internal static class Refusal
{
    /// <summary>503: another server may do it, or this one after its restart.</summary>
    public static void OfAStoppingHost(HttpContext context, ServingSettings settings)
    {
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        context.Response.Headers.RetryAfter = TokenFailure.Seconds(settings.ComeBack()).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>The status of a failure, with its message as the details of a problem.</summary>
    public static Task AnswerAsync(HttpContext context, ServingSettings settings, TokenFailure failure, Exception exception)
    {
        if (failure.StatusCode >= 500)
            Log.FailedBefore(settings.Logger, exception);
        if (failure.RetryAfterSeconds is { } seconds)
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return TypedResults.Problem(failure.Message, statusCode: failure.StatusCode).ExecuteAsync(context);
    }
}
