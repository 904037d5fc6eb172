using System.Diagnostics;
using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Subjects;

namespace RxTokens.Benchmarks;

/// <summary>What many live streams cost that are shown at 60 frames a second: processor time, measured over the whole process.</summary>
internal static class Frames
{
    private const int Streams = 10_000;
    private static readonly TimeSpan Frame = TimeSpan.FromSeconds(1.0 / 60);
    private static readonly TimeSpan Warming = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100); // between two items of a stream

    /// <summary>Each on one clock's frames, with <c>KeepLatest</c> before.</summary>
    public static Task<double> PerFrameAsync()
    {
        var clock = new FrameClock(Frame, Scheduler.Default);
        return CpuAsync(source => _ = ShowAsync(source.KeepLatest().PerFrame(clock)));
    }

    /// <summary>Each with Rx's own operator.</summary>
    public static Task<double> SampleAsync() => CpuAsync(source => source.Sample(Frame).Subscribe(Show));

    /// <summary>What feeding them takes by itself.</summary>
    public static Task<double> NothingAsync() => CpuAsync(source => source.Subscribe(Show));

    private static async Task ShowAsync(IAsyncEnumerable<int> source)
    {
        await foreach (var item in source.ConfigureAwait(false))
            Show(item);
    }

    private static void Show(int item) => Interlocked.Exchange(ref _shown, item);

    private static int _shown;

    /// <returns>Milliseconds of processor time a second.</returns>
    private static async Task<double> CpuAsync(Action<IObservable<int>> show)
    {
        var subjects = new Subject<int>[Streams];
        for (var i = 0; i < Streams; i++)
            show(subjects[i] = new Subject<int>());

        var item = 0;
        await FeedAsync(Warming).ConfigureAwait(false);
        using var process = Process.GetCurrentProcess();
        var before = process.TotalProcessorTime;
        var watch = Stopwatch.StartNew();
        await FeedAsync(Measured).ConfigureAwait(false);
        process.Refresh();
        var used = process.TotalProcessorTime - before;
        GC.KeepAlive(subjects);
        return used.TotalMilliseconds / watch.Elapsed.TotalSeconds;

        // Every stream in its turn, spread over the pause: an answer never waits for another.
        async Task FeedAsync(TimeSpan time)
        {
            var feeding = Stopwatch.StartNew();
            for (var next = 0; feeding.Elapsed < time;)
            {
                var due = (int)(feeding.Elapsed / Pause * Streams);
                for (; next < due; next++)
                    subjects[next % Streams].OnNext(++item);
                await Task.Delay(1).ConfigureAwait(false);
            }
        }
    }
}
