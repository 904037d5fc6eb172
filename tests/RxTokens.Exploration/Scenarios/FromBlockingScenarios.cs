using System.Collections;
using Microsoft.Coyote.SystematicTesting;

namespace RxTokens.Exploration;

public static class FromBlockingScenarios
{
    private const string Letters = "abc";

    [Test] public static void Alone() => Run();

    [Test] public static void Cancelled() => Run(cancels: true);

    [Test] public static void Broken() => Run(wants: 2);

    [Test] public static void Fails() => Run(failure: new InvalidDataException("the generator failed"));

    [Test] public static void FailsAndCancelled() => Run(cancels: true, failure: new InvalidDataException("the generator failed"));

    private static void Run(bool cancels = false, int wants = int.MaxValue, Exception? failure = null)
    {
        var scene = new Scene();
        var generator = new Letterwise { Failure = failure };
        var cancellation = new CancellationTokenSource();
        var consumer = new Consumer(scene, Operators.FromBlocking(generator), cancellation.Token)
        {
            Wants = wants,
            OnEnd = () => Scene.Require(generator.Enumerations == generator.Disposals, "the end is told before the generator is disposed"),
        };
        scene.Start(consumer.Run);
        if (cancels)
        {
            scene.Start(() =>
            {
                var moment = scene.Choose(Letters.Length + 2);
                scene.WaitUntil(() => consumer.HasAsked && generator.Steps >= moment);
                cancellation.Cancel();
            });
        }

        scene.Play();
        var story = $"got '{consumer.Letters}', ended: {consumer.HasSeenTheEnd}, failure: {consumer.Failure}, leaving: {consumer.LeavingFailure}";
        Scene.Require(consumer.IsDone, consumer.Where + ": " + story);
        Scene.Require(consumer.LeavingFailure is null && Letters.StartsWith(consumer.Letters, StringComparison.Ordinal), story);
        var isCancelled = consumer.Failure is OperationCanceledException cancelled && cancels && cancelled.CancellationToken == cancellation.Token;
        Scene.Require(isCancelled || consumer.Failure == (wants > Letters.Length ? failure : null), story);
        Scene.Require(isCancelled || consumer.Letters.Length == Math.Min(wants, Letters.Length), "what was cut off looks complete: " + story);
    }

    private sealed class Letterwise : IEnumerable<Item>, IEnumerator<Item>
    {
        private bool _isInside;

        public Exception? Failure { get; init; }

        public int Steps { get; private set; }

        public int Enumerations { get; private set; }

        public int Disposals { get; private set; }

        public Item Current { get; private set; } = null!;

        object IEnumerator.Current => Current;

        public IEnumerator<Item> GetEnumerator()
        {
            Enumerations++;
            return this;
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        public bool MoveNext()
        {
            Scene.Require(!_isInside && Disposals == 0, "a step during another call, or after Dispose");
            _isInside = true;
            Scene.Pause();
            _isInside = false;
            if (Steps == Letters.Length)
                return Failure is null ? false : throw Failure;
            Current = new Item(Letters[Steps++].ToString(), () => Disposals == 0);
            return true;
        }

        public void Dispose()
        {
            Scene.Require(!_isInside, "Dispose during a step");
            Disposals++;
        }

        public void Reset() => throw new NotSupportedException();
    }
}
