using System.ClientModel;
using System.ClientModel.Primitives;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using OpenAI;
using OpenAI.Chat;
using Terminal;

namespace RxTokens.Terminal.Tests;

/// <summary>The embedded endpoint, through the official client and, where that hides something, through bare HTTP.</summary>
public sealed class EndpointTests
{
    private static readonly Manner Fast = new(Rate: 0);

    [Test]
    public async Task The_official_client_reads_the_whole_answer_its_end_and_its_usage()
    {
        await using var endpoint = await Endpoint.StartAsync(Fast, TimeProvider.System);

        var text = new StringBuilder();
        ChatFinishReason? finish = null;
        ChatTokenUsage? usage = null;
        ChatMessageRole? role = null;
        await foreach (var update in Client(endpoint).CompleteChatStreamingAsync([new UserChatMessage("Hi")]))
        {
            role ??= update.Role;
            finish ??= update.FinishReason;
            usage ??= update.Usage;
            foreach (var part in update.ContentUpdate)
                text.Append(part.Text);
        }

        Assert.Multiple(() =>
        {
            Assert.That(text.ToString(), Is.EqualTo(AnswerText.Whole));
            Assert.That(endpoint.LastAnswer!.TextSent, Is.EqualTo(AnswerText.Whole));
            Assert.That(role, Is.EqualTo(ChatMessageRole.Assistant));
            Assert.That(finish, Is.EqualTo(ChatFinishReason.Stop));
            Assert.That(usage?.OutputTokenCount, Is.EqualTo(AnswerText.Tokens(null).Count));
        });
    }

    [Test]
    public async Task A_limit_of_the_request_is_respected()
    {
        await using var endpoint = await Endpoint.StartAsync(Fast, TimeProvider.System);

        var updates = await Client(endpoint)
            .CompleteChatStreamingAsync([new UserChatMessage("Hi")], new ChatCompletionOptions { MaxOutputTokenCount = 10 }).ToListAsync();

        Assert.That(updates.Select(update => update.FinishReason), Has.Some.EqualTo(ChatFinishReason.Length));
        Assert.That(endpoint.LastAnswer!.TokensSent, Is.EqualTo(10));
    }

    [Test]
    public async Task The_stream_is_Server_Sent_Events_that_end_with_DONE()
    {
        await using var endpoint = await Endpoint.StartAsync(new Manner(Tokens: 5, Rate: 0), TimeProvider.System);
        using var http = new HttpClient();

        using var response = await http.PostAsync($"{endpoint.Address}/chat/completions", Json("""{"model":"m","messages":[{}],"stream":true}"""));
        var events = (await response.Content.ReadAsStringAsync()).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);

        Assert.Multiple(() =>
        {
            Assert.That(response.Content.Headers.ContentType?.MediaType, Is.EqualTo("text/event-stream"));
            Assert.That(events, Has.Length.EqualTo(1 + 5 + 1 + 1), "role, tokens, finish reason, DONE; usage only when it is asked for");
            Assert.That(events, Has.All.StartsWith("data: "));
            Assert.That(events[^1], Is.EqualTo("data: [DONE]"));
            Assert.That(events[^2], Does.Contain("\"finish_reason\":\"stop\""));
        });
    }

    [Test]
    public async Task Characters_are_cut_by_the_borders_of_network_chunks()
    {
        await using var endpoint = await Endpoint.StartAsync(Fast, TimeProvider.System);

        var chunks = await ReadChunksAsync(endpoint, """{"model":"m","messages":[{}],"stream":true}""");

        var cut = chunks.Count(chunk => chunk.Length > 0 && chunk[^1] >= 0xC0);
        var whole = Encoding.UTF8.GetString([.. chunks.SelectMany(chunk => chunk)]);
        Assert.Multiple(() =>
        {
            Assert.That(cut, Is.GreaterThan(20), "chunks that end within a character");
            Assert.That(whole, Does.Contain("🚀").And.Contain("漢字").And.Contain("ů"));
        });
    }

    [Test]
    public async Task A_client_that_cancels_stops_the_generation()
    {
        await using var endpoint = await Endpoint.StartAsync(new Manner(Tokens: 100_000), TimeProvider.System);
        using var stop = new CancellationTokenSource();
        var read = 0;

        await Assert.CatchAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in Client(endpoint).CompleteChatStreamingAsync([new UserChatMessage("Hi")], cancellationToken: stop.Token))
            {
                if (++read == 50)
                    await stop.CancelAsync();
            }
        });

        var answer = endpoint.LastAnswer!;
        await answer.Ended.WaitAsync(TimeSpan.FromSeconds(5));
        Assert.That(answer.ClientLeft);
        Assert.That(answer.TokensSent, Is.LessThan(5000));
    }

    [Test]
    public async Task A_steady_rate_comes_in_bursts()
    {
        await using var endpoint = await Endpoint.StartAsync(new Manner(Tokens: 500), TimeProvider.System);
        var arrivals = new List<long>();

        await foreach (var _ in Client(endpoint).CompleteChatStreamingAsync([new UserChatMessage("Hi")]))
            arrivals.Add(TimeProvider.System.GetTimestamp());

        var gaps = arrivals.Zip(arrivals.Skip(1), TimeProvider.System.GetElapsedTime).ToArray();
        Assert.Multiple(() =>
        {
            Assert.That(TimeProvider.System.GetElapsedTime(arrivals[0], arrivals[^1]).TotalSeconds, Is.EqualTo(1).Within(0.6), "500 tokens at 500 a second");
            Assert.That(gaps.Count(gap => gap.TotalMilliseconds < 1.5), Is.GreaterThan(250), "most follow at once");
            Assert.That(gaps.Max().TotalMilliseconds, Is.GreaterThan(50), "there are pauses");
        });
    }

    [TestCase("{", "The body of the request is not valid JSON.")]
    [TestCase("[]", "The body of the request is not a JSON object.")]
    [TestCase("""{"messages":[{}],"stream":true}""", "'model' is missing.")]
    [TestCase("""{"model":"m","messages":[],"stream":true}""", "'messages' is missing or empty.")]
    [TestCase("""{"model":"m","messages":[{}]}""", "This endpoint streams only: set 'stream' to true.")]
    public async Task A_malformed_request_is_answered_400(string body, string complaint)
    {
        await using var endpoint = await Endpoint.StartAsync(Fast, TimeProvider.System);
        using var http = new HttpClient();

        using var response = await http.PostAsync($"{endpoint.Address}/chat/completions", Json(body));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(Regex.Unescape(await response.Content.ReadAsStringAsync()), Does.Contain(complaint));
    }

    [Test]
    public async Task Another_path_is_answered_404()
    {
        await using var endpoint = await Endpoint.StartAsync(Fast, TimeProvider.System);
        using var http = new HttpClient();

        using var response = await http.GetAsync($"{endpoint.Address}/models");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [TestCase("right", HttpStatusCode.OK)]
    [TestCase("wrong", HttpStatusCode.Unauthorized)]
    [TestCase(null, HttpStatusCode.Unauthorized)]
    public async Task A_key_is_asked_for_where_one_is_set(string? key, HttpStatusCode status)
    {
        await using var endpoint = await Endpoint.StartAsync(new Manner(Tokens: 1, Rate: 0, Key: "right"), TimeProvider.System);
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);

        using var response = await http.PostAsync($"{endpoint.Address}/chat/completions", Json("""{"model":"m","messages":[{}],"stream":true}"""));

        Assert.That(response.StatusCode, Is.EqualTo(status));
    }

    [Test]
    public void The_pieces_are_the_answer() =>
        Assert.That(string.Concat(AnswerText.Tokens(null)), Is.EqualTo(AnswerText.Whole));

    private static ChatClient Client(Endpoint endpoint) => new("m", new ApiKeyCredential("none"), new OpenAIClientOptions
    {
        Endpoint = endpoint.Address,
        RetryPolicy = new ClientRetryPolicy(0),
    });

    private static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");

    /// <summary>The chunks of the chunked transfer encoding, which HttpClient puts together.</summary>
    private static async Task<List<byte[]>> ReadChunksAsync(Endpoint endpoint, string body)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(endpoint.Address.Host, endpoint.Address.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.UTF8.GetBytes(
            $"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {body.Length}\r\n\r\n{body}"));
        using var everything = new MemoryStream();
        await stream.CopyToAsync(everything);

        var bytes = everything.ToArray();
        var position = bytes.AsSpan().IndexOf("\r\n\r\n"u8) + 4;
        var chunks = new List<byte[]>();
        while (position < bytes.Length)
        {
            var lineEnd = position + bytes.AsSpan(position).IndexOf("\r\n"u8);
            var length = Convert.ToInt32(Encoding.ASCII.GetString(bytes, position, lineEnd - position), 16);
            chunks.Add(bytes[(lineEnd + 2)..(lineEnd + 2 + length)]);
            position = lineEnd + 2 + length + 2;
        }

        return chunks;
    }
}
