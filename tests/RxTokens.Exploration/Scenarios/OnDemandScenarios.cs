using Microsoft.Coyote.SystematicTesting;

namespace RxTokens.Exploration;

/// <summary>Whatever happens beside it: each unit of credit brings one letter, and none is read that was not asked for.</summary>
public static class OnDemandScenarios
{
    private const string Letters = "abcdefgh";

    [Test]
    public static void TwoRequesters() => With(Letters, (scene, source, demand, listener) =>
    {
        Operators.OnDemand(source, demand).Subscribe(listener);
        scene.Start(() => Request(demand, 1, 1));
        scene.Start(() => Request(demand, 2));
        scene.Play();
        Require(listener.Letters == "abcd" && source.Reads == 4 && !listener.HasEnded, source, listener);
    });

    [Test]
    public static void TwoWhoRequestUpToALine() => With(Letters, (scene, source, demand, listener) =>
    {
        Operators.OnDemand(source, demand).Subscribe(listener);
        scene.Start(() =>
        {
            demand.RequestUpTo(2);
            demand.RequestUpTo(5);
        });
        scene.Start(() =>
        {
            demand.RequestUpTo(4);
            demand.RequestUpTo(1);
        });
        scene.Play();
        Require(listener.Letters == "abcde" && source.Reads == 5 && !listener.HasEnded, source, listener);
    });

    [Test]
    public static void ARequestFromInside() => With(Letters, (scene, source, demand, listener) =>
    {
        listener.OnItem = item => Request(demand, item.Letters == "b" ? 2 : 0);
        Operators.OnDemand(source, demand).Subscribe(listener);
        scene.Start(() => Request(demand, 1, 1));
        scene.Start(() => Request(demand, 1));
        scene.Play();
        Require(listener.Letters == "abcde" && source.Reads == 5, source, listener);
    });

    [Test]
    public static void ARequestBesideTheSubscription() => With(Letters, (scene, source, demand, listener) =>
    {
        scene.Start(() => Operators.OnDemand(source, demand).Subscribe(listener));
        scene.Start(() => Request(demand, 1, 2));
        scene.Play();
        Require(listener.Letters == "abc" && source.Reads == 3, source, listener);
    });

    [Test]
    public static void ARequestBesideTheEnd() => With("ab", (scene, source, demand, listener) =>
    {
        Operators.OnDemand(source, demand).Subscribe(listener);
        scene.Start(() => Request(demand, 1, 1));
        scene.Start(() => Request(demand, 1));
        scene.Play();
        Require(listener is { Letters: "ab", HasEnded: true, Failure: null } && source.IsSettled, source, listener);
    });

    [Test]
    public static void ARequestBesideAFailure()
    {
        var scene = new Scene();
        var source = new Source(scene, "ab") { Failure = new InvalidDataException("the source failed") };
        var demand = new Demand();
        var listener = new Listener();
        Operators.OnDemand(source, demand).Subscribe(listener);
        scene.Start(source.Land);
        scene.Start(() => Request(demand, 1, 1));
        scene.Start(() => Request(demand, 2));
        scene.Play();
        Require(listener.Letters == "ab" && listener.Failure == source.Failure && source.IsSettled, source, listener);
        RequireLeft(scene, demand, 2, listener.Letters.Length - 2);
    }

    [Test]
    public static void ARefusedRequestBesideAnother() => With(Letters, (scene, source, demand, listener) =>
    {
        Operators.OnDemand(source, demand).Subscribe(listener);
        scene.Start(() => demand.Request(0));
        scene.Start(() => Request(demand, 1, 1));
        scene.Play();
        Require(listener is { HasEnded: true, Failure: ArgumentOutOfRangeException } && source.IsSettled, source, listener);
    });

    [Test]
    public static void ARequestBesideDispose() => With(Letters, (scene, source, demand, listener) =>
    {
        var subscription = Operators.OnDemand(source, demand).Subscribe(listener);
        scene.Start(() => Request(demand, 2, 1));
        scene.Start(() => Dispose(scene, source, subscription));
        scene.Play();
        Require(source.IsSettled && !listener.HasEnded, source, listener);
        RequireLeft(scene, demand, 3, listener.Letters.Length);
    });

    [Test]
    public static void TwoDisposeAtOnce() => With(Letters, (scene, source, demand, listener) =>
    {
        var subscription = Operators.OnDemand(source, demand).Subscribe(listener);
        scene.Start(() => Request(demand, 2));
        scene.Start(() => Dispose(scene, source, subscription));
        scene.Start(() => Dispose(scene, source, subscription));
        scene.Play();
        Require(source.IsSettled && !listener.HasEnded, source, listener);
        RequireLeft(scene, demand, 2, listener.Letters.Length);
    });

    [Test]
    public static void ReplacedAsBySwitch() => Replaced(static (dispose, subscribe) =>
    {
        dispose();
        subscribe();
    });

    [Test]
    public static void ReplacedAsBySerialDisposable() => Replaced(static (dispose, subscribe) =>
    {
        subscribe();
        dispose();
    });

    [Test]
    public static void Retried() => Retried("abcd", static demand => Request(demand, 2, 1), static demand => Request(demand, 1));

    /// <summary>What one has left over is on its way to the next when that is brought to its end by another request.</summary>
    [Test]
    public static void RetriedWithMuchLeftOver() => Retried("abcde", static demand => Request(demand, 3), static demand => Request(demand, 2));

    [Test]
    public static void TheRequestsEnd() => WithRequests(static (scene, source, requests, listener) =>
    {
        scene.Start(() =>
        {
            requests.Request(1);
            requests.Request(1);
            requests.Complete();
        });
        scene.Play();
        Require(listener is { Letters: "ab", HasEnded: true, Failure: null } && source.Reads == 2 && source.IsSettled, source, listener);
    });

    [Test]
    public static void TheRequestsFail() => WithRequests(static (scene, source, requests, listener) =>
    {
        var failure = new InvalidDataException("the requests failed");
        scene.Start(() =>
        {
            requests.Request(2);
            requests.Fail(failure);
        });
        scene.Play();
        Require(listener.Failure == failure && "ab".StartsWith(listener.Letters, StringComparison.Ordinal) && source.IsSettled, source, listener);
    });

    [Test]
    public static void TheRequestsEndBesideDispose()
    {
        IDisposable? subscription = null;
        WithRequests(
            (scene, source, requests, listener) =>
            {
                scene.Start(() =>
                {
                    requests.Request(2);
                    requests.Complete();
                });
                scene.Start(() => Dispose(scene, source, subscription!));
                scene.Play();
                Require(listener.Failure is null && source.IsSettled && "ab".StartsWith(listener.Letters, StringComparison.Ordinal), source, listener);
            },
            s => subscription = s);
    }

    [Test]
    public static void UnboundedBesideDispose()
    {
        var scene = new Scene();
        var source = new Source(scene, Letters);
        var listener = new Listener();
        IDisposable? subscription = null;
        scene.Start(() => subscription = Operators.OnDemand(source, Demand.Unbounded).Subscribe(listener));
        scene.Start(source.Land);
        scene.Start(() =>
        {
            if (scene.WaitUntil(() => subscription is not null))
                Dispose(scene, source, subscription!);
        });
        scene.Play();
        Require(source.IsSettled && source.Sent.StartsWith(listener.Letters, StringComparison.Ordinal), source, listener);
    }

    private static void Retried(string letters, params Action<Demand>[] requesters)
    {
        var scene = new Scene();
        var source = new Source(scene, letters) { Failure = new InvalidDataException("the source failed"), FailsAfter = 1 };
        var demand = new Demand();
        var arrived = "";
        void Try()
        {
            var listener = new Listener();
            listener.OnItem = item => arrived += item.Letters;
            listener.OnFailure = _ => Try();
            Operators.OnDemand(source, demand).Subscribe(listener);
        }

        Try();
        scene.Start(source.Land);
        foreach (var request in requesters)
            scene.Start(() => request(demand));
        scene.Play();
        Scene.Require(arrived == letters, $"{letters.Length} were requested, and '{arrived}' arrived");
    }

    private static void With(string letters, Action<Scene, Source, Demand, Listener> play)
    {
        var scene = new Scene();
        var source = new Source(scene, letters);
        scene.Start(source.Land);
        play(scene, source, new Demand(), new Listener());
    }

    private static void WithRequests(Action<Scene, Source, Requests, Listener> play, Action<IDisposable>? subscribed = null)
    {
        var scene = new Scene();
        var source = new Source(scene, Letters);
        var requests = new Requests();
        var listener = new Listener();
        var subscription = Operators.OnDemand(source, requests).Subscribe(listener);
        subscribed?.Invoke(subscription);
        scene.Start(source.Land);
        play(scene, source, requests, listener);
    }

    private static void Replaced(Action<Action, Action> inOrder)
    {
        var scene = new Scene();
        var (first, second) = (new Source(scene, Letters), new Source(scene, Letters));
        var (before, after) = (new Listener(), new Listener());
        var demand = new Demand();
        var subscription = Operators.OnDemand(first, demand).Subscribe(before);
        scene.Start(first.Land);
        scene.Start(second.Land);
        scene.Start(() =>
        {
            // The requests come first: while two listen, each would get them.
            Request(demand, 4);
            WaitForAMoment(scene, first);
            inOrder(subscription.Dispose, () => Operators.OnDemand(second, demand).Subscribe(after));
        });
        scene.Play();
        Scene.Require(
            before.Letters.Length + after.Letters.Length == 4,
            $"4 were requested, and '{before.Letters}' and '{after.Letters}' arrived");
    }

    /// <summary>What was not used is there for the next.</summary>
    private static void RequireLeft(Scene scene, Demand demand, int requested, int used)
    {
        var source = new Source(scene, Letters);
        var listener = new Listener();
        scene.Start(source.Land);
        scene.Start(() => Operators.OnDemand(source, demand).Subscribe(listener));
        scene.Play();
        Scene.Require(
            used + listener.Letters.Length == requested, $"{requested} were requested: {used} were used, and {listener.Letters.Length} are left");
    }

    private static void Request(Demand demand, params int[] counts)
    {
        foreach (var count in counts)
        {
            if (count > 0)
                demand.Request(count);
        }
    }

    private static void Dispose(Scene scene, Source source, IDisposable subscription)
    {
        WaitForAMoment(scene, source);
        subscription.Dispose();
    }

    private static void WaitForAMoment(Scene scene, Source source)
    {
        var moment = scene.Choose(3); // no more than there are reads: the landing thread goes when all others wait
        scene.WaitUntil(() => source.Reads >= moment);
    }

    private static void Require(bool condition, Source source, Listener listener) =>
        Scene.Require(condition, $"read {source.Reads}, sent '{source.Sent}', disposed {source.Disposals} of {source.Enumerations}, arrived {listener}");
}
