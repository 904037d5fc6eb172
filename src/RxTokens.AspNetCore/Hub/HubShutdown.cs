using Microsoft.Extensions.Hosting;

namespace RxTokens;

/// <summary>Stops the answers with the host: before its servers stop, so that followers are told. Sources that take their time are waited for after that.</summary>
internal sealed class HubShutdown(TokenStreamHub hub) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => hub.StopAllAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => hub.WaitForAllAsync(cancellationToken);

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
