using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using RxTokens;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers what <c>RxTokens.AspNetCore</c> needs of an application's services.</summary>
public static class TokenStreamServices
{
    /// <summary>Registers a <see cref="TokenStreamHub"/>, with its logs in memory unless there is an <see cref="ITokenLog"/> among the services.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets the options; null for the default ones.</param>
    /// <returns>The services.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">When the hub is first used: an option is out of its range.</exception>
    public static IServiceCollection AddTokenStreams(this IServiceCollection services, Action<TokenStreamOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);

        services.AddOptions();
        if (configure is not null)
            services.Configure(configure);
        services.TryAddSingleton<ITokenLog>(static services =>
        {
            var options = services.GetRequiredService<IOptions<TokenStreamOptions>>().Value;
            options.Validate();
            return new MemoryTokenLog(options.CharactersPerAnswer, options.Keep, ServingSettings.Of(services, null).Clock);
        });
        services.TryAddSingleton(static services => new TokenStreamHub(services));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, HubShutdown>());
        return services;
    }
}
