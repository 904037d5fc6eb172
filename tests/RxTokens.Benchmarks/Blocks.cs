using System.Diagnostics;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using System.Runtime.CompilerServices;

namespace RxTokens.Benchmarks;

/// <summary>What everything is made of: the least that some steps cost on this machine, less the call around them.</summary>
/// <param name="Name">The step.</param>
/// <param name="Nanoseconds">The least of many rounds.</param>
internal sealed record Block(string Name, double Nanoseconds)
{
    public const string All = "building blocks";

    private const int Calls = 200_000;
    private const int Rounds = 60;

    private static readonly Lock s_lock = new();
    private static readonly Subject<int> s_subject = new();
    private static int s_word;
    private static long s_sum;

    public static Block[] Measure()
    {
        using var listening = s_subject.Where(n => n >= 0).Subscribe(n => s_sum += n);
        var call = Least(static () => Nothing());
        return
        [
            new("a compare-and-exchange that succeeds", Least(static () => CompareExchange()) - call),
            new("entering and leaving a Lock", Least(static () => EnterLeave()) - call),
            new("asking which thread this is", Least(static () => ThisThread()) - call),
            new("Subject, Where and an observer, one item", Least(static () => Push()) - call),
        ];
    }

    private static double Least(Action step)
    {
        var least = double.MaxValue;
        for (var round = 0; round < Rounds; round++)
        {
            var start = Stopwatch.GetTimestamp();
            for (var i = 0; i < Calls; i++)
                step();
            least = Math.Min(least, Stopwatch.GetElapsedTime(start).TotalNanoseconds / Calls);
        }

        return least;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Nothing()
    {
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void CompareExchange() => Interlocked.CompareExchange(ref s_word, 0, 0);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void EnterLeave()
    {
        lock (s_lock)
            s_word = 0;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ThisThread() => s_word = Environment.CurrentManagedThreadId;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Push() => s_subject.OnNext(1);
}
