using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using Microsoft.Coyote.SystematicTesting;

namespace RxTokens.Exploration;

public static class AsObservableScenarios
{
    private const string Letters = "abcd";

    [Test] public static void Alone() => Run(failure: null, disposes: false, takes: int.MaxValue);

    [Test] public static void Fails() => Run(new InvalidDataException("the source failed"), disposes: false, takes: int.MaxValue);

    [Test] public static void Disposed() => Run(failure: null, disposes: true, takes: int.MaxValue);

    [Test] public static void DisposedFromInside() => Run(failure: null, disposes: false, takes: 2);

    [Test] public static void DisposedFromBothSides() => Run(failure: null, disposes: true, takes: 2);

    private static void Run(Exception? failure, bool disposes, int takes)
    {
        var scene = new Scene();
        var source = new Source(scene, Letters) { Failure = failure };
        var listener = new Listener();
        var subscription = new SingleAssignmentDisposable();
        listener.OnItem = _ =>
        {
            if (listener.Letters.Length == takes)
                subscription.Dispose();
        };
        scene.Start(source.Land);
        // As Take does it: on the trampoline, a ready source does not begin before there is something to dispose of.
        scene.Start(() => CurrentThreadScheduler.Instance.Schedule(() => subscription.Disposable = Operators.AsObservable(source).Subscribe(listener)));
        if (disposes)
        {
            scene.Start(() =>
            {
                var moment = scene.Choose(Letters.Length + 2);
                scene.WaitUntil(() => source.Reads >= moment);
                subscription.Dispose();
            });
        }

        scene.Play();
        var story = $"sent '{source.Sent}', disposed {source.Disposals} of {source.Enumerations}, arrived {listener}";
        Scene.Require(source.IsSettled, story);
        Scene.Require(Letters.StartsWith(listener.Letters, StringComparison.Ordinal), story);
        if (!disposes && takes > Letters.Length)
            Scene.Require(listener.Letters == Letters && listener.HasEnded && listener.Failure == failure, story);
        // Whoever comes second to a SingleAssignmentDisposable does nothing, though the first has not come to the stream yet.
        if (takes < Letters.Length && !disposes)
            Scene.Require(listener.Letters.Length == takes && !listener.HasEnded, story);
    }
}
