using System.Net;
using System.Net.Sockets;
using System.Text;
using Terminal;

namespace RxTokens.Terminal.Tests;

/// <summary>Everything that goes wrong is one line and a non-zero exit code, and what had arrived stays.</summary>
public sealed class FailureTests
{
    [TestCase("cut", "error: the answer was cut off after 30 tokens: the stream ended without a finish reason")]
    [TestCase("error", "error: the server failed after 30 tokens: \"The model is overloaded\"")]
    [TestCase("malformed", "error: the server sent a malformed event after 30 tokens: it is not valid JSON")]
    [TestCase("stall", "error: the server went silent after 30 tokens: nothing came for 0.5 s (--timeout)")]
    public async Task A_fault_in_mid_stream_is_one_line_and_keeps_the_text(string fault, string line)
    {
        var user = await User.Runs("--tokens", "60", "--timeout", "0.5", "--fault", fault);

        Assert.Multiple(() =>
        {
            Assert.That(user.ExitCode, Is.EqualTo(1));
            Assert.That(user.Error.TrimEnd(), Is.EqualTo(line));
            Assert.That(user.Output, Does.StartWith("# Backpressure, explained with a waterfall 🌊"));
            Assert.That(user.Figure("tokens read"), Does.StartWith("30 "));
        });
    }

    [Test]
    public async Task A_broken_connection_is_one_line()
    {
        var user = await User.Runs("--tokens", "60", "--fault", "reset");

        Assert.Multiple(() =>
        {
            Assert.That(user.ExitCode, Is.EqualTo(1));
            Assert.That(user.Error.TrimEnd(), Does.Match(@"^error: the connection broke after \d+ tokens?: [^\n]+$"));
            Assert.That(user.Output, Does.StartWith("#"));
        });
    }

    [Test]
    public async Task An_output_that_cannot_be_written_is_one_line()
    {
        using var error = new StringWriter();

        var exitCode = await App.RunAsync(["--tokens", "5", "--rate", "0"], new FullDisk(), error).WaitAsync(TimeSpan.FromSeconds(20));

        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(error.ToString().TrimEnd(), Is.EqualTo("error: the output cannot be written: No space left."));
    }

    [Test]
    public async Task A_server_that_speaks_no_TLS_is_named_with_the_reason()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = listener.LocalEndpoint.ToString();
        var answering = AnswerOnceAsync(listener, "200 OK", "");

        var user = await User.Runs("--endpoint", $"https://{address}/v1", "--model", "m");

        Assert.Multiple(() =>
        {
            Assert.That(user.ExitCode, Is.EqualTo(1));
            Assert.That(user.Error, Does.StartWith($"error: no secure connection to {address}: "));
            Assert.That(user.Error, Does.Not.Contain("inner exception"));
        });
        await answering.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [TestCase("401", "error: the key was refused (401): \"Incorrect API key provided\"; set OPENAI_API_KEY")]
    [TestCase("429", "error: too many requests (429): \"Rate limit reached for tokens per minute\"; the server asks to wait 7 s")]
    public async Task A_refusal_is_one_line_and_nothing_else(string fault, string line)
    {
        var user = await User.Runs("--fault", fault);

        Assert.Multiple(() =>
        {
            Assert.That(user.ExitCode, Is.EqualTo(1));
            Assert.That(user.Error.TrimEnd(), Is.EqualTo(line));
            Assert.That(user.Output, Is.Empty);
        });
    }

    [Test]
    public async Task A_refused_connection_is_one_line()
    {
        var port = FreePort();

        var user = await User.Runs("--endpoint", $"http://127.0.0.1:{port}/v1", "--model", "any");

        Assert.Multiple(() =>
        {
            Assert.That(user.ExitCode, Is.EqualTo(1));
            Assert.That(user.Error.TrimEnd(), Is.EqualTo($"error: nobody is listening at 127.0.0.1:{port}: the connection was refused"));
        });
    }

    [Test]
    public async Task A_server_that_accepts_and_says_nothing_is_given_up()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();

        var user = await User.Runs("--endpoint", $"http://{listener.LocalEndpoint}/v1", "--model", "any", "--timeout", "0.3");

        Assert.That(user.Error.TrimEnd(), Is.EqualTo("error: the server went silent before the first token: nothing came for 0.3 s (--timeout)"));
    }

    [TestCase("500 Internal Server Error", "", "error: the server failed (500)")]
    [TestCase("400 Bad Request", """{"error":{"message":"No.\nReally not."}}""", "error: the server refused the request (400): \"No. Really not\"")]
    [TestCase("200 OK", "", "error: the answer was cut off before the first token: the stream ended without a finish reason")]
    public async Task Whatever_a_server_answers_is_one_line(string status, string body, string line)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = AnswerOnceAsync(listener, status, body);

        var user = await User.Runs("--endpoint", $"http://{listener.LocalEndpoint}/v1", "--model", "any");
        await serving;

        Assert.Multiple(() =>
        {
            Assert.That(user.ExitCode, Is.EqualTo(1));
            Assert.That(user.Error.TrimEnd(), Is.EqualTo(line));
        });
    }

    private static async Task AnswerOnceAsync(TcpListener listener, string status, string body)
    {
        using var client = await listener.AcceptTcpClientAsync();
        var stream = client.GetStream();
        var request = new byte[8192];
        _ = await stream.ReadAsync(request);
        var type = status.StartsWith('2') ? "text/event-stream" : "application/json";
        await stream.WriteAsync(Encoding.UTF8.GetBytes(
            $"HTTP/1.1 {status}\r\nContent-Type: {type}\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\nConnection: close\r\n\r\n{body}"));
        client.Client.Shutdown(SocketShutdown.Send);
        while (await stream.ReadAsync(request) > 0)
        {
            // The client closes when it has read the answer.
        }
    }

    private sealed class FullDisk : StringWriter
    {
        public override void Write(char value) => throw new IOException("No space left.");

        public override void Write(string? value) => throw new IOException("No space left.");

        public override void WriteLine() => throw new IOException("No space left.");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
