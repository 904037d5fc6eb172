using System.Diagnostics;
using System.Text.Json;

namespace RxTokens.Benchmarks;

/// <summary>The server's process, seen from the readers'.</summary>
internal sealed class ServerProcess : IDisposable
{
    private readonly Process _process;

    private ServerProcess(Process process, ServerPorts ports) => (_process, Ports) = (process, ports);

    public ServerPorts Ports { get; }

    public static async Task<ServerProcess> StartAsync(int unsentLimit)
    {
        var start = Child.Self("load", LoadServer.Option, $"{unsentLimit}");
        start.RedirectStandardInput = true;
        start.Environment["DOTNET_gcServer"] = "1"; // as web applications have it
        var process = Process.Start(start)!;
        return new(process, await ReadAsync<ServerPorts>(process).ConfigureAwait(false));
    }

    public Task<ServerFigures> LookAsync() => AskAsync(LoadServer.Look);

    public Task<ServerFigures> CollectAsync() => AskAsync(LoadServer.Collect);

    /// <summary>It ends with its input.</summary>
    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(TimeSpan.FromSeconds(10)))
            _process.Kill();
        _process.Dispose();
    }

    private async Task<ServerFigures> AskAsync(string question)
    {
        await _process.StandardInput.WriteLineAsync(question).ConfigureAwait(false);
        await _process.StandardInput.FlushAsync().ConfigureAwait(false);
        return await ReadAsync<ServerFigures>(_process).ConfigureAwait(false);
    }

    private static async Task<T> ReadAsync<T>(Process process) =>
        await process.StandardOutput.ReadLineAsync().ConfigureAwait(false) is { } line
            ? JsonSerializer.Deserialize<T>(line)!
            : throw new InvalidOperationException("The server's process has ended.");
}
