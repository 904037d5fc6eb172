using System.Diagnostics;
using System.Reactive.Disposables;

namespace RxTokens.Benchmarks;

/// <summary>What a text operator costs for text that comes in pieces of four characters.</summary>
/// <param name="Name">The call.</param>
/// <param name="Nanoseconds">For each piece.</param>
/// <param name="Allocated">Bytes for each piece.</param>
/// <param name="Text">Bytes for each piece in the strings that were made, which somebody wanted.</param>
/// <param name="Target">The least megabytes a second that are wanted; null where the operator's limit is another.</param>
internal sealed record TextRate(string Name, double Nanoseconds, double Allocated, double Text, double? Target)
{
    public const int PieceLength = 4;

    /// <summary>Of ASCII text, a byte a character as on the wire.</summary>
    public double MegabytesPerSecond => PieceLength / Nanoseconds * 1000;

    public double Beyond => Math.Max(0, Allocated - Text);
}

/// <summary>An operator over text.</summary>
/// <param name="Name">The call.</param>
/// <param name="Target">The least megabytes a second.</param>
/// <param name="Text">The text; it is pushed again and again, each time to a new subscription, until there is enough.</param>
/// <param name="Subscribe">Subscribes, with an observer that adds up the strings that come.</param>
internal sealed record TextCase(string Name, double? Target, string Text, Func<IObservable<string>, TextSum, IDisposable> Subscribe)
{
    private const int Rounds = 5;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1);

    public static TextCase Of(string name, double? target, string text, Func<IObservable<string>, IObservable<string>> @operator) =>
        Of(name, target, text, @operator, result => result);

    public static TextCase Of<T>(string name, double? target, string text, Func<IObservable<string>, IObservable<T>> @operator, Func<T, string> textOf) =>
        new(name, target, text, (source, sum) => @operator(source).Subscribe(result => sum.Add(textOf(result)), failure => throw failure));

    public TextRate Measure(int characters)
    {
        var pieces = Text.Chunk(TextRate.PieceLength).Select(piece => new string(piece)).ToArray();
        var times = Math.Max(1, characters / Text.Length);
        var warm = Stopwatch.StartNew();
        while (warm.Elapsed < WarmUp)
            Push(pieces, 1);

        var rounds = Enumerable.Range(0, Rounds).Select(_ => Push(pieces, times)).OrderBy(r => r.Nanoseconds).ToList();
        return rounds[Rounds / 2];
    }

    private TextRate Push(string[] pieces, int times)
    {
        var sum = new TextSum();
        var source = new Pushed();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < times; i++)
        {
            using var subscription = Subscribe(source, sum);
            foreach (var piece in pieces)
                source.OnNext(sum.Pushed = piece);
            source.OnCompleted();
        }

        var (time, allocated, count) = (watch.Elapsed, GC.GetAllocatedBytesForCurrentThread() - before, (double)times * pieces.Length);
        return sum.Characters == 0
            ? throw new InvalidOperationException($"{Name} has told nothing.")
            : new TextRate(Name, time.TotalNanoseconds / count, allocated / count, sum.Bytes / count, Target);
    }

    private sealed class Pushed : IObservable<string>
    {
        private IObserver<string>? _observer;

        public IDisposable Subscribe(IObserver<string> observer)
        {
            _observer = observer;
            return Disposable.Empty;
        }

        public void OnNext(string piece) => _observer!.OnNext(piece);

        public void OnCompleted() => _observer!.OnCompleted();
    }
}

/// <summary>Adds up the strings that come, and the memory of those that were made.</summary>
internal sealed class TextSum
{
    private const int Header = 22; // of a string on 64 bits: its header, type, length and terminator

    /// <summary>The piece that is under way: passed on as it is, it was not made.</summary>
    public string Pushed { get; set; } = "";

    public long Characters { get; private set; }

    public long Bytes { get; private set; }

    public void Add(string text)
    {
        Characters += text.Length;
        if (text.Length > 0 && !ReferenceEquals(text, Pushed))
            Bytes += (Header + (2 * text.Length) + 7) & ~7;
    }
}
