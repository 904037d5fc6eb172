using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>
/// The quota in memory against the simplest model: a list of charges with their times, and a list of what is held. The seeds are fixed.
/// </summary>
public class TokenQuotaPropertyTests
{
    private const int Rounds = 1500;
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(20);

    /// <summary>One thing that happens.</summary>
    /// <param name="What">A pause, a beginning, or a settling.</param>
    /// <param name="Which">Of the reservations so far, also those that are over.</param>
    public sealed record Step(char What, int Which, int Charge, int Hold, int Milliseconds)
    {
        public override string ToString() => What switch
        {
            'p' => $"wait {Milliseconds} ms",
            'r' => $"reserve {Charge}/{Hold}",
            'w' => $"reserve {Charge}/{Hold} when it says",
            _ => $"settle #{Which} {Charge}/{Hold}",
        };
    }

    private static readonly Gen<Step> Steps =
        from what in Gen.Frequency((3, Gen.Constant('p')), (3, Gen.Constant('r')), (6, Gen.Constant('s')), (1, Gen.Constant('w')))
        from which in Gen.Choose(0, 8)
        from charge in Gen.Frequency((1, Gen.Constant(0)), (4, Gen.Choose(1, 12)), (1, Gen.Choose(30, 110)))
        from hold in Gen.Frequency((1, Gen.Constant(0)), (3, Gen.Choose(1, 30)))
        from time in Gen.Frequency((2, Gen.Choose(0, 3000)), (1, Gen.Elements(1000, 20_000, 60_000, 61_000)), (1, Gen.Choose(10_000, 70_000)))
        select new Step(what, which, charge, hold, time);

    [Test]
    public void RandomCalls_AreGrantedByTheModelsRules() => ForAll(Gen.ListOf(Steps), 161, steps =>
    {
        var run = new Run();
        foreach (var step in steps)
            run.Do(step);
    });

    private static void ForAll<T>(Gen<T> cases, ulong seed, Action<T> check)
    {
        var run = 0;
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(Rounds).WithEndSize(60).WithReplay(seed, 1),
            Prop.ForAll(cases.ToArbitrary(), c =>
            {
                run++;
                check(c);
            }));
        Assert.That(run, Is.EqualTo(Rounds));
    }

    /// <summary>The quota and its model, side by side.</summary>
    private sealed class Run
    {
        private const int Limit = 100;

        private sealed record Held(TokenReservation Value, TimeSpan Since);

        private readonly FakeTimeProvider _clock = new();
        private readonly TokenQuota _quota;
        private readonly List<(TimeSpan Time, long Tokens)> _charges = [];
        private readonly List<Held> _reservations = []; // by number; each as it was returned last
        private TimeSpan _now;

        public Run() => _quota = new(Limit, Window, _clock, Lease);

        public void Do(Step step)
        {
            switch (step.What)
            {
                case 'p':
                    Wait(TimeSpan.FromMilliseconds(step.Milliseconds));
                    break;
                case 'r':
                    Reserve(step.Charge, Math.Max(1, step.Hold));
                    break;
                case 'w':
                    if (Reserve(step.Charge, Math.Max(1, step.Hold)) is { RetryAfter: { } after })
                    {
                        Wait(after - TimeSpan.FromTicks(1));
                        Assert.That(Reserve(step.Charge, 1), Is.Not.Null, "not a tick earlier");
                        Wait(TimeSpan.FromTicks(1));
                        Assert.That(Reserve(step.Charge, Math.Max(1, step.Hold)), Is.Null, "when it says");
                    }

                    break;
                default:
                    if (_reservations.Count > 0)
                        Settle(step.Which % _reservations.Count, step.Charge, step.Hold);
                    break;
            }

            Look();
        }

        private void Wait(TimeSpan time)
        {
            _clock.Advance(time);
            _now += time;
            Look();
        }

        private long HeldNow => _reservations.Where(IsAlive).Sum(r => r.Value.Held);

        private bool IsAlive(Held reservation) => reservation.Value.Held > 0 && _now - reservation.Since < Lease;

        private long ChargedWithin(TimeSpan time) => _charges.Where(c => _now - c.Time < time).Sum(c => c.Tokens);

        private void Look()
        {
            var usage = _quota.GetUsage("ann");
            Assert.That(usage.Held, Is.EqualTo(HeldNow));
            Assert.That(usage.Charged, Is.InRange(ChargedWithin(Window), ChargedWithin(Window + Window / 60)), "a window at least, a sixtieth longer at most");
            Assert.That(usage.Available, Is.GreaterThanOrEqualTo(0));
            Assert.That(_quota.Users, Is.EqualTo(usage.Available == Limit ? 0 : 1));
        }

        private QuotaExceeded? Reserve(long charge, long hold)
        {
            var before = _quota.GetUsage("ann");
            var answer = _quota.ReserveAsync("ann", charge, hold).Result;
            Assert.That(answer.Exceeded is null, Is.EqualTo(charge < before.Available));
            if (answer.Exceeded is { } exceeded)
            {
                Assert.That((exceeded.Left, exceeded.Charged, exceeded.Asked, exceeded.RetryAfter is null), Is.EqualTo((before.Available, before.Charged, charge + 1, charge >= Limit)));
                return exceeded;
            }

            Assert.That(answer.Held, Is.EqualTo(Math.Min(hold, before.Available - charge)));
            _charges.Add((_now, charge));
            _reservations.Add(new(answer, _now));
            return null;
        }

        private void Settle(int number, long charge, long hold)
        {
            var mine = _reservations[number];
            var own = IsAlive(mine) ? mine.Value.Held : 0;
            var before = _quota.GetUsage("ann");
            var answer = _quota.SettleAsync(mine.Value, charge, hold);
            if (mine.Value.Held > 0 && own == 0 && (charge > 0 || hold > 0))
            {
                Assert.That(answer.AsTask().Exception?.InnerException, Is.InstanceOf<TokenReservationExpiredException>());
                return;
            }

            var settled = answer.Result;
            Assert.That(settled.Exceeded is null, Is.EqualTo(charge <= own + before.Available));
            if (settled.Exceeded is null)
            {
                Assert.That(settled.Held, Is.EqualTo(Math.Min(hold, own + before.Available - charge)));
                _charges.Add((_now, charge));
                _reservations[number] = new(settled, _now);
            }
            else
            {
                Assert.That((settled with { Exceeded = null }, settled.Exceeded.Left), Is.EqualTo((mine.Value, own + before.Available)));
            }
        }
    }
}
