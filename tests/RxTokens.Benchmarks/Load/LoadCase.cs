using System.Diagnostics;

namespace RxTokens.Benchmarks;

/// <summary>So many readers of one way to serve.</summary>
/// <param name="Served">The way.</param>
/// <param name="Readers">How many.</param>
/// <param name="IsIdle">Whether the streams are silent after their first item; else they are endless and their readers slow.</param>
/// <param name="HasSmallWindow">Whether the readers have small receive buffers.</param>
/// <param name="Seconds">How long it is watched after everything has filled up.</param>
internal sealed record LoadCase(Served Served, int Readers, bool IsIdle, bool HasSmallWindow, int Seconds)
{
    public const string Option = "--case";
    public const int ItemSize = 1000;

    private const int WarmUpReaders = 50;
    private static readonly TimeSpan CalmWithin = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan BeginWithin = TimeSpan.FromMinutes(1);

    public string Group => (IsIdle, HasSmallWindow) switch
    {
        (true, _) => $"{Readers:N0} silent streams",
        (_, true) => $"{Readers:N0} readers, small window",
        _ => $"{Readers:N0} readers, large window",
    };

    public async Task<LoadFigures> MeasureAsync()
    {
        using var server = await ServerProcess.StartAsync(Served.UnsentLimit).ConfigureAwait(false);
        await WarmUpAsync(server).ConfigureAwait(false);
        var before = await server.CollectAsync().ConfigureAwait(false);
        var kernelBefore = KernelMemory();

        using var readers = Connect(server, Readers, first: 0, IsIdle);
        await BeginAsync(readers).ConfigureAwait(false);
        await CalmAsync(server, 3L * Readers).ConfigureAwait(false); // then everything between sources and readers is full

        var start = await server.CollectAsync().ConfigureAwait(false);
        start = await server.LookAsync().ConfigureAwait(false) with { Managed = start.Managed }; // the collection's time is not the streams'
        var watch = Stopwatch.StartNew();
        var ahead = new List<int[]>();
        var samples = Math.Min(Seconds, 10);
        for (var i = 1; i <= samples; i++)
        {
            await Task.Delay(TimeSpan.FromSeconds((double)Seconds * i / samples) - watch.Elapsed).ConfigureAwait(false);
            var asked = (await server.LookAsync().ConfigureAwait(false)).Counts;
            ahead.Add([.. readers.Items().Zip(asked, (came, asked) => Math.Max(0, asked - came))]);
        }

        var (seconds, kernel) = (watch.Elapsed.TotalSeconds, KernelMemory() - kernelBefore);
        var end = await server.CollectAsync().ConfigureAwait(false);
        readers.ThrowIfCut();
        return new LoadFigures(
            Each(start.Managed - before.Managed),
            Each(end.Managed - before.Managed),
            Each(start.WorkingSet - before.WorkingSet),
            Each(end.WorkingSet - before.WorkingSet),
            Each(kernel),
            (end.Cpu - start.Cpu) / seconds,
            ahead.SelectMany(each => each).Average(),
            ahead.SelectMany(each => each).Max(),
            readers.ReceiveBuffer);
    }

    /// <summary>The system's memory for TCP: what waits in both ends of all connections of the machine; 0 where it does not tell.</summary>
    private static long KernelMemory()
    {
        const string Sockets = "/proc/net/sockstat";
        var line = File.Exists(Sockets) ? File.ReadLines(Sockets).FirstOrDefault(line => line.StartsWith("TCP:", StringComparison.Ordinal)) : null;
        var words = line?.Split(' ') ?? [];
        var at = Array.IndexOf(words, "mem");
        return at < 0 ? 0 : long.Parse(words[at + 1]) * Environment.SystemPageSize;
    }

    /// <summary>
    /// Code is compiled, pools have their first blocks: what the first readers cost is no reader's. With silent streams: SignalR reads an endless one on
    /// when its reader is gone, until it finds the time to see that.
    /// </summary>
    private async Task WarmUpAsync(ServerProcess server)
    {
        using (var readers = Connect(server, WarmUpReaders, first: Load.MaxReaders - WarmUpReaders, isIdle: true))
        {
            await BeginAsync(readers).ConfigureAwait(false);
            await Task.Delay(TimeSpan.FromSeconds(1)).ConfigureAwait(false);
        }

        await CalmAsync(server, 0).ConfigureAwait(false);
    }

    private Readers Connect(ServerProcess server, int count, int first, bool isIdle) =>
        new(count, server.Ports.Http1, HasSmallWindow, number => Served.Request(first + number, isIdle, ItemSize));

    /// <summary>Until each reader has had an item.</summary>
    private static async Task BeginAsync(Readers readers)
    {
        var watch = Stopwatch.StartNew();
        while (readers.Items() is var items && Array.Exists(items, count => count == 0))
        {
            if (watch.Elapsed > BeginWithin)
                throw new InvalidOperationException($"{items.Count(count => count == 0)} of {items.Length} readers have had nothing in {BeginWithin.TotalSeconds} s.");
            await Task.Delay(100).ConfigureAwait(false);
        }
    }

    /// <summary>Until the sources are asked for no more than so many items a second.</summary>
    private static async Task CalmAsync(ServerProcess server, long most)
    {
        var watch = Stopwatch.StartNew();
        var (last, calm) = (0L, 0);
        while (calm < 2 && watch.Elapsed < CalmWithin)
        {
            await Task.Delay(TimeSpan.FromSeconds(1)).ConfigureAwait(false);
            var asked = (await server.LookAsync().ConfigureAwait(false)).Counts.Sum(count => (long)count);
            calm = asked - last <= most ? calm + 1 : 0;
            last = asked;
        }
    }

    private double Each(long bytes) => (double)bytes / Readers;
}

/// <summary>What was found; bytes are for each reader, and those of the server's process alone but for the kernel's.</summary>
/// <param name="ManagedBefore">Of the managed heap after a full collection, when everything had filled up.</param>
/// <param name="Managed">The same at the end.</param>
/// <param name="WorkingSetBefore">Of the process, when everything had filled up.</param>
/// <param name="WorkingSet">The same at the end.</param>
/// <param name="Kernel">Of the system's buffers, in both ends of the connection.</param>
/// <param name="Cpu">Seconds of processor time a second.</param>
/// <param name="MeanAhead">Items that were asked of the source, and have not come to the reader: the mean over readers and time.</param>
/// <param name="MostAhead">The most of a reader at a time.</param>
/// <param name="ReceiveBuffer">The readers' receive buffer as the system tells it.</param>
internal sealed record LoadFigures(
    double ManagedBefore, double Managed, double WorkingSetBefore, double WorkingSet, double Kernel, double Cpu, double MeanAhead, int MostAhead, int ReceiveBuffer);
