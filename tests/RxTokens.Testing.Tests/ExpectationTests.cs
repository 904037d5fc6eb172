using System.Reactive.Linq;
using NUnit.Framework;
using RxTokens.Extensions;

namespace RxTokens.Tests;

/// <summary>What can be expected beside diagrams of items and rows of calls: counts, bounds, any order, another stream.</summary>
public class ExpectationTests
{
    // Counts

    [Test]
    public void SoManyItems_OfAnyValue() => MarbleTest.Run(m =>
    {
        m.Expect(m.Cold("-a-b--c|")).ToHaveCount(3);
        m.Expect(m.Cold("-a-b--c|")).ToHaveCount(2, atFrame: 5);
        m.Expect(m.Cold("-#")).ToHaveCount(0);
        m.Expect(m.Pull("abc|"), demand: "2").ToHaveCount(2);

        var both = m.Expect(m.Hot("-a-b--c|"));
        both.ToBe("-a-b--c|");
        both.ToHaveCount(1, atFrame: 2);
        both.ToHaveCount(3);
    });

    [Test]
    public void SoManyItems_AndOthersCame_FailsWithAPicture() => Shows(
        m => m.Expect(m.Cold("-a-b--c|"), name: "result").ToHaveCount(4),
        """
        Marble mismatch in "result" at frame 7 (7 ms): 3 items in all, expected 4
          frame   0
          source  -a-b--c|      cold, subscribed ^------!
          actual  -a-b--c|
                         ^ by now 4, not 3
        """);

    [Test]
    public void SoManyItemsUpToAFrame_AndMoreCame_FailsWithAPicture() => Shows(
        m => m.Expect(m.Pull("ab-c|", name: "tokens"), demand: "*", name: "result").ToHaveCount(1, atFrame: 2),
        """
        Marble mismatch in "result" at frame 2 (2 ms): 2 items up to frame 2, expected 1
          frame     0
          tokens    a   b-c|      pull
          pulls     [^2]1-1!
          requests  *
          actual    a   b-c|
                         ^ by now 1, not 2
        """);

    [Test]
    public void SoManyItems_OfAStreamThatSaysNothing_Fails() => Assert.That(
        Failing.Message(m => m.Expect(Observable.Never<int>(), name: "result").ToHaveCount(1)),
        Does.StartWith("Marble mismatch in \"result\" at frame 0 (0 ms): 0 items in all, expected 1\n"));

    [Test]
    public void MoreItemsThanAreAskedFor_AreRefused() => MarbleTest.Run(m =>
    {
        var expectation = m.Expect(m.Pull("abc|"), demand: "2", name: "result");
        Assert.That(
            () => expectation.ToHaveCount(3),
            Throws.ArgumentException.With.Message.StartsWith("'result' is expected to deliver 3 items, but its demand row asks for 2 only: the rest can never come. Demand: 2"));
        Assert.That(() => expectation.ToHaveCount(-1), Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("items"));
        Assert.That(() => expectation.ToHaveCount(1, atFrame: -1), Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("atFrame"));
        expectation.ToHaveCount(2);
    });

    // At least

    [Test]
    public void AtLeastSoMuch() => MarbleTest.Run(m =>
    {
        var demand = new Demand();
        m.At(0, () => demand.Request(16));
        m.At(4, () => demand.Request(12));
        m.ExpectRequests(demand).ToSumToAtLeast(16, atFrame: 3);
        m.ExpectRequests(demand).ToSumToAtLeast(20, atFrame: 4);

        var tokens = m.Pull("abcdefgh|");
        m.Expect(tokens.Buffered(4), demand: "1").ToBe("a");
        m.ExpectPulls(tokens).ToSumToAtLeast(2, atFrame: 100);
    });

    [Test]
    public void LessThanAtLeast_FailsWithAPicture()
    {
        Shows(
            m =>
            {
                var demand = new Demand();
                m.At(1, () => demand.Request(16));
                m.ExpectRequests(demand, name: "demand").ToSumToAtLeast(17, atFrame: 4);
            },
            """
            Marble mismatch in "demand" at frame 4 (4 ms): 16 asked for up to frame 4, expected at least 17
              frame   0
              actual  -{16}
                           ^ by now at least 17, not 16
            """);
        Shows(
            m =>
            {
                var tokens = m.Pull("ab|", name: "tokens");
                m.Expect(tokens, demand: "1").ToBe("a");
                m.ExpectPulls(tokens).ToSumToAtLeast(2, atFrame: 1);
            },
            """
            Marble mismatch in "pulls of tokens" at frame 1 (1 ms): 1 MoveNextAsync up to frame 1, expected at least 2
              frame   0
              tokens  a   b|      pull
              pulls   [^1]
              actual  1
                          ^ by now at least 2, not 1
            """);
    }

    [Test]
    public void AtLeast_RefusesWhatIsNegative() => MarbleTest.Run(m =>
    {
        var pulls = m.ExpectPulls(m.Pull("a|"));
        Assert.That(() => pulls.ToSumToAtLeast(-1, 0), Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("reads"));
        Assert.That(() => pulls.ToSumToAtLeast(1, -1), Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("atFrame"));
        pulls.ToSumToAtLeast(0, atFrame: 0);
    });

    // In any order

    [Test]
    public void Subscriptions_InAnyOrder() => MarbleTest.Run(m =>
    {
        var cold = m.Cold("a--|", name: "cold");
        m.Expect(cold, "--^").ToHaveCount(1);
        m.Expect(cold, "^").ToHaveCount(1);
        m.Expect(cold, "-^-!").ToHaveCount(1);
        m.ExpectSubscriptions(cold).ToBeInAnyOrder("-^-!", "--^--!", "^--!");
        m.ExpectSubscriptions(m.Hot("a")).ToBeInAnyOrder();
    });

    [Test]
    public void EqualSubscriptions_AreCounted_InAnyOrder() => Shows(
        m =>
        {
            var cold = m.Cold("a--|", name: "cold");
            m.Expect(cold).ToHaveCount(1);
            m.Expect(cold).ToHaveCount(1);
            m.ExpectSubscriptions(cold).ToBeInAnyOrder("^--!", "-^-!");
        },
        """
        Marble mismatch in "subscriptions of cold, subscription 2" at frame 0 (0 ms): Subscribe arrived 1 frame early
          frame     0
          cold      a--|      cold, subscribed ^--!, then ^--!
          expected  -^-!
          actual    ^--!
                    ^ got Subscribe, expected it at frame 1
          to accept the actual result:  ^--!
        """);

    [Test]
    public void ASubscriptionThatIsMissing_InAnyOrder() => Shows(
        m =>
        {
            var cold = m.Cold("a--|", name: "cold");
            m.Expect(cold, "-^").ToHaveCount(1);
            m.ExpectSubscriptions(cold).ToBeInAnyOrder("^--!", "-^--!");
        },
        """
        Marble mismatch in "subscriptions of cold, subscription 2" at frame 0 (0 ms): Subscribe is missing
          frame     0
          cold      -a--|      cold, subscribed -^--!
          expected  ^--!
          actual
                    ^ expected Subscribe, got nothing
          to accept the actual result:  ""
        """);

    [Test]
    public void Enumerations_InAnyOrder() => MarbleTest.Run(m =>
    {
        var tokens = m.Pull("a|");
        m.Expect(tokens, demand: "-2").ToBe("-[a|]");
        m.Expect(tokens, demand: "2").ToBe("a|");
        m.ExpectPulls(tokens).ToBeInAnyOrder("[^2]!", "^[2!]");
    });

    [Test]
    public void InAnyOrder_OnlyOnce() => MarbleTest.Run(m =>
    {
        var expectation = m.ExpectSubscriptions(m.Cold("a", name: "cold"));
        expectation.ToBeInAnyOrder();
        Assert.That(() => expectation.ToBe("^"), Throws.InvalidOperationException);
        Assert.That(() => expectation.ToBeInAnyOrder(null!), Throws.ArgumentNullException);
    });

    // Another stream

    [Test]
    public void AnotherStream() => MarbleTest.Run(m =>
    {
        var source = m.Hot("-a-b-c|");
        m.Expect(source.Select(x => x + x)).ToBe(source.Select(x => x).Select(x => x + x));
        m.Expect(source, "--^-!").ToBe(source.Where(_ => true));
        m.Expect(m.Cold("-a#")).ToBe(m.Cold("-a#"));
        m.Expect(m.Cold("abcd|").Buffer(2)).ToBe(m.Cold("abcd|").Buffer(2));
        m.Expect(m.Pull("abc|"), demand: "1--1-2").ToBe(m.Pull("abc|"));
        m.Expect(m.Pull("a-b|")).ToBe(m.Cold("a-b|"));
        m.Expect(requests => m.Pull("abc|").OnDemand(requests), demand: "1--*").ToBe(m.Cold("a--[bc|]"));
    });

    [Test]
    public void AnotherStream_IsSubscribedAndLeftWithTheStream() => MarbleTest.Run(m =>
    {
        var (one, other) = (m.Cold("a--b"), m.Cold("a--b"));
        m.Expect(one, "-^--!").ToBe(other);
        m.ExpectSubscriptions(one).ToBe("-^--!");
        m.ExpectSubscriptions(other).ToBe("-^--!");

        var (pulled, like) = (m.Pull("abc|"), m.Pull("abc|"));
        m.Expect(pulled, demand: "1-1!").ToBe(like);
        m.ExpectPulls(pulled).ToBe("[^1]-1!");
        m.ExpectPulls(like).ToBe("[^1]-1!");
    });

    [Test]
    public void AnotherStream_ThatIsDifferent_FailsWithAPicture() => Shows(
        m =>
        {
            var typed = m.Hot("-ab---c|", name: "typed");
            m.Expect(typed.Throttle(2.Milliseconds(), m.Clock)).ToBe(typed.Delay(2.Milliseconds(), m.Clock).Skip(1));
        },
        """
        Marble mismatch in "typed.Throttle(2.Milliseconds(), m.Clock)" at frame 7 (7 ms): OnNext(c) arrived 1 frame early
          frame     0
          typed     -ab---c|           hot, subscribed ^------!, then ^------!
          expected  ----b---   c|      typed.Delay(2.Milliseconds(), m.Clock).Skip(1)
          actual    ----b--[c|]
                           ^ got OnNext(c), expected it at frame 8
        """);

    [Test]
    public void AnotherStream_WithOtherErrorsAndValues_IsDifferent()
    {
        Assert.That(
            Failing.Message(m => m.Expect(m.Cold("#"), name: "one").ToBe(m.Cold("#", new TimeoutException("late")))),
            Does.StartWith("Marble mismatch in \"one\" at frame 0 (0 ms): OnError(MarbleException(\"#\")) instead of OnError(TimeoutException(\"late\"))\n"));
        Assert.That(
            Failing.Message(m => m.Expect(m.Cold("ab|").Buffer(2), name: "one").ToBe(m.Cold("ac|").Buffer(2), name: "two")),
            Does.StartWith("Marble mismatch in \"one\" at frame 1 (1 ms): OnNext([a, b]) instead of OnNext([a, c])\n").And.Not.Contain("to accept"));
    }

    [Test]
    public void AnotherStream_ThatBreaksTheRules_IsToldByItsName() => Assert.That(
        Failing.Message(m =>
        {
            var rude = m.Cold("-a-b|");
            rude.IgnoresDisposal = true;
            m.Expect(m.Cold("-a-b|"), "^-!", name: "one").ToBe(rude, name: "two");
        }),
        Does.Contain("Protocol violation in \"two\" at frame 3 (3 ms): 3:b came after it had been left\n").And.Not.Contain("in \"one\""));

    [Test]
    public void AnotherStream_IsInTheChart() => Assert.That(
        MarbleTest.Run(m => m.Expect(m.Cold("a|", name: "one")).ToBe(m.Cold("a|", name: "two"), name: "like")).ToText().ReplaceLineEndings("\n"),
        Does.Contain("\n  like").And.Contain("\n  one"));

    [Test]
    public void ToBe_OnlyOnce_OfDiagramsAndStreams() => MarbleTest.Run(m =>
    {
        var expectation = m.Expect(m.Cold("a|"), name: "one");
        Assert.That(() => expectation.ToBe((IObservable<string>)null!), Throws.ArgumentNullException);
        Assert.That(() => expectation.ToBe((IAsyncEnumerable<string>)null!), Throws.ArgumentNullException);
        expectation.ToBe(m.Cold("a|"), name: "two");
        Assert.That(() => expectation.ToBe("a|"), Throws.InvalidOperationException.With.Message.StartsWith("'one' is expected to be 'two' already."));
        Assert.That(() => expectation.ToBe(m.Cold("a|")), Throws.InvalidOperationException);
    });

    private static void Shows(Action<MarbleTest> test, string message)
    {
        var actual = Failing.Message(test);
        Assert.That(actual, Is.EqualTo(message), actual);
    }
}
