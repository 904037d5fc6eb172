using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace RxTokens.Interop.Tests;

/// <summary>
/// Other libraries that take a TimeProvider, on the virtual clock. The limiters of System.Threading.RateLimiting are not among them:
/// they read the machine's clock, in .NET 10 too.
/// </summary>
public class OneClockTests
{
    [SetUp]
    public void WithoutContext() => SynchronizationContext.SetSynchronizationContext(null);

    /// <summary>
    /// Three attempts that hang: ten seconds each to time out, then 1, then 2 seconds of back-off. (They do not hang in a Task.Delay, for
    /// what awaits one that is cancelled continues on the pool.)
    /// </summary>
    [Test]
    public void APollyPipeline_TimesOutAndRetries_InVirtualTime()
    {
        var clock = new VirtualClock();
        var log = new List<string>();
        var pipeline = new ResiliencePipelineBuilder { TimeProvider = clock.AsTimeProvider() }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<TimeoutRejectedException>(),
                MaxRetryAttempts = 2,
                Delay = TimeSpan.FromSeconds(1),
                BackoffType = DelayBackoffType.Exponential,
            })
            .AddTimeout(TimeSpan.FromSeconds(10))
            .Build();

        var call = Call();
        clock.AdvanceBy(TimeSpan.FromMinutes(5));

        Assert.That(log, Is.EqualTo(new[] { "0 attempt", "11000 attempt", "23000 attempt", "33000 TimeoutRejectedException" }));
        Assert.That(call.IsCompletedSuccessfully, Is.True);

        async Task Call()
        {
            try
            {
                await pipeline.ExecuteAsync(async cancellationToken =>
                {
                    log.Add($"{clock.Frame} attempt");
                    await new TaskCompletionSource().Task.WaitAsync(cancellationToken);
                });
            }
            catch (Exception failure)
            {
                log.Add($"{clock.Frame} {failure.GetType().Name}");
            }
        }
    }
}
