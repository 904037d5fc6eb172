using System.Reactive.Disposables;
using Microsoft.Coyote.SystematicTesting;

namespace RxTokens.Exploration;

/// <summary>Through a query that another stream speaks in, one item after the other, while the source's items and its end land.</summary>
public static class ThroughMergedScenarios
{
    private const string Others = "xyz";

    [Test] public static void Alone() => Play("ab", isReady: null);

    /// <summary>The end is all that lands: inside the other stream's call, or between two of them.</summary>
    [Test] public static void AnEndAlone() => Play("", isReady: false);

    private static void Play(string letters, bool? isReady)
    {
        var scene = new Scene();
        var source = new Source(scene, letters) { IsReady = isReady };
        var merged = new Merged(scene);
        var consumer = new Consumer(scene, source.Through(merged.With)) { StaysOnItsThread = isReady is null && scene.Toss() };
        scene.Start(source.Land);
        scene.Start(consumer.Run);
        scene.Start(merged.Speak);
        scene.Play();

        Scene.Require(consumer.IsDone, consumer.Where);
        Scene.Require(consumer.Failure is null, $"{consumer.Failure}");
        Scene.Require(Of(letters, consumer) == letters && Of(Others, consumer) == Others, $"what arrived: {consumer.Letters}");
        Scene.Require(source.IsSettled, "the source is not disposed");
    }

    private static string Of(string letters, Consumer consumer) => string.Concat(consumer.Letters.Where(letters.Contains));

    /// <summary>The source merged with <see cref="Others"/></summary>
    private sealed class Merged(Scene scene)
    {
        private IObserver<Item>? _observer;
        private readonly OneInside _one = new(scene);
        private int _open = 2;

        public IObservable<Item> With(IObservable<Item> source) => new Query(this, source);

        /// <summary>The body of the other stream's thread.</summary>
        public void Speak()
        {
            scene.WaitUntil(() => _observer is not null);
            foreach (var letter in Others)
                Inside(() => _observer?.OnNext(new Item($"{letter}", static () => true)));
            Complete();
        }

        private void Complete() => Inside(() =>
        {
            if (--_open == 0)
                _observer?.OnCompleted();
        });

        private void Inside(Action work)
        {
            _one.Do(work);
            Scene.Pause();
        }

        private sealed class Query(Merged merged, IObservable<Item> source) : IObservable<Item>, IObserver<Item>
        {
            public IDisposable Subscribe(IObserver<Item> observer)
            {
                merged._observer = observer;
                return new CompositeDisposable(source.Subscribe(this), Disposable.Create(() => merged._observer = null));
            }

            public void OnNext(Item value) => merged.Inside(() => merged._observer?.OnNext(value));

            public void OnError(Exception error) => merged.Inside(() => merged._observer?.OnError(error));

            public void OnCompleted() => merged.Complete();
        }
    }
}
