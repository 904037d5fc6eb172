using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace RxTokens;

/// <summary>What a response needs of the options and of the application's services.</summary>
internal sealed record ServingSettings(TokenResultOptions Options, TimeProvider Clock, CancellationToken Stopping, bool IsDevelopment, ILogger Logger, ServingMetrics Metrics)
{
    private static readonly TokenResultOptions Defaults = new();

    /// <param name="services">Those of the request, or of the application.</param>
    /// <param name="options">What the caller has given, before what the application has configured.</param>
    public static ServingSettings Of(IServiceProvider? services, TokenResultOptions? options)
    {
        options ??= services?.GetService<IOptions<TokenResultOptions>>()?.Value ?? Defaults;
#pragma warning disable RS0030 // where nobody says which clock, it is the system's
        var clock = options.TimeProvider ?? services?.GetService<TimeProvider>() ?? TimeProvider.System;
#pragma warning restore RS0030
        return new(
            options,
            clock,
            services?.GetService<IHostApplicationLifetime>()?.ApplicationStopping ?? CancellationToken.None,
            services?.GetService<IHostEnvironment>()?.IsDevelopment() ?? false,
            services?.GetService<ILoggerFactory>()?.CreateLogger("RxTokens.AspNetCore") ?? NullLogger.Instance,
            ServingMetrics.Of(services));
    }

    /// <summary>What the client is told of a failure.</summary>
    public TokenFailure Describe(Exception failure) =>
        Described(failure) ?? (IsDevelopment ? new TokenFailure { Message = failure.Message } : new TokenFailure());

    /// <summary>What the application says that the client is told, if it says something.</summary>
    public TokenFailure? Described(Exception failure) => Described(failure, Options, Logger);

    /// <summary>What the application says that a client is told; of a quota that is used up, if it says nothing, that it is.</summary>
    public static TokenFailure? Described(Exception failure, TokenResultOptions options, ILogger logger)
    {
        TokenFailure? described = null;
        try
        {
            described = options.DescribeFailure?.Invoke(failure);
        }
        catch (Exception another)
        {
            Log.DescriptionFailed(logger, another);
        }

        return described ?? (failure is TokenQuotaExceededException quota ? TokenFailure.OfQuota(quota.RetryAfter) : null);
    }

    /// <summary>When a client of a host that stops should come back: spread, so that not all come at once.</summary>
    public TimeSpan ComeBack() => Options.Reconnect * (0.5 + Random.Shared.NextDouble());
}
