using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace RxTokens.Tests.Conceptual;

internal static partial class Concept
{
    // <conceptual>
    // Conceptually (but that isOpen may fail):
    public static async IAsyncEnumerable<T> Valve<T>(this IAsyncEnumerable<T> source, IObservable<bool> isOpen)
    {
        using var state = new BehaviorSubject<bool>(true);
        using var subscription = isOpen.Subscribe(state.OnNext);
        await using var reading = source.GetAsyncEnumerator();
        while (true)
        {
            await state.FirstAsync(open => open);
            var read = reading.MoveNextAsync().AsTask();
            await Task.WhenAny(read); // an item, the end, or a failure
            await state.FirstAsync(open => open);
            if (!await read)
                yield break;
            yield return reading.Current;
        }
    }
    // </conceptual>
}

public partial class ConceptualTests
{
    private static readonly Gen<int[]> Switchings = Gen.ListOf(Gen.Choose(0, 6)).Select(frames => frames.ToArray());

    /// <summary>Closes and opens between two frames, so that nothing happens in the same instant; in the end it is open.</summary>
    private static IObservable<bool> Switched(World w, int[] switchings)
    {
        var isOpen = new Subject<bool>();
        var at = TimeSpan.FromMilliseconds(0.5);
        for (var i = 0; i < switchings.Length + switchings.Length % 2; i++)
        {
            var value = i % 2 == 1;
            w.Clock.Schedule(at += switchings[i % switchings.Length].Frames(), () => isOpen.OnNext(value));
        }

        return isOpen;
    }

    [Test]
    public void Valve() => Same(
        from source in SourceCases from consumer in ConsumerCases from switchings in Switchings select (source, consumer, switchings), 143,
        (c, w) => w.Consume(TokenStream.Valve(w.Pull(c.source), Switched(w, c.switchings)), c.consumer),
        (c, w) => w.Consume(Concept.Valve(w.Pull(c.source), Switched(w, c.switchings)), c.consumer));
}
