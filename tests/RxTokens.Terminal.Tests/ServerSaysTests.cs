using Terminal;

namespace RxTokens.Terminal.Tests;

/// <summary>What the server says reaches the person.</summary>
public sealed class ServerSaysTests
{
    private static string Answer => "error: no stream: the server answered with ";

    // A 200 that is no stream

    [TestCase("application/json", """{"error":"Unexpected endpoint or method. (POST /chat/completions)"}""", "application/json: \"Unexpected endpoint or method. (POST /chat/completions)\"")]
    [TestCase("application/json", """{"error":{"message":"Model not loaded.","type":"server_error"}}""", "application/json: \"Model not loaded\"")]
    [TestCase("application/json", """{"id":"c","choices":[{"message":{"content":"All at once."}}],"error":null}""", "application/json")]
    [TestCase("text/html; charset=utf-8", "<!DOCTYPE html>\n<html><head><title>Sign\n in</title></head><body>Log in to the proxy</body></html>", "text/html: \"Sign in\"")]
    [TestCase("text/plain", "Not here.", "text/plain: \"Not here\"")]
    [TestCase("application/x-ndjson", "{\"message\":{\"content\":\"Hi\"}}\n{\"done\":true}\n", "application/x-ndjson")]
    [TestCase("text/event-stream", """{"error":{"message":"Not a stream at all."}}""", "text/event-stream: \"Not a stream at all\"")]
    [TestCase("application/json", "", "application/json")]
    public async Task Something_else_than_a_stream_is_named_and_quoted(string mediaType, string body, string line)
    {
        await using var server = OddServer.Says("200 OK", mediaType, body);

        var user = await User.Asks(server);

        ExpectFailure(user, Answer + line);
    }

    [Test]
    public async Task A_compressed_stream_is_named()
    {
        await using var server = OddServer.Says("200 OK", "text/event-stream", "\u001f\u008b compressed", "Content-Encoding: gzip\r\n");

        ExpectFailure(await User.Asks(server), Answer + "text/event-stream, compressed (gzip)");
    }

    [Test]
    public async Task A_status_without_a_content_is_named()
    {
        await using var server = OddServer.Says("204 No Content", "text/plain", "");

        Assert.That((await User.Asks(server)).Error, Does.StartWith("error: no stream: the server answered with"));
    }

    [TestCase("text/plain")]
    [TestCase("application/octet-stream")]
    [TestCase("application/json")]
    public async Task A_stream_under_a_wrong_name_is_a_stream(string mediaType)
    {
        await using var server = OddServer.Says(
            "200 OK", mediaType, ": hello\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n");

        var user = await User.Asks(server);

        Assert.That((user.ExitCode, user.Error), Is.EqualTo((0, "")));
        Assert.That(user.Output, Does.StartWith("Hi"));
    }

    // Error events

    [TestCase("""{"error":{"message":"The model is overloaded.","type":"server_error","code":503}}""", "The model is overloaded")]
    [TestCase("""{"error":"thinking_budget is not supported"}""", "thinking_budget is not supported")]
    [TestCase("""{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""", "Overloaded")]
    [TestCase("""{"object":"error","message":"The model `x` does not exist.","code":404}""", "The model `x` does not exist")]
    [TestCase("""{"error":{"code":"rate_limit_exceeded"}}""", "rate_limit_exceeded")]
    [TestCase("""{"error":{}}""", "an error without a message")]
    [TestCase("""{"id":"c","choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}],"error":{"message":"Provider disconnected","code":502}}""", "Provider disconnected")]
    [TestCase("""{"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"error","error":{"message":"In the choice"}}]}""", "In the choice")]
    public async Task An_error_event_fails_with_what_it_says(string json, string message)
    {
        await using var first = OddServer.Streams($"data: {json}\n\n", OddServer.Done);
        ExpectFailure(await User.Asks(first), $"error: the server failed before the first token: \"{message}\"");

        await using var later = OddServer.Streams(OddServer.Text("Hel"), TimeSpan.FromMilliseconds(50), $"event: error\ndata: {json}\n\n", OddServer.Done);
        ExpectFailure(await User.Asks(later), $"error: the server failed after 1 token: \"{message}\"");

        await using var late = OddServer.Streams(OddServer.Text("Hel"), OddServer.Stop(), $"data: {json}\n\n", OddServer.Done);
        ExpectFailure(await User.Asks(late), $"error: the server failed after 1 token: \"{message}\"");
    }

    [Test]
    public async Task An_error_that_is_null_is_none()
    {
        await using var server = OddServer.Streams("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}],\"error\":null}\n\n", OddServer.Done);

        Assert.That((await User.Asks(server)).ExitCode, Is.Zero);
    }

    [TestCase("""{"id":"c","choices":null}""")]
    [TestCase("[1]")]
    [TestCase("""{"id":"c","choices":[{"index":0,"delta":{"content":"smile \ud83d"},"finish_reason":null}]}""")]
    [TestCase("""{"id":"c","choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"strange"}]}""")]
    [TestCase("{")]
    public async Task An_event_that_cannot_be_read_is_a_malformed_one(string json)
    {
        await using var server = OddServer.Streams(OddServer.Text("Hel"), $"data: {json}\n\n", OddServer.Done);

        var user = await User.Asks(server);

        Assert.That(user.ExitCode, Is.EqualTo(1));
        Assert.That(user.Error.TrimEnd(), Does.Match("^error: the server sent a malformed event after 1 token: [^\n]+$"));
    }

    // Refused requests

    [TestCase("400 Bad Request", """{"error":"model 'x' not found, try pulling it first"}""", "the server refused the request (400): \"model 'x' not found, try pulling it first\"")]
    [TestCase("400 Bad Request", """[{"error":{"code":400,"message":"API key not valid.","status":"INVALID"}}]""", "the server refused the request (400): \"API key not valid\"")]
    [TestCase("422 Unprocessable", """{"detail":[{"loc":["body","model"],"msg":"field required","type":"missing"}]}""", "the server refused the request (422): \"field required\"")]
    [TestCase("422 Unprocessable", """{"detail":"Not like this."}""", "the server refused the request (422): \"Not like this\"")]
    [TestCase("400 Bad Request", """{"Message":"Malformed input request"}""", "the server refused the request (400): \"Malformed input request\"")]
    [TestCase("400 Bad Request", """{"errors":["one","two"]}""", "the server refused the request (400): \"one; two\"")]
    [TestCase("400 Bad Request", """{"error":"invalid_request","error_description":"It is wrong."}""", "the server refused the request (400): \"invalid_request\"")]
    [TestCase("529 Overloaded", """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""", "the server failed (529): \"Overloaded\"")]
    [TestCase("500 Oops", "nothing in here", "the server failed (500)")]
    public async Task A_refusal_has_the_text_of_the_server(string status, string body, string line)
    {
        await using var server = OddServer.Says(status, "application/json", body);

        ExpectFailure(await User.Asks(server), $"error: {line}");
    }

    [Test]
    public async Task A_path_that_is_not_there_has_the_text_of_the_server()
    {
        await using var json = OddServer.Says("404 Not Found", "application/json", """{"object":"error","message":"The model `m` does not exist.","code":404}""");
        ExpectFailure(await User.Asks(json), $"error: the server knows no such model or path (404, {json.Address}): \"The model `m` does not exist\"");

        await using var text = OddServer.Says("404 Not Found", "text/plain; charset=utf-8", "404 page not found\n");
        ExpectFailure(await User.Asks(text), $"error: the server knows no such model or path (404, {text.Address}): \"404 page not found\"");
    }

    [Test]
    public async Task A_long_message_is_cut_and_lines_become_one()
    {
        await using var server = OddServer.Says("400 Bad Request", "application/json", $$$"""{"error":{"message":"line one\n\tline two\u2028three\u0085four {{{string.Concat(Enumerable.Repeat("bad ", 5000))}}}"}}""");

        var user = await User.Asks(server);

        Assert.That(user.Error, Does.StartWith("error: the server refused the request (400): \"line one line two three four bad bad"));
        Assert.That(user.Error.TrimEnd(), Does.EndWith("…\"").And.Length.LessThan(400));
        Assert.That(Failures.OneLine(new string('x', 298) + "😀😀"), Is.EqualTo(new string('x', 298) + "…"), "and never within a character");
    }

    // Answers that are none, or not all of it

    [TestCase("length", "error: the answer is incomplete: the model has reached its limit of tokens (length)")]
    [TestCase("content_filter", "error: the answer is incomplete: a filter has stopped the model (content_filter)")]
    public async Task An_incomplete_answer_is_said_to_be_one(string reason, string line)
    {
        await using var server = OddServer.Streams(OddServer.Text("Hel"), OddServer.Stop(reason), OddServer.Done);

        var user = await User.Asks(server);

        ExpectFailure(user, line, exitCode: 3);
        Assert.That(user.Output, Does.StartWith("Hel"));
    }

    [TestCase(0)]
    [TestCase(2)]
    public async Task A_refusal_of_the_model_is_shown(int surface)
    {
        await using var server = OddServer.Streams(
            OddServer.Delta(new { role = "assistant", content = (string?)null, refusal = "I" }), OddServer.Delta(new { refusal = " cannot help." }), OddServer.Stop(), OddServer.Done);

        var user = await User.Asks(server, (Surface)surface);

        ExpectFailure(user, "error: the model has refused to answer", exitCode: 3);
        Assert.That(user.Output, Does.Contain("I cannot help."));
    }

    [Test]
    public async Task Tools_that_the_model_asks_for_are_named()
    {
        await using var server = OddServer.Streams(
            OddServer.Delta(new { tool_calls = new[] { new { index = 0, id = "1", type = "function", function = new { name = "get_weather", arguments = "{\"city\":" } } } }),
            OddServer.Delta(new { tool_calls = new[] { new { index = 0, function = new { arguments = "\"Paris\"}" } } } }),
            OddServer.Delta(new { tool_calls = new[] { new { index = 1, id = "2", type = "function", function = new { name = "get_time", arguments = "" } } } }),
            OddServer.Stop("tool_calls"), OddServer.Done);

        var user = await User.Asks(server);

        ExpectFailure(user, "error: there is no answer yet: the model asks for a tool, and has none here (tool_calls)", exitCode: 3);
        Assert.That(user.Figure("the model asked for"), Is.EqualTo("get_weather {\"city\":\"Paris\"}"));
        Assert.That(user.Output, Does.Contain("get_time"));
    }

    [TestCase("reasoning_content")]
    [TestCase("reasoning")]
    public async Task What_the_model_thinks_first_is_dimmed_and_no_part_of_the_answer(string name)
    {
        await using var server = OddServer.Streams(
            OddServer.Delta(new Dictionary<string, object?> { ["content"] = null, [name] = "Let me" }), OddServer.Delta(new Dictionary<string, object?> { [name] = " think" }),
            OddServer.Text("42"), OddServer.Stop(), OddServer.Done);

        var pipe = await User.Asks(server);
        var plain = await User.Asks(server, Surface.Terminal, "--plain");
        var live = await User.Asks(server, Surface.Terminal);

        Assert.Multiple(() =>
        {
            Assert.That((pipe.ExitCode, plain.ExitCode, live.ExitCode), Is.EqualTo((0, 0, 0)));
            Assert.That(pipe.Output, Does.StartWith("42").And.Not.Contain("think "));
            Assert.That(pipe.Figure("the model thought first"), Is.EqualTo("12 characters, no part of the answer"));
            Assert.That(plain.Output, Does.StartWith("\e[2mLet me\e[0m\e[2m think\e[0m").And.Match(@"think\e\[0m\e\[2m\e\[0m\r?\n\r?\n42\r?\n"));
            Assert.That(live.Output, Does.Match(@"\e\[2;[\d;]*mLet me think"));
        });
    }

    [Test]
    public async Task A_model_that_only_thinks_is_heard()
    {
        await using var server = OddServer.Streams(OddServer.Delta(new { content = "", reasoning = "Let me think" }), OddServer.Stop("length"), OddServer.Done);

        var user = await User.Asks(server, Surface.Terminal);

        ExpectFailure(user, "error: the answer is incomplete: the model has reached its limit of tokens (length)", exitCode: 3);
        Assert.That(user.Output, Does.Contain("Let me think"));
    }

    [Test]
    public async Task A_stream_that_is_cut_while_the_model_thinks_says_so()
    {
        await using var server = OddServer.Streams(OddServer.Delta(new { reasoning = "Let me" }));

        ExpectFailure(await User.Asks(server), "error: the answer was cut off while the model was thinking: the stream ended without a finish reason");
    }

    // Secrets

    [Test]
    public async Task Secrets_in_an_address_are_not_printed()
    {
        const string reply = """{"error":"no such path /v1?api-key=hush-hush for user:s3cret word"}""";
        foreach (var server in (OddServer[])[OddServer.Streams(OddServer.Text("Hi"), OddServer.Stop(), OddServer.Done), OddServer.Says("404 Not Found", "application/json", reply), OddServer.Says("400 Bad", "application/json", reply)])
        {
            await using var _ = server;
            foreach (var surface in (Surface[])[Surface.Pipe, Surface.Terminal])
            {
                var user = await User.Runs(surface, "--endpoint", $"http://user:s3cret%20word@{server.Authority}/v1?api-key=hush-hush#anchor", "--model", "m");
                Assert.That(user.Output + user.Error, Does.Not.Contain("s3cret").And.Not.Contain("hush-hush"));
            }
        }
    }

    // Life

    [Test]
    public async Task Comments_are_a_sign_of_life()
    {
        var comments = Enumerable.Repeat<object[]>([TimeSpan.FromMilliseconds(300), ": OPENROUTER PROCESSING\n\n"], 6).SelectMany(pair => pair);
        await using var server = OddServer.Streams([.. comments, OddServer.Text("Hi"), OddServer.Stop(), OddServer.Done]);

        var user = await User.Asks(server, Surface.Pipe, "--timeout", "1");

        Assert.That((user.ExitCode, user.Error), Is.EqualTo((0, "")));
    }

    private static void ExpectFailure(User user, string line, int exitCode = 1)
    {
        Assert.That(user.Error.TrimEnd(), Is.EqualTo(line));
        Assert.That(user.ExitCode, Is.EqualTo(exitCode));
    }
}
