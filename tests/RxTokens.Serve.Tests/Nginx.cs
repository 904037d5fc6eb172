using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace RxTokens.Serve.Tests;

/// <summary>nginx with the lines that docs/serving.md has, in front of a port of this machine.</summary>
internal sealed partial class Nginx : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _folder;

    private Nginx(Process process, string folder, int port)
    {
        (_process, _folder, Port) = (process, folder, port);
        Client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = Site.Patience };
    }

    public int Port { get; }

    public HttpClient Client { get; }

    /// <param name="upstream">The port behind it.</param>
    /// <param name="change">What is changed of the lines of the guide.</param>
    public static async Task<Nginx> StartAsync(int upstream, Func<string, string>? change = null)
    {
        var executable = Programs.Find("NGINX", "nginx");
        if (executable is null)
            Assert.Ignore("There is no nginx here: apt-get install nginx-light gets one, or NGINX names its executable.");

        var port = FreePort();
        var lines = Replaced(Replaced(OfTheGuide(), "127.0.0.1:5080", $"127.0.0.1:{upstream}"), "listen 80", $"listen 127.0.0.1:{port}");
        var folder = Directory.CreateTempSubdirectory("rxtokens-nginx").FullName;
        var config = Path.Combine(folder, "nginx.conf");
        await File.WriteAllTextAsync(config, $$"""
            daemon off;
            master_process off;
            pid {{folder}}/pid;
            error_log stderr warn;
            events { worker_connections 64; }
            http {
                access_log off;
                client_body_temp_path {{folder}}/body;
                proxy_temp_path {{folder}}/proxy;
                fastcgi_temp_path {{folder}}/fastcgi;
                uwsgi_temp_path {{folder}}/uwsgi;
                scgi_temp_path {{folder}}/scgi;
                {{(change is null ? lines : change(lines))}}
            }
            """);

        var process = Process.Start(new ProcessStartInfo(executable!, ["-e", "stderr", "-p", folder, "-c", config]) { RedirectStandardError = true })!;
        var said = process.StandardError.ReadToEndAsync();
        var patience = Stopwatch.StartNew();
        while (!await IsListeningAsync(port))
        {
            Assert.That(process.HasExited, Is.False, () => $"nginx has ended: {said.Result}");
            Assert.That(patience.Elapsed, Is.LessThan(Site.Patience), "nginx does not listen");
            await Task.Delay(20);
        }

        return new(process, folder, port);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>A change of a line that must be there.</summary>
    public static string Replaced(string lines, string old, string @new)
    {
        Assert.That(lines, Does.Contain(old), "the lines of docs/serving.md");
        return lines.Replace(old, @new, StringComparison.Ordinal);
    }

    private static string OfTheGuide() => Block().Match(File.ReadAllText(Path.Combine(Repository.Root, "docs", "serving.md"))).Groups[1].Value;

    private static async Task<bool> IsListeningAsync(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    [GeneratedRegex("```nginx\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();
}
