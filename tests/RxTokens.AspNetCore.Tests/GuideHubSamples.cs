using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.DependencyInjection;

namespace RxTokens.AspNetCore.Tests;

/// <summary>The samples of docs/serving.md on the hub and on limits, run.</summary>
public class GuideHubSamples
{
    private sealed record Started(string Id);

    [Test]
    public async Task TheHub_OfTheGuide()
    {
        await using var host = await TestHost.StartAsync(
            app =>
            {
                app.MapPost("/answers", (Question question, HttpContext http, TokenStreamHub hub) =>
                    hub.Start(OwnerOf(http), (services, stopped) => services.GetRequiredService<IAnswers>().Ask(question.Text)));
                app.MapGet("/answers/{id}", (string id, HttpContext http, TokenStreamHub hub) => hub.Follow(OwnerOf(http), id));
                app.MapDelete("/answers/{id}", (string id, HttpContext http, TokenStreamHub hub) => hub.Stop(OwnerOf(http), id));
            },
            builder =>
            {
                builder.Services.AddScoped<IAnswers, Answers>();
                builder.Services.AddTokenStreams(options => options.StopUnreadAfter = TimeSpan.FromMinutes(1));
            });

        var id = await StartAsync(host);
        Assert.That(await host.Client.GetStringAsync($"/answers/{id}"), Does.Contain("event: end"));
        using var stopped = await host.Client.DeleteAsync($"/answers/{id}");
        Assert.That(stopped.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        var hub = host.Services.GetRequiredService<TokenStreamHub>();
        Assert.That(await hub.FindAsync("ann", id), Is.EqualTo(new TokenLogState(0, 12, TokenLogEnd.Complete)));
        Assert.That(await hub.FindAsync("bob", id), Is.Null);
        Assert.That(() => hub.FindAsync("", id), Throws.ArgumentException);
        Assert.That(() => hub.FindAsync("ann", null!), Throws.ArgumentNullException);
    }

    [Test]
    public async Task TheLimits_OfTheGuide()
    {
        await using var host = await TestHost.StartAsync(
            app =>
            {
                app.UseRateLimiter();
                app.MapPost("/answers", async Task<IResult> (Question question, HttpContext http, TokenStreamHub hub, ITokenQuota quota) =>
                {
                    var owner = OwnerOf(http);   // here: the request is over when the stream is read
                    var look = await quota.ReserveAsync(owner, charge: 0, hold: 1);
                    if (look.Exceeded is { } spent)
                    {
                        http.Response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(spent.RetryAfter?.TotalSeconds ?? 1)).ToString(CultureInfo.InvariantCulture);
                        return TypedResults.Problem("That was enough for now.", statusCode: StatusCodes.Status429TooManyRequests);
                    }

                    await quota.SettleAsync(look, charge: 0, hold: 0);
                    return hub.Start(owner, (services, stopped) => services.GetRequiredService<IAnswers>().Ask(question.Text)
                        .WithinQuota(quota, owner, cost: _ => 1));
                }).RequireRateLimiting("asking");
                app.MapGet("/answers/{id}", (string id, HttpContext http, TokenStreamHub hub) => hub.Follow(OwnerOf(http), id));
                app.MapGet("/answer", (string question, HttpContext http, IAnswers answers, ITokenQuota quota) =>
                    TokenResults.ServerSentEvents(answers.Ask(question)
                        .WithinQuota(quota, OwnerOf(http), cost: _ => 1, promptTokens: question.Length / 4)
                        .Conflate()));
            },
            builder =>
            {
                builder.Services.AddSingleton<IAnswers, Answers>();
                builder.Services.AddSingleton<ITokenQuota>(new TokenQuota(limit: 20_000, window: TimeSpan.FromMinutes(10), TimeProvider.System));
                builder.Services.AddTokenStreams(options => options.Admission = PartitionedRateLimiter.Create<string, string>(owner =>
                    RateLimitPartition.GetConcurrencyLimiter(owner, _ => new() { PermitLimit = 2, QueueLimit = 0 })));
                builder.Services.Configure<TokenResultOptions>(options => options.DescribeFailure = failure => failure is TokenQuotaExceededException spent
                    ? new TokenFailure { EventType = TokenEvents.Quota, Message = "That was enough for now.", StatusCode = 429, RetryAfter = spent.RetryAfter }
                    : null);
                builder.Services.AddRateLimiter(limiter =>
                {
                    limiter.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
                    limiter.OnRejected = (rejected, _) =>
                    {
                        if (rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var time))
                            rejected.HttpContext.Response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(time.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
                        return ValueTask.CompletedTask;
                    };
                    limiter.AddPolicy("asking", http => RateLimitPartition.GetFixedWindowLimiter(
                        OwnerOf(http), _ => new() { PermitLimit = 20, Window = TimeSpan.FromMinutes(10) }));
                });
            });
        var quota = host.Services.GetRequiredService<ITokenQuota>();

        Assert.That(await host.Client.GetStringAsync($"/answers/{await StartAsync(host)}"), Does.Contain("event: end"));
        Assert.That(await host.Client.GetStringAsync("/answer?question=Why"), Does.Contain("event: end"));
        await quota.ReserveAsync("ann", charge: 19_994, hold: 1); // 4 were used by the two answers; one is left, and one more is held
        Assert.That(await host.Client.GetStringAsync("/answer?question=Why"), Does.Contain("event: quota\ndata: {\"message\":\"That was enough for now.\",\"retryAfter\":"));

        await quota.ReserveAsync("ann", charge: 0, hold: 1);
        foreach (var refused in new[] { await host.Client.GetAsync("/answer?question=Why"), await host.Client.PostAsJsonAsync("/answers", new Question("Why")) })
        {
            using (refused)
                Assert.That((refused.StatusCode, refused.Headers.RetryAfter?.Delta > TimeSpan.Zero), Is.EqualTo((HttpStatusCode.TooManyRequests, true)));
        }

        var last = HttpStatusCode.OK;
        for (var i = 0; i < 19; i++)
        {
            using var response = await host.Client.PostAsJsonAsync("/answers", new Question("Why"));
            (last, var after) = (response.StatusCode, response.Headers.RetryAfter?.Delta);
            Assert.That(after, Is.GreaterThan(TimeSpan.Zero).And.LessThanOrEqualTo(TimeSpan.FromMinutes(10.2)));
        }

        Assert.That(last, Is.EqualTo(HttpStatusCode.TooManyRequests));
    }

    [Test]
    public async Task H10_APageOfAnotherOrigin_MayResume()
    {
        await using var host = await TestHost.StartAsync(
            app =>
            {
                app.UseCors();
                app.MapPost("/answers", (HttpContext http, TokenStreamHub hub) => hub.Start(OwnerOf(http), (_, _) => Script.Items("Why: ", "because")));
                app.MapGet("/answers/{id}", (string id, HttpContext http, TokenStreamHub hub) => hub.Follow(OwnerOf(http), id));
            },
            builder =>
            {
                builder.Services.AddTokenStreams();
                builder.Services.AddCors(cors => cors.AddDefaultPolicy(policy => policy
                    .WithOrigins("https://app.example.com")
                    .WithMethods("GET", "POST", "DELETE")
                    .WithHeaders("Content-Type", "Last-Event-ID")
                    .WithExposedHeaders("Location", "Retry-After")
                    .AllowCredentials()));
            });

        using var preflight = await SendAsync(HttpMethod.Options, "/answers/1", ("Access-Control-Request-Method", "GET"), ("Access-Control-Request-Headers", "last-event-id"));
        Assert.That(preflight.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That(Header(preflight, "Access-Control-Allow-Headers"), Does.Contain("Last-Event-ID").IgnoreCase);

        using var started = await SendAsync(HttpMethod.Post, "/answers");
        Assert.That(Header(started, "Access-Control-Expose-Headers"), Does.Contain("Location"));
        Assert.That(Header(started, "Access-Control-Allow-Origin"), Is.EqualTo("https://app.example.com"), "named, for it is with credentials");

        using var followed = await SendAsync(HttpMethod.Get, started.Headers.Location!.OriginalString, ("Last-Event-ID", ""));
        Assert.That(await followed.Content.ReadAsStringAsync(), Does.Contain("event: end"));
        Assert.That(Header(followed, "Access-Control-Allow-Credentials"), Is.EqualTo("true"));

        Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, params (string Name, string Value)[] headers)
        {
            var request = new HttpRequestMessage(method, path);
            request.Headers.Add("Origin", "https://app.example.com");
            foreach (var (name, value) in headers)
                request.Headers.TryAddWithoutValidation(name, value);
            return host.Client.SendAsync(request);
        }

        static string Header(HttpResponseMessage response, string name) => string.Join(',', response.Headers.GetValues(name));
    }

    [Test]
    public async Task TheSignalRHub_OfTheGuide()
    {
        await using var host = await TestHost.StartAsync(
            app => app.MapHub<AnswerHub>("/hub"),
            builder =>
            {
                builder.Services.AddSignalR();
                builder.Services.AddSingleton<IAnswers, Answers>();
            });
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{host.Port}/hub"), CancellationToken.None).WaitAsync(TestHost.Patience);
        await SendAsync("{\"protocol\":\"json\",\"version\":1}\u001e");
        await SendAsync("{\"type\":4,\"invocationId\":\"1\",\"target\":\"Ask\",\"arguments\":[\"Why?\"]}\u001e");

        var said = "";
        var bytes = new byte[1024];
        while (!said.Contains("\"type\":3", StringComparison.Ordinal))
            said += Encoding.UTF8.GetString(bytes, 0, (await socket.ReceiveAsync(bytes, CancellationToken.None).WaitAsync(TestHost.Patience)).Count);
        var items = said.Split('\u001e').Where(message => message.Contains("\"type\":2", StringComparison.Ordinal)).Select(message => JsonDocument.Parse(message).RootElement.GetProperty("item").GetString());
        Assert.That(string.Concat(items), Is.EqualTo("Why?: because"));

        Task SendAsync(string text) => socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, CancellationToken.None).WaitAsync(TestHost.Patience);
    }

    private static string OwnerOf(HttpContext http) => http.User.Identity?.Name ?? "ann";

    private static async Task<string> StartAsync(TestHost host)
    {
        using var response = await host.Client.PostAsJsonAsync("/answers", new Question("Why"));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Accepted), await response.Content.ReadAsStringAsync());
        return (await response.Content.ReadFromJsonAsync<Started>())!.Id;
    }

    private sealed class Answers : IAnswers
    {
        public IAsyncEnumerable<string> Ask(string question) => Script.Items($"{question}: ", "because");

        public IAsyncEnumerable<Update> Updates() => throw new NotSupportedException();
    }
}
