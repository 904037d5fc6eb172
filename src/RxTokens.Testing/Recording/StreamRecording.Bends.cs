using System.Reactive;

namespace RxTokens;

public sealed partial class StreamRecording<T>
{
    /// <summary>The stream falls silent for a while: what came at a time or after it comes so much later.</summary>
    /// <remarks>
    /// <code>
    /// ab-cd|                       recorded
    /// ab-----cd|                   Stall(3 ms, 4 ms)
    /// </code>
    /// </remarks>
    /// <param name="at">When it falls silent; what came at just this time is late already. Not negative.</param>
    /// <param name="duration">For how long; not negative.</param>
    /// <returns>The bent recording.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An argument is negative, or the end is later than a <see cref="TimeSpan"/> can say.</exception>
    public StreamRecording<T> Stall(TimeSpan at, TimeSpan duration)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(at, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(duration, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(duration, TimeSpan.MaxValue - Duration);

        return Bent(Marbles.Select(m => m.Time < at ? m : m with { Time = m.Time + duration }));
    }

    /// <summary>What came within a window comes all at once, in order, at the window's end.</summary>
    /// <remarks>
    /// <code>
    /// -a-b-c-d|                    recorded
    /// -a----[bc]d|                 Burst(2 ms, 6 ms)
    /// </code>
    /// </remarks>
    /// <param name="from">The beginning of the window, which is in it; not negative.</param>
    /// <param name="to">The end of the window, which is not in it; after <paramref name="from"/>.</param>
    /// <returns>The bent recording.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="from"/> is negative, or <paramref name="to"/> is not after it.</exception>
    public StreamRecording<T> Burst(TimeSpan from, TimeSpan to)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(from, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(to, from);

        return Bent(Marbles.Select(m => m.Time >= from && m.Time < to ? m with { Time = to } : m));
    }

    /// <summary>The stream breaks off: nothing comes at a time or after it but a failure, or nothing at all, and no end.</summary>
    /// <remarks>
    /// <code>
    /// ab-cd|                       recorded
    /// ab-#                         Cut(3 ms, new IOException())
    /// ab----                       Cut(3 ms), which never ends
    /// </code>
    /// </remarks>
    /// <param name="at">When it breaks off; what came at just this time is lost. A recording that has ended before stays as it is. Not negative.</param>
    /// <param name="error">What it fails with; null for a silence that never ends.</param>
    /// <returns>The bent recording.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="at"/> is negative.</exception>
    public StreamRecording<T> Cut(TimeSpan at, Exception? error = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(at, TimeSpan.Zero);

        var before = Marbles.Where(m => m.Time < at).ToList();
        if (error is not null && !before.Exists(IsEnding))
            before.Add(new Marble<T>(at, Notification.CreateOnError<T>(error)));
        return Bent(before);
    }

    /// <summary>The items several times over: each round begins where the one before ended, and the last one ends as recorded.</summary>
    /// <remarks>
    /// <code>
    /// a--b-|                       recorded
    /// a--b-a--b-a--b-|             Repeat(3)
    /// </code>
    /// </remarks>
    /// <param name="times">How many rounds; at least 1.</param>
    /// <returns>The bent recording. Where this one was broken off, the next round begins with its last item.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="times"/> is less than 1; or the end is later than a
    /// <see cref="TimeSpan"/>, or the items are more than an array, can hold.</exception>
    public StreamRecording<T> Repeat(int times)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(times, 1);
        if (Duration > TimeSpan.Zero)
            ArgumentOutOfRangeException.ThrowIfGreaterThan(times, TimeSpan.MaxValue.Ticks / Duration.Ticks, nameof(times));
        if (Marbles.Count > 0)
            ArgumentOutOfRangeException.ThrowIfGreaterThan(times, Array.MaxLength / Marbles.Count, nameof(times));

        return Bent(
            from round in Enumerable.Range(0, times)
            from marble in Marbles
            where round == times - 1 || !IsEnding(marble)
            select marble with { Time = marble.Time + (round * Duration) });
    }

    /// <summary>The same, faster or slower.</summary>
    /// <remarks>
    /// <code>
    /// a---b---c-|                  recorded
    /// a-b-c|                       Speed(2)
    /// </code>
    /// </remarks>
    /// <param name="factor">How many times as fast: 2 halves all times, 0.5 doubles them. Positive and finite. Times are rounded to ticks.</param>
    /// <returns>The bent recording.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="factor"/> is not positive and finite, or so small that the end is later
    /// than a <see cref="TimeSpan"/> can say.</exception>
    public StreamRecording<T> Speed(double factor)
    {
        if (!(factor > 0 && double.IsFinite(factor)))
            throw new ArgumentOutOfRangeException(nameof(factor), factor, "A speed is positive and finite.");
        if (Duration.Ticks / factor >= TimeSpan.MaxValue.Ticks)
            throw new ArgumentOutOfRangeException(nameof(factor), factor, $"At this speed a recording of {Duration:c} is longer than a TimeSpan can say.");

        return Bent(Marbles.Select(m => m with { Time = m.Time / factor }));
    }

    /// <summary>Cuts the items into pieces, each of which comes when its item came: text in other chunks, at the same times.</summary>
    /// <remarks>
    /// <code>
    /// -{ab}--{cd}|                 recorded
    /// -[ab]--[cd]|                 Split(text => text.Select(c => c.ToString()))
    /// </code>
    /// </remarks>
    /// <param name="pieces">The pieces of an item, in order; an item of no pieces is left out.</param>
    /// <returns>The bent recording.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="pieces"/> is null.</exception>
    public StreamRecording<T> Split(Func<T, IEnumerable<T>> pieces)
    {
        ArgumentNullException.ThrowIfNull(pieces);

        return Bent(Marbles.SelectMany(m => IsEnding(m)
            ? [m]
            : pieces(m.Notification.Value).Select(piece => m with { Notification = Notification.CreateOnNext(piece) })));
    }

    private StreamRecording<T> Bent(IEnumerable<Marble<T>> marbles) => new(marbles, Name);
}
