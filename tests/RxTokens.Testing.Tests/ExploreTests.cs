using System.Reactive.Linq;
using System.Reactive.Subjects;
using NUnit.Framework;

namespace RxTokens.Tests;

public class ExploreTests
{
    /// <summary>A planted race: whoever writes last in an instant wins.</summary>
    private static void LastWriteWins(MarbleTest m)
    {
        var user = m.Hot("---u", name: "user");
        var server = m.Hot("---s", name: "server");
        var state = new BehaviorSubject<string>("-");
        user.Subscribe(state);
        server.Subscribe(state);
        m.Expect(Observable.Timer(m.Time("----|"), m.Clock).Select(_ => state.Value), name: "state").ToBe("----(s|)");
    }

    [Test]
    public void APlantedRace_IsFound_AndRunAgainFromItsSeed()
    {
        MarbleTest.Run(LastWriteWins);

        var failure = Assert.Throws<MarbleAssertionException>(() => MarbleTest.Explore(LastWriteWins))!;
        Assert.That(failure.Message, Does.Contain("which passes first in first out").And.Contain("at 3ms: server before user").And.Contain("OnNext(u) instead of OnNext(s)"));
        Assert.That(failure.Mismatches.Single().Row, Is.EqualTo("state"));

        var seed = int.Parse(System.Text.RegularExpressions.Regex.Match(failure.Message, @"Seed = (\d+)").Groups[1].Value);
        var again = Failing.Run(LastWriteWins, new MarbleOptions { Seed = seed });
        Assert.That(failure.Message, Does.EndWith(again.Message));
        Assert.That(Assert.Throws<MarbleAssertionException>(() => MarbleTest.Explore(LastWriteWins))!.Message, Is.EqualTo(failure.Message), "the same each time");
    }

    [Test]
    public void AllOrdersOfThree_AreRun()
    {
        var seen = new HashSet<string>();
        var orders = MarbleTest.Explore(
            m =>
            {
                var log = "";
                foreach (var name in new[] { "a", "b", "c" })
                    m.Hot("-" + name, name: name).Subscribe(x => log += x);
                m.Flush();
                seen.Add(log);
            },
            orders: 100);
        Assert.That(seen, Is.EquivalentTo(new[] { "abc", "acb", "bac", "bca", "cab", "cba" }));
        Assert.That(orders, Is.EqualTo(6));
    }

    [Test]
    public void OneSource_KeepsItsOrder() => MarbleTest.Explore(m =>
    {
        m.Expect(m.Hot("-[abc]|")).ToBe("-[abc]|");
        m.Expect(m.Cold("-[abc|]")).ToBe("-[abc|]");
        m.Expect(m.Pull("-[abc|]")).ToBe("-[abc|]");
    });

    [Test]
    public void TheTestsOwnWindows_KeepTheirPlace() => MarbleTest.Explore(m =>
    {
        var source = m.Hot("a-b-c-d");
        m.Expect(source, "^---!").ToBe("a-b--");
        m.Expect(source, "--^-!").ToBe("--b--");
    });

    [Test]
    public void WithoutAChoice_TwiceIsEnough()
    {
        var runs = 0;
        var orders = MarbleTest.Explore(m =>
        {
            runs++;
            m.Expect(m.Cold("-a-b|")).ToBe("-a-b|");
        });
        Assert.That((runs, orders), Is.EqualTo((2, 1)));
    }

    [Test]
    public void Timers_AndAvailableItems_Race()
    {
        var results = new HashSet<string>();
        MarbleTest.Explore(m =>
        {
            var tokens = m.Pull("abcdefghi|");
            var result = new List<string>();
            var sampled = tokens.Through(o => o.Sample(m.Time("---|"), m.Clock)).AsObservable();
            sampled.Subscribe(x => result.Add(x));
            m.Flush();
            results.Add(string.Join(' ', result));
        });
        Assert.That(results, Has.Count.GreaterThan(2), "whether what comes at the tick is in the sample is open");
    }

    [Test]
    public async Task ATestThatAwaits_IsExploredToo()
    {
        await MarbleTest.ExploreAsync(async m =>
        {
            var seen = "";
            await foreach (var text in m.Pull("abcd|").Conflate())
            {
                seen += text;
                await m.Delay(2);
            }

            Assert.That(seen, Is.EqualTo("abcd"));
        });
        Assert.That(async () => await MarbleTest.ExploreAsync(_ => throw new InvalidDataException("broken")), Throws.TypeOf<InvalidDataException>());
    }

    [Test]
    public void AnyFailure_OfAnOrder_IsTold()
    {
        var failure = Assert.Throws<MarbleAssertionException>(() => MarbleTest.Explore(m =>
        {
            var log = "";
            m.Hot("-a").Subscribe(x => log += x);
            m.Hot("-b").Subscribe(x => log += x);
            m.Flush();
            if (log == "ba")
                throw new InvalidDataException("b came first");
        }))!;
        Assert.That(failure.InnerException, Is.TypeOf<InvalidDataException>());
        Assert.That(failure.Message, Does.Contain("b came first").And.Contain("Seed ="));
    }

    [Test]
    public void Arguments_ThatAreWrong_AreRefused()
    {
        Assert.That(() => MarbleTest.Explore((Action<MarbleTest>)null!), Throws.ArgumentNullException);
        Assert.That(() => MarbleTest.ExploreAsync(null!), Throws.ArgumentNullException);
        Assert.That(() => MarbleTest.Explore(_ => { }, orders: 0), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => MarbleTest.Explore(_ => { }, options: new MarbleOptions { Seed = 1 }), Throws.ArgumentException);
        Assert.That(() => MarbleTest.Explore(_ => { }, options: new MarbleOptions { Clock = new VirtualClock() }), Throws.ArgumentException);
        Assert.That(
            () => MarbleTest.Run(_ => { }, new MarbleOptions { Seed = 1, Clock = new HistoricalTicks() }),
            Throws.ArgumentException.With.Message.Contains("HistoricalTicks"));
    }
}
