namespace RxTokens.Stress;

/// <summary>Requests beside a subscription that is disposed: what it did not deliver is there for the next, to the unit.</summary>
public sealed class CreditRaces
{
    [Test]
    public void Request_BesideDispose_KeepsEveryUnit() => Race.Run(20_000, (_, random) =>
    {
        var requests = 1 + random.Next(6);
        var demand = new Demand();
        var first = 0;
        var next = 0;
        var subscription = new Numbers().OnDemand(demand).Subscribe(_ => first++);

        return new Round(
            [
                () =>
                {
                    for (var i = 0; i < requests; i++)
                        demand.Request(3);
                },
                subscription.Dispose,
            ],
            () => true,
            () =>
            {
                using var rest = new Numbers().OnDemand(demand).Subscribe(_ => next++);
                Assert.That(first + next, Is.EqualTo(3 * requests), $"{first} and {next}");
            },
            () => $"{first} and {next} of {3 * requests}");
    });

    [Test]
    public void Request_BesideReplacing_KeepsEveryUnit([Values] bool newBeforeOld) => Race.Run(10_000, (_, random) =>
    {
        var requests = 1 + random.Next(6);
        var demand = new Demand();
        var first = 0;
        var second = 0;
        var next = 0;
        var subscription = new Numbers().OnDemand(demand).Subscribe(_ => Interlocked.Increment(ref first));
        IDisposable? replacing = null;

        return new Round(
            [
                () =>
                {
                    for (var i = 0; i < requests; i++)
                        demand.Request(3);
                },
                () =>
                {
                    if (!newBeforeOld)
                        subscription.Dispose();
                    replacing = new Numbers().OnDemand(demand).Subscribe(_ => Interlocked.Increment(ref second));
                    if (newBeforeOld)
                        subscription.Dispose();
                },
            ],
            () => true,
            () =>
            {
                replacing!.Dispose();
                using var rest = new Numbers().OnDemand(demand).Subscribe(_ => next++);

                // What was requested while both listened is for each of them.
                Assert.That(first + second + next, newBeforeOld ? Is.InRange(3 * requests, 6 * requests) : Is.EqualTo(3 * requests));
                Assert.That((first + second + next) % 3, Is.Zero);
            },
            () => $"{first}, {second} and {next} of {3 * requests}");
    });

    /// <summary>Numbers that are always ready.</summary>
    private sealed class Numbers : IAsyncEnumerable<int>, IAsyncEnumerator<int>
    {
        public int Current { get; private set; }

        public IAsyncEnumerator<int> GetAsyncEnumerator(CancellationToken cancellationToken = default) => this;

        public ValueTask<bool> MoveNextAsync()
        {
            Current++;
            return new ValueTask<bool>(true);
        }

        public ValueTask DisposeAsync() => default;
    }
}
