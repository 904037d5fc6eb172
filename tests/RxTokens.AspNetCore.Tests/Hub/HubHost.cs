using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace RxTokens.AspNetCore.Tests;

/// <summary>An application with the hub's three endpoints; who asks says who it is.</summary>
internal sealed class HubHost(TestHost host, string path = "/answers") : IAsyncDisposable
{
    public TestHost Host => host;

    public TokenStreamHub Hub => host.Services.GetRequiredService<TokenStreamHub>();

    public static async Task<HubHost> StartAsync(Func<IAsyncEnumerable<string>> source, Action<TokenStreamOptions>? options = null, Action<WebApplicationBuilder>? configure = null) =>
        new(await TestHost.StartAsync(
            app =>
            {
                app.MapPost("/answers", (HttpContext http, TokenStreamHub hub) => hub.Start(Owner(http), (_, _) => source()));
                app.MapGet("/answers/{id}", (string id, HttpContext http, TokenStreamHub hub) => hub.Follow(Owner(http), id));
                app.MapDelete("/answers/{id}", (string id, HttpContext http, TokenStreamHub hub) => hub.Stop(Owner(http), id));
            },
            builder =>
            {
                builder.Services.AddTokenStreams(options);
                configure?.Invoke(builder);
            }));

    private static string Owner(HttpContext http) => http.Request.Headers["User"].ToString() is { Length: > 0 } user ? user : "someone";

    public HttpRequestMessage Request(HttpMethod method, string id = "", string? user = null, string? lastEventId = null)
    {
        var request = new HttpRequestMessage(method, id.Length > 0 ? $"{path}/{id}" : path);
        if (user is not null)
            request.Headers.Add("User", user);
        if (lastEventId is not null)
            request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
        return request;
    }

    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string id = "", string? user = null, string? lastEventId = null) =>
        host.Client.SendAsync(Request(method, id, user, lastEventId), HttpCompletionOption.ResponseHeadersRead);

    /// <summary>Starts an answer.</summary>
    public async Task<string> PostAsync(string? user = null)
    {
        using var response = await SendAsync(HttpMethod.Post, user: user);
        Assert.That((int)response.StatusCode, Is.EqualTo(202), await response.Content.ReadAsStringAsync());
        var id = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("id").GetString()!;
        Assert.That(response.Headers.Location?.OriginalString, Is.EqualTo($"{path}/{id}"));
        return id;
    }

    /// <summary>Follows it to its end.</summary>
    public async Task<Followed> FollowAsync(string id, string? user = null, string? lastEventId = null)
    {
        using var response = await SendAsync(HttpMethod.Get, id, user, lastEventId);
        return new Followed((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();
}

/// <summary>What a follower got.</summary>
internal sealed record Followed(int Status, string Body)
{
    /// <summary>The events, each its name, data and id; a block without data has dispatched nothing.</summary>
    public IReadOnlyList<(string Name, string Data, string? Id)> Events =>
    [
        .. from block in Body.Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
           let lines = block.Split('\n')
           let data = Fields(lines, "data").ToList()
           where data.Count > 0
           select (Fields(lines, "event").LastOrDefault() ?? "message", string.Join('\n', data), Fields(lines, "id").LastOrDefault()),
    ];

    /// <summary>What a page shows: it begins anew where something is lost.</summary>
    public string Text => Events.Aggregate("", (text, e) => e.Name switch { "lost" => "", "message" => text + JsonSerializer.Deserialize<string>(e.Data), _ => text });

    public string Ending => Events[^1].Name;

    public string? LastId => Body.Split('\n').Where(line => line.StartsWith("id: ", StringComparison.Ordinal)).Select(line => line[4..]).LastOrDefault();

    private static IEnumerable<string> Fields(string[] lines, string name) =>
        lines.Where(line => line.StartsWith($"{name}: ", StringComparison.Ordinal)).Select(line => line[(name.Length + 2)..]);
}
