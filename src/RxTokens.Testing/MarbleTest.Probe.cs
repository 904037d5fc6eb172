using System.Runtime.CompilerServices;

namespace RxTokens;

public sealed partial class MarbleTest
{
    private readonly List<IAsyncDisposable> _probes = [];

    /// <summary>Takes an observable step by step. At the end of the test it says what nobody asked about.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="stream">The observable; subscribed at once.</param>
    /// <param name="name">What failures call it.</param>
    /// <returns>The probe.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="stream"/> is null.</exception>
    public StreamProbe<T> Probe<T>(IObservable<T> stream, [CallerArgumentExpression(nameof(stream))] string name = "")
    {
        ArgumentNullException.ThrowIfNull(stream);

        return Probe(new PushFeed<T>(_timeline, stream), name);
    }

    /// <summary>Takes a pull stream step by step: each step asks for one item. At the end of the test it says what nobody asked about.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="stream">The stream; enumerated at once, and read when a step asks.</param>
    /// <param name="name">What failures call it.</param>
    /// <returns>The probe.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="stream"/> is null.</exception>
    public StreamProbe<T> Probe<T>(IAsyncEnumerable<T> stream, [CallerArgumentExpression(nameof(stream))] string name = "")
    {
        ArgumentNullException.ThrowIfNull(stream);

        return Probe(new PullFeed<T>(_timeline, stream), name);
    }

    /// <summary>Takes an observable under demand step by step: each step asks for one item, or the test for as many as <see cref="StreamProbe{T}.Request"/> says.</summary>
    /// <remarks>What comes without having been asked for fails the test.</remarks>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="stream">Makes the observable of the probe's requests: <c>requests => tokens.OnDemand(requests)</c>; subscribed at once.</param>
    /// <param name="name">What failures call it.</param>
    /// <returns>The probe.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="stream"/> is null.</exception>
    public StreamProbe<T> Probe<T>(Func<IObservable<long>, IObservable<T>> stream, [CallerArgumentExpression(nameof(stream))] string name = "")
    {
        ArgumentNullException.ThrowIfNull(stream);

        return Probe(new DemandFeed<T>(_timeline, stream), name);
    }

    private StreamProbe<T> Probe<T>(Feed<T> feed, string name)
    {
        AssertIsNotOver();
        var probe = new StreamProbe<T>(_timeline, feed, name, _agenda.Begin);
        _probes.Add(probe);
        return probe;
    }

    private void LeaveProbes()
    {
        foreach (var probe in _probes)
            probe.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _probes.Clear();
    }
}
