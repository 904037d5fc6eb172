using System.Diagnostics;
using System.Reactive;
using System.Reactive.Concurrency;

namespace RxTokens;

/// <summary>Takes a stream step by step: each step runs the clock until the stream has something to say, and says what it expects of it.</summary>
/// <remarks>
/// <code>
/// await using var probe = clock.Probe(debounced);
/// Assert.That(await probe.Next(), Is.EqualTo("a"));
/// await probe.NoEvent(TimeSpan.FromMilliseconds(50));
/// await probe.Completed();
/// </code>
/// <para>A step that finds something else fails and says what has come so far. What has come and was never asked about fails the disposal, by name.</para>
/// <para>An observable is subscribed when the probe is made; of a pull stream, or an observable under demand, one item is asked for at a time,
/// when a step needs it; or as many as <see cref="Request"/> says.</para>
/// <para><b>Threading:</b> one thread; the tasks are complete when they are returned.</para>
/// <para><b>Disposal:</b> leaves the stream, and then reports what nobody asked about, and what broke the rules of streams.</para>
/// </remarks>
/// <typeparam name="T">The type of the items.</typeparam>
[DebuggerDisplay("{_name}: {_seen.Count} seen, {_feed.Waiting.Count} waiting")]
public sealed class StreamProbe<T> : IAsyncDisposable
{
    private readonly Timeline _clock;
    private readonly Feed<T> _feed;
    private readonly string _name;
    private readonly Action _prepare;
    private readonly List<Marble<T>> _seen = [];
    private bool _hasFailed;
    private bool _hasLeft;

    internal StreamProbe(Timeline clock, Feed<T> feed, string name, Action? prepare = null)
    {
        _clock = clock;
        _feed = feed;
        _name = name;
        _prepare = prepare ?? (static () => { });
    }

    /// <summary>Takes the next item.</summary>
    /// <returns>The item.</returns>
    /// <exception cref="MarbleAssertionException">The stream ended or failed instead, or nothing is left to do that could bring an item.</exception>
    public Task<T> Next()
    {
        var next = Take("an item");
        return next.Notification.HasValue ? Task.FromResult(next.Notification.Value) : throw Unexpected("an item", next);
    }

    /// <summary>Takes so many items, of any value.</summary>
    /// <param name="count">How many; more than zero.</param>
    /// <returns>The items, in order.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is not positive.</exception>
    /// <exception cref="MarbleAssertionException">The stream ended or failed before, or nothing is left to do that could bring another item.</exception>
    public Task<IReadOnlyList<T>> Next(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);

        var items = new List<T>();
        while (items.Count < count)
        {
            var what = $"item {items.Count + 1} of {count}";
            var next = Take(what);
            items.Add(next.Notification.HasValue ? next.Notification.Value : throw Unexpected(what, next));
        }

        return Task.FromResult<IReadOnlyList<T>>(items);
    }

    /// <summary>Asks for so many items, now, and lets the steps take them. From the first call on it is the test alone that asks: no step does.</summary>
    /// <remarks>
    /// <code>
    /// requests  2-----1
    /// source    abcd|
    /// arrives   ab----c
    /// </code>
    /// </remarks>
    /// <param name="count">How many more; <see cref="long.MaxValue"/> is all there are. The end of a pull stream needs a request of its own.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is not positive.</exception>
    /// <exception cref="InvalidOperationException">The stream is an observable that takes no requests.</exception>
    /// <exception cref="ObjectDisposedException">The probe has left.</exception>
    public void Request(long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        ObjectDisposedException.ThrowIf(_hasLeft, this);
        if (!_feed.TakesRequests)
            throw new InvalidOperationException($"'{_name}' is an observable that takes no requests. Make the probe of a function of them: Probe(requests => stream.OnDemand(requests)).");

        _prepare();
        _feed.Request(count);
    }

    /// <summary>Takes the completion.</summary>
    /// <returns>A task that is complete.</returns>
    /// <exception cref="MarbleAssertionException">There was an item or a failure instead, or nothing is left to do that could bring the end.</exception>
    public Task Completed()
    {
        var next = Take("the completion");
        return next.Notification.Kind == NotificationKind.OnCompleted ? Task.CompletedTask : throw Unexpected("the completion", next);
    }

    /// <summary>Takes the failure.</summary>
    /// <returns>The failure.</returns>
    /// <exception cref="MarbleAssertionException">There was an item or the completion instead, or nothing is left to do that could bring a failure.</exception>
    public Task<Exception> Failed()
    {
        var next = Take("a failure");
        return next.Notification.Exception is { } failure ? Task.FromResult(failure) : throw Unexpected("a failure", next);
    }

    /// <summary>Lets a time go by in which nothing may come; what takes requests is asked for an item during that time, unless the test asks by itself.</summary>
    /// <param name="time">How long; not negative.</param>
    /// <returns>A task that is complete.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="time"/> is negative.</exception>
    /// <exception cref="MarbleAssertionException">Something came.</exception>
    public Task NoEvent(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);

        _prepare();
        _feed.Ask();
        if (_feed.Waiting.Count == 0)
            _clock.AdvanceTo(_clock.Now + time);
        return _feed.Waiting.TryPeek(out var next) ? throw Unexpected($"nothing for {ChartLayout.Duration(time.Ticks)}", next) : Task.CompletedTask;
    }

    /// <summary>Leaves the stream; whatever it has said meanwhile is of no interest.</summary>
    /// <returns>A task that is complete.</returns>
    public Task Leave()
    {
        _hasFailed = true;
        return DisposeAsync().AsTask();
    }

    /// <inheritdoc/>
    /// <exception cref="MarbleAssertionException">Something has come that no step asked about; or the stream broke the rules of streams. Not after a step that failed.</exception>
    public ValueTask DisposeAsync()
    {
        if (!_hasLeft)
        {
            _hasLeft = true;
            if (!_hasFailed)
                _clock.FinishInstant(); // what belongs to the last step's instant has come
            _feed.Leave();
            _clock.RunUntil(() => _feed.IsGone);
            if (!_hasFailed && Leftovers() is { } failure)
                throw failure;
        }

        return default;
    }

    private MarbleAssertionException? Leftovers()
    {
        if (_feed.Violations.FirstOrDefault() is { What: not null } violation)
            return Failure(violation.IsDemand ? MismatchKind.DemandViolation : MismatchKind.ProtocolViolation, violation.Time, violation.What);
        if (_feed.Waiting.Count == 0)
            return null;

        var all = string.Join(", ", _feed.Waiting.Select(m => $"{Describe(m)} at {Words.At(m.Time, _clock.FrameSize)}"));
        return Failure(MismatchKind.Extra, _feed.Waiting.Peek().Time, $"nobody asked about {all}. Take it, or say Leave()");
    }

    private Marble<T> Take(string what)
    {
        ObjectDisposedException.ThrowIf(_hasLeft, this);
        if (_seen is [.., { Notification.Kind: not NotificationKind.OnNext } end])
            throw Failure(MismatchKind.Missing, _clock.Now, $"expected {what}, but the stream has ended: {Describe(end)} at {Words.At(end.Time, _clock.FrameSize)}");

        _prepare();
        _feed.Ask();
        _clock.RunUntil(() => _feed.Waiting.Count > 0);
        if (!_feed.Waiting.TryDequeue(out var next))
            throw Failure(MismatchKind.Missing, _clock.Now, $"expected {what}, but nothing came, and nothing is left to do in virtual time{(_feed.IsDry ? ". All that was asked for has come: Request more" : "")}");

        _seen.Add(next);
        return next;
    }

    private MarbleAssertionException Unexpected(string what, Marble<T> next) =>
        Failure(MismatchKind.OtherValue, next.Time, $"expected {what}, got {Describe(next)}");

    private MarbleAssertionException Failure(MismatchKind kind, TimeSpan time, string what)
    {
        _hasFailed = true;
        var letters = new Letters<T>(values: null, []);
        var symbols = letters.Symbols([.. _seen, .. _feed.Waiting]);
        var soFar = ChartLayout.Format(MarbleRow.Expected, symbols, _clock.FrameSize);
        var message = $"Probe \"{_name}\" at {Words.AtWithTime(time, _clock.FrameSize)}: {what}\n  so far  {(soFar.Length == 0 ? "nothing" : soFar)}";
        foreach (var line in letters.Legend)
            message += $"\n  where {line}";
        return new MarbleAssertionException(message, [new MarbleMismatch(_name, kind, time, time.Ticks / _clock.FrameSize.Ticks, what) { Actual = soFar }]);
    }

    private static string Describe(Marble<T> marble) => marble.Notification.Kind switch
    {
        NotificationKind.OnNext => $"OnNext({ValueText.Of(marble.Notification.Value)})",
        NotificationKind.OnError => $"OnError({ErrorName.Of(marble.Notification.Exception!)})",
        _ => "OnCompleted",
    };
}
