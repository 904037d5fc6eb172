using System.Globalization;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RxTokens;

namespace Serve;

/// <summary>What is asked.</summary>
internal sealed record Asked(string? Question);

/// <summary>The application, around any model. This is the part to copy.</summary>
internal static class App
{
    private const string Asking = "asking";
    private const int LongestQuestion = 4_000;

    private static readonly TimeSpan TenMinutes = TimeSpan.FromMinutes(10);

    /// <param name="options">Addresses and limits.</param>
    /// <param name="ask">Answers a question, token by token.</param>
    /// <param name="configure">What a test does to the host.</param>
    public static WebApplication Create(Options options, Func<string, IAsyncEnumerable<string>> ask, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning).AddFilter("Microsoft.Hosting", LogLevel.Warning)
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None); // what keeps it from starting is said by who starts it
        builder.WebHost
            .UseUrls(options.Urls)
            .UseUnsentLimit();                                                  // a client that is full is full after some 80 KB, not after 4 MB

        var quota = new TokenQuota(options.Quota, options.QuotaWindow ?? TenMinutes, TimeProvider.System);
        builder.Services.AddSingleton<ITokenQuota>(quota);
        builder.Services.AddSingleton<Figures>();
        builder.Services.AddTokenStreams(streams =>
        {
            streams.StopUnreadAfter = TimeSpan.FromMinutes(1);                  // a reload takes less, and nobody pays for what nobody reads
            streams.Admission = PartitionedRateLimiter.Create<string, string>(owner =>
                RateLimitPartition.GetConcurrencyLimiter(owner, _ => new() { PermitLimit = 2, QueueLimit = 0 }));
        });
        builder.Services.Configure<TokenResultOptions>(results => results.DescribeFailure = Describe);
        builder.Services.AddRateLimiter(limiter =>
        {
            limiter.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
            limiter.OnRejected = SayWhenToComeBack;
            limiter.AddPolicy(Asking, http => RateLimitPartition.Get(
                Visitor.Of(http), _ => new QuestionWindow(options.Questions, options.QuestionsWindow ?? TenMinutes, TimeProvider.System)));
        });
        configure?.Invoke(builder);

        var app = builder.Build();
        app.Services.GetRequiredService<Figures>();                             // it counts from the beginning
        app.Use(Visitor.RecognizeAsync);
        app.UseRateLimiter();
        Page.Map(app);
        MapAnswers(app, ask);
        return app;
    }

    private static void MapAnswers(IEndpointRouteBuilder app, Func<string, IAsyncEnumerable<string>> ask)
    {
        // An answer that lives apart from its requests. Asking is limited, following is not: an EventSource that gets 429 stays away for good.
        app.MapPost("/answers", async Task<IResult> (Asked asked, HttpContext http, TokenStreamHub hub, ITokenQuota quota) =>
        {
            var owner = Visitor.Of(http);
            if (Complaint(asked) is { } complaint)
                return complaint;
            if (await ExhaustedAsync(http, quota, owner) is { } exhausted)
                return exhausted;
            return hub.Start(owner, (_, _) => ask(asked.Question!).WithinQuota(quota, owner, cost: _ => 1, Price(asked)));
        }).RequireRateLimiting(Asking);

        app.MapGet("/answers/{id}", (string id, HttpContext http, TokenStreamHub hub) => hub.Follow(Visitor.Of(http), id));

        app.MapDelete("/answers/{id}", (string id, HttpContext http, TokenStreamHub hub) => hub.Stop(Visitor.Of(http), id));

        // How far the model is, for a page that shows how far behind it is.
        app.MapGet("/answers/{id}/state", async Task<IResult> (string id, HttpContext http, TokenStreamHub hub, Figures figures) =>
            await hub.FindAsync(Visitor.Of(http), id, http.RequestAborted) is { } state
                ? TypedResults.Ok(new { state.Position, Kept = state.Position - state.Start, HasEnded = state.End is not null, figures.Responses, figures.Waits, figures.SecondsWaited })
                : TypedResults.NotFound());

        // An answer that is its request: who leaves stops it, and who reads slowly slows the model down.
        app.MapPost("/stream", IResult (Asked asked, HttpContext http, ITokenQuota quota) =>
            Complaint(asked) ?? TokenResults.ServerSentEvents(ask(asked.Question!)
                .WithinQuota(quota, Visitor.Of(http), cost: _ => 1, Price(asked))
                .Conflate())).RequireRateLimiting(Asking);
    }

    private static IResult? Complaint(Asked asked) => asked.Question?.Trim().Length is > 0 and <= LongestQuestion
        ? null
        : TypedResults.Problem($"A question has from 1 to {LongestQuestion} characters.", statusCode: StatusCodes.Status400BadRequest);

    /// <summary>About four characters to a token. A tokenizer knows it better.</summary>
    private static int Price(Asked asked) => (asked.Question!.Length + 3) / 4;

    /// <summary>A hub's answer begins after its POST. So that a visitor who has nothing left is told at once, this looks first.</summary>
    private static async ValueTask<IResult?> ExhaustedAsync(HttpContext http, ITokenQuota quota, string owner)
    {
        var look = await quota.ReserveAsync(owner, charge: 0, hold: 1);
        if (look.Exceeded is { } exceeded)
        {
            var told = Told(exceeded);
            http.Response.Headers.RetryAfter = Seconds(told.RetryAfter ?? TenMinutes);
            return TypedResults.Problem(told.Message, statusCode: told.StatusCode);
        }

        await quota.SettleAsync(look, charge: 0, hold: 0);
        return null;
    }

    private static TokenFailure? Describe(Exception failure) => failure switch
    {
        TokenQuotaExceededException full => Told(full.Exceeded),
        TimeoutException => new() { Message = "The model has fallen silent.", StatusCode = StatusCodes.Status504GatewayTimeout },
        CutOffException => new() { Message = "The model's answer was cut off.", StatusCode = StatusCodes.Status502BadGateway },
        _ => new() { Message = "The model has failed.", StatusCode = StatusCodes.Status502BadGateway },
    };

    private static TokenFailure Told(QuotaExceeded exceeded) => new()
    {
        EventType = TokenEvents.Quota,
        StatusCode = StatusCodes.Status429TooManyRequests,
        RetryAfter = exceeded.RetryAfter,
        Message = string.Create(CultureInfo.InvariantCulture, $"You have used your {exceeded.Limit:N0} tokens within {exceeded.Window.TotalMinutes:0.#} minutes."),
    };

    private static async ValueTask SayWhenToComeBack(OnRejectedContext rejected, CancellationToken cancellationToken)
    {
        if (rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var time))
            rejected.HttpContext.Response.Headers.RetryAfter = Seconds(time);
        await TypedResults.Problem("So many questions in so short a time are not answered.", statusCode: StatusCodes.Status429TooManyRequests).ExecuteAsync(rejected.HttpContext);
    }

    private static string Seconds(TimeSpan time) => Math.Max(1, (long)Math.Ceiling(time.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
}
