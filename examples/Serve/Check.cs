using System.Net;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;
using RxTokens;

namespace Serve;

/// <summary>The server and a client of it, over a real socket, for those who cannot look at the page.</summary>
internal static class Check
{
    private const int Tokens = 600;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private sealed record Started(string Id);

    /// <summary>What a client has read.</summary>
    /// <param name="Text">The text.</param>
    /// <param name="LastEventId">What it says when it comes back.</param>
    /// <param name="Last">The name of the last event; null where it was cut before.</param>
    private sealed record Followed(string Text, string LastEventId, string? Last);

    public static async Task<int> RunAsync(CancellationToken stop)
    {
        await using var server = await Server.StartAsync(new Options("http://127.0.0.1:0", Tokens: Tokens, Rate: 300, Quota: 3 * Tokens, Questions: 4));
        using var browser = new HttpClient(new SocketsHttpHandler { CookieContainer = new CookieContainer(), UseProxy = false }) { BaseAddress = server.Address, Timeout = Patience };
        using var stranger = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = server.Address, Timeout = Patience };
        var whole = string.Concat(AnswerText.Tokens(Tokens));
        var isWell = true;

        bool Say(string what, bool isRight)
        {
            Console.WriteLine($"{what}: {(isRight ? "yes" : "NO")}");
            return isWell &= isRight;
        }

        using (var page = await browser.GetAsync("", stop))
            Say("the page is there, and no other site's script may run in it", page.IsSuccessStatusCode && page.Headers.GetValues("Content-Security-Policy").Single().Contains("script-src 'self'", StringComparison.Ordinal));

        var id = await StartAsync(browser, stop);
        var first = await FollowAsync(browser, id, "", stop, most: 400);
        Console.WriteLine($"started an answer, followed it, and cut the connection after {first.Text.Length} characters");
        var rest = await FollowAsync(browser, id, first.LastEventId, stop);
        Console.WriteLine($"resumed it with Last-Event-ID: {rest.Text.Length} characters and \"{rest.Last}\"");
        Say("the answer is whole, and no character came twice", first.Text + rest.Text == whole && first.Text.Length < whole.Length && rest.Last == TokenEvents.End);

        using (var after = await GetAsync(browser, id, rest.LastEventId, stop))
            Say("who has all of it is told to stay away (204)", after.StatusCode == HttpStatusCode.NoContent);
        using (var foreign = await GetAsync(stranger, id, "", stop))
            Say("to anybody else there is no such answer (404)", foreign.StatusCode == HttpStatusCode.NotFound);

        var second = await StartAsync(browser, stop);
        var following = FollowAsync(browser, second, "", stop);
        using (var stopped = await browser.DeleteAsync($"answers/{second}", stop))
            Say("a second answer was stopped, and said so", stopped.StatusCode == HttpStatusCode.NoContent && (await following).Last == TokenEvents.Stopped);

        using (var stream = await browser.PostAsJsonAsync("stream", new Asked("Why?"), stop))
            Say("a plain stream is complete", (await stream.Content.ReadAsStringAsync(stop)).Contains("event: end\n", StringComparison.Ordinal));
        using (var spent = await browser.PostAsJsonAsync("stream", new Asked("Why?"), stop))
            Say("one that is more than the quota ends with the event \"quota\"", (await spent.Content.ReadAsStringAsync(stop)).Contains("event: quota\n", StringComparison.Ordinal));
        using (var refused = await browser.PostAsJsonAsync("answers", new Asked("Why?"), stop))
            Say("after that, or after four questions, one is told when to come back (429)", refused.StatusCode == HttpStatusCode.TooManyRequests && refused.Headers.RetryAfter?.Delta >= TimeSpan.FromSeconds(1));

        Console.WriteLine(isWell ? "all is well" : "something is wrong");
        return isWell ? 0 : 1;
    }

    private static async Task<string> StartAsync(HttpClient client, CancellationToken stop)
    {
        using var response = await client.PostAsJsonAsync("answers", new Asked("Explain backpressure."), stop);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<Started>(stop))!.Id;
    }

    private static Task<HttpResponseMessage> GetAsync(HttpClient client, string id, string lastEventId, CancellationToken stop)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, $"answers/{id}");
        if (lastEventId.Length > 0)
            request.Headers.Add("Last-Event-ID", lastEventId);
        return client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop);
    }

    /// <summary>Reads to the end, or until it has enough characters: then the connection is cut.</summary>
    private static async Task<Followed> FollowAsync(HttpClient client, string id, string lastEventId, CancellationToken stop, int most = int.MaxValue)
    {
        using var response = await GetAsync(client, id, lastEventId, stop);
        response.EnsureSuccessStatusCode();
        var text = new StringBuilder();
        var parser = SseParser.Create(await response.Content.ReadAsStreamAsync(stop));
        await foreach (var item in parser.EnumerateAsync(stop))
        {
            if (item.EventType != SseParser.EventTypeDefault)
                return new(text.ToString(), parser.LastEventId, item.EventType);
            if (item.Data.Length == 0)
                continue;

            text.Append(JsonSerializer.Deserialize<string>(item.Data));
            if (text.Length >= most)
                break;
        }

        return new(text.ToString(), parser.LastEventId, Last: null);
    }
}
