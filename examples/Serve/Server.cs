using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;

namespace Serve;

/// <summary>The program: the model, and the application in front of it.</summary>
internal sealed class Server(WebApplication app, Endpoint? embedded) : IAsyncDisposable
{
    /// <summary>Where it listens.</summary>
    public Uri Address => new(app.Urls.First().Replace("[::]", "localhost", StringComparison.Ordinal).Replace("0.0.0.0", "localhost", StringComparison.Ordinal));

    public static async Task<int> RunAsync(Options options, CancellationToken stop)
    {
        if (options.Endpoint is not null && Secrets.ComplaintAboutKey() is { } complaint)
        {
            Console.Error.WriteLine($"error: {complaint}");
            return 2;
        }

        try
        {
            await using var server = await StartAsync(options);
            Console.WriteLine($"Open {server.Address} in a browser, ask, reload in the middle.");
            Console.WriteLine($"Or: curl -N {server.Address}stream --json '{{\"question\":\"Explain backpressure.\"}}'");
            Console.WriteLine("Ctrl+C stops it.");
            await server.WaitAsync(stop);
            return 0;
        }
        catch (IOException refused)
        {
            Console.Error.WriteLine($"error: {refused.Message}");
            return 1;
        }
    }

    public static async Task<Server> StartAsync(Options options)
    {
        var embedded = options.Endpoint is null ? await Endpoint.StartAsync(new Manner(options.Tokens, options.Rate), TimeProvider.System) : null;
        var model = new Model(options.Endpoint ?? embedded!.Address, options.Model, isEmbedded: embedded is not null);
        var app = App.Create(options, model.Answer);
        try
        {
            await app.StartAsync();
        }
        catch
        {
            await app.DisposeAsync();
            if (embedded is not null)
                await embedded.DisposeAsync();
            throw;
        }

        return new Server(app, embedded);
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
        if (embedded is not null)
            await embedded.DisposeAsync();
    }

    private Task WaitAsync(CancellationToken stop) => app.WaitForShutdownAsync(stop);
}
