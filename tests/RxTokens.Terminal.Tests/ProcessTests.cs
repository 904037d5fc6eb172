using System.Diagnostics;

namespace RxTokens.Terminal.Tests;

/// <summary>What only a process of its own can show: pipes whose reader leaves, closed outputs, the environment.</summary>
[Platform("Linux")]
public sealed class ProcessTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(40);

    [Test]
    public async Task A_reader_that_leaves_stops_the_model()
    {
        await using var server = OddServer.Streams(Endless());
        using var program = Start("", "--endpoint", server.Address, "--model", "m");

        var buffer = new char[20];
        await program.StandardOutput.ReadBlockAsync(buffer, 0, buffer.Length).WaitAsync(Long);
        program.StandardOutput.Close();

        await server.ClientLeft.WaitAsync(Long);
        await program.WaitForExitAsync().WaitAsync(Long);
        Assert.That(program.ExitCode, Is.EqualTo(141));
        Assert.That(await program.StandardError.ReadToEndAsync(), Is.Empty);
    }

    [Test]
    public async Task A_closed_output_is_one_line()
    {
        await using var server = OddServer.Streams(OddServer.Text("Hi"), OddServer.Stop(), OddServer.Done);
        using var program = Start(">&-", "--endpoint", server.Address, "--model", "m");

        var error = await program.StandardError.ReadToEndAsync().WaitAsync(Long);
        await program.WaitForExitAsync().WaitAsync(Long);

        Assert.That(error.TrimEnd(), Does.Match("^error: the output cannot be written: [^\n]+$"));
        Assert.That(program.ExitCode, Is.EqualTo(1));
    }

    [Test]
    public async Task With_everything_closed_there_is_still_an_exit_code()
    {
        using var program = Start(">&- 2>&-", "--tokens", "5", "--rate", "0");

        await program.WaitForExitAsync().WaitAsync(Long);

        Assert.That(program.ExitCode, Is.EqualTo(1));
    }

    [Test]
    public async Task A_proxy_that_is_not_there_is_named()
    {
        await using var server = OddServer.Streams(OddServer.Text("Hi"), OddServer.Stop(), OddServer.Done);

        var (exitCode, error) = await Fails("http_proxy=http://someone:passw0rd@127.0.0.1:9", "--endpoint", server.Address, "--model", "m");

        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(error, Is.EqualTo(
            $"error: nobody is listening at the proxy 127.0.0.1:9, which the environment names for {server.Authority}: the connection was refused; no_proxy=127.0.0.1 goes without it"));
    }

    [Test]
    public async Task A_proxy_that_answers_is_named_beside_the_server()
    {
        await using var proxy = OddServer.Says("200 OK", "text/html", "<title>Log in</title>");

        var (exitCode, error) = await Fails($"http_proxy=http://{proxy.Authority}", "--endpoint", "http://model.invalid/v1", "--model", "m");

        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(error, Is.EqualTo($"error: no stream: the server answered through the proxy {proxy.Authority} with text/html: \"Log in\""));
    }

    [TestCase("\u201Csk-123\u201D")]
    [TestCase("schlüssel")]
    public async Task A_key_that_cannot_be_sent_is_refused_before_anything_is_opened(string key)
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "precious");

            var (exitCode, error) = await Fails($"OPENAI_API_KEY={key}", "--endpoint", "http://127.0.0.1:9/v1", "--model", "m", "--record", file);

            Assert.That(exitCode, Is.EqualTo(2));
            Assert.That(error, Does.StartWith("error: OPENAI_API_KEY has a character at place ").And.Not.Contain("sk-123"));
            Assert.That(await File.ReadAllTextAsync(file), Is.EqualTo("precious"));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Test]
    public async Task The_key_is_not_printed_when_a_server_repeats_it()
    {
        await using var server = OddServer.Says("401 Unauthorized", "application/json", """{"error":{"message":"Incorrect API key provided: sk-12345."}}""");

        var (_, error) = await Fails("OPENAI_API_KEY=sk-12345", "--endpoint", server.Address, "--model", "m");

        Assert.That(error, Is.EqualTo("error: the key was refused (401): \"Incorrect API key provided: …\"; set OPENAI_API_KEY"));
    }

    private static IEnumerable<object> Endless()
    {
        for (var i = 0; i < 3000; i++)
        {
            yield return OddServer.Text($"token {i} ");
            yield return TimeSpan.FromMilliseconds(10);
        }
    }

    private static async Task<(int ExitCode, string Error)> Fails(string environment, params string[] args)
    {
        using var program = Start("", environment, args);
        var output = program.StandardOutput.ReadToEndAsync();
        var error = await program.StandardError.ReadToEndAsync().WaitAsync(Long);
        await output.WaitAsync(Long);
        await program.WaitForExitAsync().WaitAsync(Long);
        return (program.ExitCode, error.TrimEnd());
    }

    private static Process Start(string redirections, params string[] args) => Start(redirections, "NOTHING=", args);

    private static Process Start(string redirections, string environment, string[] args)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "Terminal.dll");
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var part in (string[])["-c", $"exec \"$@\" {redirections}", "sh", Environment.ProcessPath is { } host && Path.GetFileName(host) == "dotnet" ? host : "dotnet", program, .. args])
            start.ArgumentList.Add(part);
        foreach (var name in (string[])["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY", "OPENAI_API_KEY"])
            start.Environment.Remove(name);
        var (key, value) = (environment[..environment.IndexOf('=')], environment[(environment.IndexOf('=') + 1)..]);
        start.Environment[key] = value;
        return Process.Start(start)!;
    }
}
