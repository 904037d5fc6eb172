using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>Streams of streams: letters that stand for what an inner stream says.</summary>
public class InnerStreamTests
{
    [Test]
    public void Windows_AreLettersForDiagrams() => MarbleTest.Run(m =>
        m.Expect(m.Cold("-a-b-c|").Window(2)).ToBe("x--y--|", [("x", Marble.Inner("-a-(b|)")), ("y", Marble.Inner("--c|"))]));

    [Test]
    public void AbsoluteDiagrams_CountFromTheStartOfTheTest() => MarbleTest.Run(m =>
        m.Expect(m.Cold("-a-b-c|").Window(2)).ToBe(
            "x--y--|",
            [
                ("x", Marble.Inner("-a-[b|]", absolute: true)),
                ("y", Marble.Inner("-----c|", absolute: true)),
            ]));

    [Test]
    public void Groups_HaveAKey() => MarbleTest.Run(m =>
        m.Expect(m.Cold<int>("-1-2-3-4|").GroupBy(n => n % 2 == 0 ? "even" : "odd")).ToBe(
            "-o-e----|", [("o", Marble.Group<string, int>("odd", "1---3--|")), ("e", Marble.Group<string, int>("even", "2---4|"))]));

    [Test]
    public void AnInnerStreamThatSaysSomethingElse_IsShownBesideTheOuterOne() => Shows(
        m =>
        {
            var source = m.Hot("-a-b-c-d|", name: "source");
            var windows = source.Window(2);
            m.Expect(windows).ToBe("x--y---z|", [("x", Marble.Inner("-a-[b|]")), ("y", Marble.Inner("--c-[e|]")), ("z", Marble.Inner("-|"))]);
        },
        """
        Marble mismatch in "windows, y" at frame 7 (7 ms): OnNext(d) instead of OnNext(e)
          frame       0
          source      -a-b-c-d   |      hot, subscribed ^-------!
          windows     x--y---z   |
          expected y     --c-[e|]
          actual y       --c-[d|]
                             ^ expected OnNext(e), got OnNext(d)
          to accept the actual result:  --c-[d|]
        """);

    [Test]
    public void AnAbsoluteInnerStream_IsAcceptedAsOne()
    {
        var failure = Failing.Run(m => m.Expect(m.Hot("-a-b-c-d|").Window(2), name: "windows").ToBe(
            "x--y---z|", [("x", Marble.Any), ("y", Marble.Inner("-----c-[e|]", absolute: true)), ("z", Marble.Any)]));
        Assert.That(failure.Mismatches.Single().Actual, Is.EqualTo("-----c-[d|]"));
        Assert.That(failure.Mismatches.Single().Frame, Is.EqualTo(7));
    }

    [Test]
    public void AnOuterDifference_ShowsTheInnerRows() => Shows(
        m =>
        {
            var source = m.Hot("-a-b-c-d|", name: "source");
            var windows = source.Window(2);
            m.Expect(windows).ToBe("x--y----|", [("x", Marble.Inner("-a-[b|]")), ("y", Marble.Inner("--c-[d|]"))]);
        },
        """
        Marble mismatch in "windows" at frame 7 (7 ms): OnNext(A) was not expected
          frame     0
          source    -a-b   -c-d   |      hot, subscribed ^-------!
          x         -a-[b|]
          y            -   -c-[d|]
          A                   -   |
          expected  x--y   ----   |
          actual    x--y   ---A   |
                              ^ expected nothing, got OnNext(A)
          where A = a stream: -|
          to accept the actual result:  x--y---A|
          letters that stand for values without one have to be among the values too:  ("A", Marble.Inner("-|"))
        """);

    [Test]
    public void AGroupWithAnotherKey_IsAnotherItem()
    {
        var message = Failing.Message(m => m.Expect(m.Cold("-a|").GroupBy(x => x), name: "groups").ToBe("-b|", [("b", Marble.Group("b", "a|"))]));
        Assert.That(message, Does.Contain("OnNext(A) instead of OnNext(b)").And.Contain("  where b = the group b, a stream: a|\n  where A = a stream: a|\n"));
    }

    [Test]
    public void InnerErrors_AndValues_AreCompared()
    {
        MarbleTest.Run(m => m.Expect(m.Cold("-a-#", new TimeoutException("late")).Window(5)).ToBe("x--#", [("x", Marble.Inner("-a-#", typeof(TimeoutException)))], error: typeof(TimeoutException)));
        MarbleTest.Run(m => m.Expect(m.Cold<int>("-1-2|").Window(5)).ToBe("x---|", [("x", Marble.Inner<int>("-a-b|", [("a", 1), ("b", Marble.Any)]))]));
        var message = Failing.Message(m => m.Expect(m.Cold("-#").Window(5), name: "windows").ToBe("x#", [("x", Marble.Inner("-#", typeof(TimeoutException)))]));
        Assert.That(message, Does.StartWith("Marble mismatch in \"windows, x\" at frame 1 (1 ms): OnError(MarbleException(\"#\")) instead of OnError(TimeoutException)"));
    }

    [Test]
    public void StreamsOfStreamsOfStreams_AreCompared()
    {
        static IObservable<IObservable<IObservable<string>>> Build(MarbleTest m) => m.Cold("abcd|").Window(1).Window(2);
        MarbleTest.Run(m => m.Expect(Build(m).Take(1)).ToBe(
            "[x|]", [("x", Marble.Inner<IObservable<string>>("[pq|]", [("p", Marble.Inner("[a|]")), ("q", Marble.Inner("-[b|]"))]))]), new MarbleOptions { MaxVirtualTime = TimeSpan.FromSeconds(1) });
    }

    [Test]
    public void TheOuterStreamIsLeft_TheInnerOnesAreWatchedToTheirEnd() => MarbleTest.Run(m =>
        m.Expect(m.Hot("-a-b-c|").Window(3), "^-!").ToBe("x", [("x", Marble.Inner("-a-b-[c|]"))]));

    [Test]
    public void TheOuterStreamIsLeft_AnEndlessInnerOneIsWatchedAsLongAsItsDiagram() => MarbleTest.Run(m =>
    {
        var source = m.Hot("-a-b-" + string.Concat(Enumerable.Repeat("c-", 50)));
        m.Expect(Observable.Interval(TimeSpan.FromMilliseconds(2), m.Clock).GroupBy(n => n % 2 == 0), "^---!").ToBe("--e", [("e", Marble.Group<bool, long>(true, "0---2-"))]);
        m.Expect(source.GroupBy(x => x), "^-!").ToBe("-a", [("a", Marble.Group("a", "a---"))]);
        m.ExpectSubscriptions(source).ToBe("^----!");
    });

    [Test]
    public void StreamsWithoutInnerDiagrams_AreHintedAt() => Shows(
        m => m.Expect(m.Cold("ab|", name: "source").Window(2), name: "windows").ToBe("x-|", [("x", Observable.Never<string>())]),
        """
        Marble mismatch in "windows" at frame 0 (0 ms): OnNext(A) instead of OnNext(x)
          frame     0
          source    ab|      cold, subscribed ^-!
          expected  x-|
          actual    AB|
                    ^ expected OnNext(x), got OnNext(A)
          where x = an observable (another one)
          where A = an observable
          where B = an observable
          to accept the actual result:  AB|
          to say what a stream among the items says:  ("x", Marble.Inner(…)), or Marble.Group(…) with its key
        """);

    [Test]
    public void InnerStreamsOfAPullStream_AreWatched() => MarbleTest.Run(m =>
        m.Expect(m.Pull<IObservable<string>>("a-|", [("a", m.Hot("-b-c|"))])).ToBe("x-|", [("x", Marble.Inner("-b-c|"))]));

    [Test]
    public void AnInnerStreamThatBreaksTheRules_IsReported()
    {
        var inner = Observable.Create<int>(observer =>
        {
            observer.OnNext(1);
            return () => { };
        });
        var rude = new Rude();
        var failure = Failing.Run(m => m.Expect(m.Cold<IObservable<int>>("-a|", [("a", rude)]), name: "streams").ToBe("-a|", [("a", Marble.Inner<int>("[1|]"))]));
        Assert.That(failure.Mismatches[0].Kind, Is.EqualTo(MismatchKind.ProtocolViolation));
        Assert.That(failure.Mismatches[0].Row, Is.EqualTo("streams, a"));
        MarbleTest.Run(m => m.Expect(m.Cold<IObservable<int>>("-a|", [("a", inner)])).ToBe("-a|", [("a", Marble.Inner<int>("1"))]));
    }

    [Test]
    public void WithoutInnerDiagrams_StreamsAreItemsLikeOthers() => MarbleTest.Run(m =>
    {
        var inner = m.Cold("-a|");
        m.Expect(m.Cold<IObservable<string>>("-i|", [("i", inner)])).ToBe("-i|", [("i", inner)]);
        m.ExpectSubscriptions(inner).ToBe();
    });

    [Test]
    public void AStreamOfAnotherType_IsRefused()
    {
        Assert.That(
            () => MarbleTest.Run(m => m.Expect(m.Cold<int>("1|").Window(1), name: "windows").ToBe("x|", [("x", Marble.Inner("1|"))])),
            Throws.ArgumentException.With.Message.StartsWith("'windows, x' is expected to be a stream of String, which no IObservable<Int32> is"));
        Assert.That(
            () => MarbleTest.Run(m => m.Expect(m.Cold("a|"), name: "letters").ToBe("x|", [("x", Marble.Inner("1|"))])),
            Throws.ArgumentException.With.Message.Contains("which no String is"));
        Assert.That(() => Marble.Inner(null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("diagram"));
        Assert.That(() => Marble.Group(1, null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("diagram"));
        Assert.That(
            () => MarbleTest.Run(m => m.Expect(m.Cold("a|").Window(1), name: "windows").ToBe("x|", [("x", Marble.Inner("a 10ms|"))])),
            Throws.TypeOf<MarbleSyntaxException>().With.Message.StartsWith("MG014 at column 3 of 'windows, x'"));
    }

    [Test]
    public Task InnerDiagramsThatComeTooLate_AreRefused() => MarbleTest.RunAsync(async m =>
    {
        var expectation = m.Expect(m.Cold("a|").Window(5), name: "windows");
        await m.Delay(1);
        Assert.That(() => expectation.ToBe("x|", [("x", Marble.Inner("a|"))]), Throws.InvalidOperationException.With.Message.StartsWith("'windows' has said something already"));
        expectation.ToBe("x|", [("x", Marble.Any)]);
    });

    [Test]
    public void Pictures_HaveARowForEach()
    {
        var chart = MarbleTest.Run(m =>
        {
            var source = m.Hot("-a-b-c|", name: "source");
            m.Expect(source.Window(2), name: "windows").ToBe("x--y--|", [("x", Marble.Inner("-a-[b|]")), ("y", Marble.Inner("--c|"))]);
        });
        Assert.That(chart.ToText(), Is.EqualTo(
            """
              frame    0
              source   -a-b   -c|      hot, subscribed ^-----!
              windows  x--y   --|
              x        -a-[b|]
              y           -   -c|

            """));
        Assert.That(chart.ToSvg(), Does.Contain("y (inner stream): c at 5 ms, completes at 6 ms."));
    }

    [Test]
    public void OnAnotherClock_ItIsTheSame() => MarbleTest.Run(
        m => m.Expect(m.Cold("-a-b-c|").Window(2)).ToBe("x--y--|", [("x", Marble.Inner("-a-(b|)")), ("y", Marble.Inner("--c|"))]),
        new MarbleOptions { Clock = new HistoricalTicks() });

    private static void Shows(Action<MarbleTest> test, string message) => Assert.That(Failing.Message(test), Is.EqualTo(message));

    private sealed class Rude : IObservable<int>
    {
        public IDisposable Subscribe(IObserver<int> observer)
        {
            observer.OnNext(1);
            observer.OnCompleted();
            observer.OnNext(2);
            return System.Reactive.Disposables.Disposable.Empty;
        }
    }
}
