using System.Reactive.Concurrency;
using System.Runtime.CompilerServices;

namespace RxTokens;

/// <summary>Sources and recorders on any virtual clock with times in ticks: <see cref="VirtualClock"/>, or the TestScheduler of Microsoft.Reactive.Testing.</summary>
public static class VirtualTimeExtensions
{
    /// <summary>A pull source whose items become available at their times, counted from the enumeration's start, and are delivered when asked for.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="clock">What paces it.</param>
    /// <param name="marbles">The items and the ending, in order of time; without an ending the source never ends.</param>
    /// <returns>The source, which records how it is used.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">The marbles are not in order.</exception>
    public static PullProbe<T> Pull<T>(this VirtualTimeScheduler<long, long> clock, params IReadOnlyList<Marble<T>> marbles) => new(clock, marbles);

    /// <summary>The same from a diagram, such as <c>-a-b|</c>, of the letters themselves.</summary>
    /// <param name="clock">What paces it.</param>
    /// <param name="diagram">The diagram; <see cref="Marble.Parse{T}"/> makes other values of one.</param>
    /// <returns>The source, which records how it is used.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="MarbleSyntaxException">The diagram is not one.</exception>
    public static PullProbe<string> Pull(this VirtualTimeScheduler<long, long> clock, string diagram) => new(clock, Parse(clock, diagram));

    /// <summary>A push source that says the same to each subscriber, counted from its subscription.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="clock">What paces it.</param>
    /// <param name="marbles">The items and the ending, in order of time.</param>
    /// <returns>The source, which records who subscribes.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">The marbles are not in order.</exception>
    public static PushProbe<T> Cold<T>(this VirtualTimeScheduler<long, long> clock, params IReadOnlyList<Marble<T>> marbles) =>
        new(Timeline(clock), marbles, isHot: false, replayTerminal: false, "source", diagram: null);

    /// <summary>The same from a diagram of the letters themselves.</summary>
    /// <param name="clock">What paces it.</param>
    /// <param name="diagram">The diagram.</param>
    /// <returns>The source, which records who subscribes.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="MarbleSyntaxException">The diagram is not one.</exception>
    public static PushProbe<string> Cold(this VirtualTimeScheduler<long, long> clock, string diagram) => clock.Cold(Parse(clock, diagram));

    /// <summary>A push source that speaks at its times, counted from now, to whoever is subscribed then. Late subscribers get its ending.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="clock">What paces it.</param>
    /// <param name="marbles">The items and the ending, in order of time.</param>
    /// <returns>The source, which records who subscribes.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">The marbles are not in order.</exception>
    public static PushProbe<T> Hot<T>(this VirtualTimeScheduler<long, long> clock, params IReadOnlyList<Marble<T>> marbles)
    {
        var timeline = Timeline(clock);
        var start = timeline.Now;
        var source = new PushProbe<T>(
            timeline, [.. Marble.Check(marbles).Select(m => m with { Time = start + m.Time })], isHot: true, replayTerminal: true, "source", diagram: null);
        source.Arm();
        return source;
    }

    /// <summary>The same from a diagram of the letters themselves.</summary>
    /// <param name="clock">What paces it.</param>
    /// <param name="diagram">The diagram.</param>
    /// <returns>The source, which records who subscribes.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="MarbleSyntaxException">The diagram is not one.</exception>
    public static PushProbe<string> Hot(this VirtualTimeScheduler<long, long> clock, string diagram) =>
        clock.Hot(Parse(clock, diagram, MarbleRow.Hot));

    /// <summary>A consumer of a pull stream that asks when the test says so, and records what it gets and when.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="clock">Whose times are recorded.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="cancellationToken">The token to enumerate with.</param>
    /// <returns>The consumer.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static PullConsumer<T> Consume<T>(
        this VirtualTimeScheduler<long, long> clock, IAsyncEnumerable<T> stream, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);

        return new PullConsumer<T>(Timeline(clock), stream.GetAsyncEnumerator(cancellationToken));
    }

    /// <summary>An observer that records what it gets and when.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="clock">Whose times are recorded.</param>
    /// <returns>The observer.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="clock"/> is null.</exception>
    public static PushRecorder<T> Record<T>(this VirtualTimeScheduler<long, long> clock) => new(Timeline(clock));

    /// <summary>Takes an observable step by step, from now on.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="clock">What the steps run.</param>
    /// <param name="stream">The observable; subscribed at once.</param>
    /// <param name="name">What failures call it.</param>
    /// <returns>The probe: dispose it, and it says what nobody asked about.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static StreamProbe<T> Probe<T>(
        this VirtualTimeScheduler<long, long> clock, IObservable<T> stream, [CallerArgumentExpression(nameof(stream))] string name = "")
    {
        ArgumentNullException.ThrowIfNull(stream);

        var timeline = Timeline(clock);
        return new StreamProbe<T>(timeline, new PushFeed<T>(timeline, stream), name);
    }

    /// <summary>Takes a pull stream step by step: each step asks for one item.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="clock">What the steps run.</param>
    /// <param name="stream">The stream; enumerated at once, and read when a step asks.</param>
    /// <param name="name">What failures call it.</param>
    /// <returns>The probe: dispose it, and it says what nobody asked about.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static StreamProbe<T> Probe<T>(
        this VirtualTimeScheduler<long, long> clock, IAsyncEnumerable<T> stream, [CallerArgumentExpression(nameof(stream))] string name = "")
    {
        ArgumentNullException.ThrowIfNull(stream);

        var timeline = Timeline(clock);
        return new StreamProbe<T>(timeline, new PullFeed<T>(timeline, stream), name);
    }

    /// <summary>Takes an observable under demand step by step: each step asks for one item, or the test for as many as <see cref="StreamProbe{T}.Request"/> says.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="clock">What the steps run.</param>
    /// <param name="stream">Makes the observable of the probe's requests: <c>requests => tokens.OnDemand(requests)</c>; subscribed at once.</param>
    /// <param name="name">What failures call it.</param>
    /// <returns>The probe: dispose it, and it says what nobody asked about, and what came without having been asked for.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static StreamProbe<T> Probe<T>(
        this VirtualTimeScheduler<long, long> clock, Func<IObservable<long>, IObservable<T>> stream, [CallerArgumentExpression(nameof(stream))] string name = "")
    {
        ArgumentNullException.ThrowIfNull(stream);

        var timeline = Timeline(clock);
        return new StreamProbe<T>(timeline, new DemandFeed<T>(timeline, stream), name);
    }

    private static Timeline Timeline(VirtualTimeScheduler<long, long> clock)
    {
        ArgumentNullException.ThrowIfNull(clock);

        return RxTokens.Timeline.Of(clock);
    }

    private static IReadOnlyList<Marble<string>> Parse(VirtualTimeScheduler<long, long> clock, string diagram, MarbleRow row = MarbleRow.Cold) =>
        Marble.Parse<string>(diagram, row: row, syntax: new MarbleSyntax { FrameSize = Timeline(clock).FrameSize });
}
