using System.Reactive.Subjects;
using NUnit.Framework;

namespace RxTokens.Tests.Issues;

/// <summary>
/// A push source that speaks from two threads at once breaks Rx's grammar. It is told so, with the remedy, and no item is lost
/// without a word (dotnet/reactive#1600, #323, #224).
/// </summary>
public class TwoThreadsAtOnceTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static IEnumerable<TestCaseData> Operators()
    {
        yield return Case("Conflate merge", (s, callback) => s.Conflate((x, y) => callback(x + y)));
        yield return Case("Conflate seed", (s, callback) => s.Conflate(x => x == "b" ? callback(x) : x, (x, y) => x + y));
        yield return Case("Conflate add", (s, callback) => s.Conflate(x => x, (x, y) => callback(x + y)));
        yield return Case("KeepLatest", (s, callback) => s.KeepLatest(x => callback(x)));
        yield return Case("Buffered DropOldest", (s, callback) => s.Buffered(1, Overflow.DropOldest, x => callback(x)));
        yield return Case("Buffered DropNewest", (s, callback) => s.Buffered(1, Overflow.DropWrite, x => callback(x)));

        static TestCaseData Case(string name, Func<IObservable<string>, Func<string, string>, IAsyncEnumerable<string>> over) =>
            new TestCaseData(over).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Operators))]
    public async Task ASecondThreadThatSpeaksMeanwhile_IsToldToSynchronize(
        Func<IObservable<string>, Func<string, string>, IAsyncEnumerable<string>> over)
    {
        using var inside = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        var calls = 0;
        using var source = new Subject<string>();
        var told = new List<Exception>();
        await using var reading = over(source, text =>
        {
            if (Interlocked.Increment(ref calls) == 1)
            {
                inside.Set();
                goOn.Wait(Patience);
            }

            return text;
        }).GetAsyncEnumerator();

        // "a" is the consumer's; one of the next two comes to the callback, which the second thread finds at work.
        var first = reading.MoveNextAsync();
        source.OnNext("a");
        await first;
        var speaker = Speak(source, told, "b", "c");
        Assert.That(inside.Wait(Patience), Is.True, "the callback");
        var intruder = Speak(source, told, "d");
        Assert.That(intruder.Join(Patience), Is.True, "the second thread is not held up");
        goOn.Set();
        Assert.That(speaker.Join(Patience), Is.True, "the first thread");
        Complete(source);

        try
        {
            while (await reading.MoveNextAsync())
            {
            }
        }
        catch (InvalidOperationException failure)
        {
            told.Add(failure);
        }

        Assert.That(told, Has.Some.TypeOf<InvalidOperationException>().With.Message.Contains("Synchronize"));
    }

    private static Thread Speak(Subject<string> source, List<Exception> told, params string[] items)
    {
        var thread = new Thread(() =>
        {
            try
            {
                foreach (var item in items)
                    source.OnNext(item);
            }
            catch (Exception failure)
            {
                lock (told)
                    told.Add(failure);
            }
        })
        {
            IsBackground = true,
        };
        thread.Start();
        return thread;
    }

    private static void Complete(Subject<string> source) => source.OnCompleted();
}
