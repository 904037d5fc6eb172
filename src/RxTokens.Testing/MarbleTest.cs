using System.ComponentModel;
using System.Diagnostics;
using System.Reactive.Concurrency;

namespace RxTokens;

/// <summary>A test in marbles: sources and expectations are diagrams, time is virtual, and everything runs on the test's own thread.</summary>
/// <remarks>
/// <code>
/// MarbleTest.Run(m =>
/// {
///     var tokens = m.Pull("abcdef|");
///     var pairs = tokens.Through(o => o.Buffer(2).Select(b => b[0] + b[1]));
///     m.Expect(pairs, demand: "1---1---*").ToBe("-{ab}--{cd}---[{ef}|]");
/// });
/// </code>
/// <para>Order within a frame: unsubscriptions, subscriptions, requests, hot marbles in the order in which the sources were made, and then
/// what is scheduled during the run, first in first out.</para>
/// <para>Always checked: more items than asked for, signals that overlap or follow the ending, overlapping reads, a disposal during a read,
/// an expectation that was never completed.</para>
/// <para><b>Threading:</b> use it from the test's thread.</para>
/// </remarks>
[DebuggerDisplay("Frame = {Frame}")]
public sealed partial class MarbleTest
{
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(10); // of a real wait

    private readonly MarbleOptions _options;
    private readonly Timeline _timeline;
    private readonly Agenda _agenda;
    private readonly List<ISourceProbe> _sources = [];
    private readonly List<Check> _checks = [];
    private readonly List<Task> _tasks = [];
    private readonly ClockContext _context;
    private bool _isOver;

    private MarbleTest(MarbleOptions options)
    {
        _options = options;
        Clock = options.Clock ?? new VirtualClock(options.FrameSize) 
        {
            MaxActions = options.MaxActions,
            MaxVirtualTime = options.MaxVirtualTime,
            StartDateTime = options.StartDateTime,
            TimeZone = options.TimeZone,
        };
        _context = new ClockContext(Clock, options.MaxRealWait);
        _timeline = new Timeline(Clock, options.FrameSize, fromNow: true) { Limit = options.MaxActions, Pool = _context.Pool };
        _agenda = new Agenda(_timeline);
    }

    /// <summary>The clock: what an operator takes as its scheduler.</summary>
    public VirtualTimeScheduler<long, long> Clock { get; }

    /// <summary>The same clock for what takes a <see cref="System.TimeProvider"/>.</summary>
    public TimeProvider TimeProvider => Clock.AsTimeProvider();

    /// <summary>The present time, in whole frames since the start of the test.</summary>
    public long Frame => _timeline.Frame;

    /// <summary>Runs a test: what it declares first, then the clock until nothing is left to do, and then compares.</summary>
    /// <param name="test">Declares sources and expectations.</param>
    /// <param name="options">What is not as usual.</param>
    /// <returns>What happened, to draw.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="test"/> is null.</exception>
    /// <exception cref="ArgumentException">The options contradict one another.</exception>
    /// <exception cref="MarbleAssertionException">What happened is not what was expected; or the run had to be stopped at a limit.</exception>
    public static MarbleChart Run(Action<MarbleTest> test, MarbleOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(test);

        return OnItsThread(options, test);
    }

    /// <summary>Not to be called: a test that awaits is for <see cref="RunAsync"/>. Here it would go on unseen after the run.</summary>
    /// <param name="test">The test.</param>
    /// <param name="options">The options.</param>
    /// <returns>Nothing.</returns>
    /// <exception cref="NotSupportedException">Always.</exception>
    [Obsolete("A test that awaits is for MarbleTest.RunAsync.", error: true)]
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static MarbleChart Run(Func<MarbleTest, Task> test, MarbleOptions? options = null) => throw new NotSupportedException();

    /// <summary>Runs a test that awaits: its awaits are continued by the clock, which goes on while the test waits.</summary>
    /// <remarks>
    /// <para>The test has run when this returns, and a failure is thrown at once: nothing goes on elsewhere. What it awaits has to be driven by its clock
    /// (<see cref="Clock"/>, <see cref="TimeProvider"/>, <see cref="Delay"/>); for anything else it waits as long as
    /// <see cref="MarbleOptions.MaxRealWait"/>, and then fails. Its awaits come back to the clock, in the instant that it has reached then.</para>
    /// </remarks>
    /// <param name="test">The test.</param>
    /// <param name="options">What is not as usual.</param>
    /// <returns>What happened, to draw.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="test"/> is null.</exception>
    /// <exception cref="ArgumentException">The options contradict one another.</exception>
    /// <exception cref="InvalidOperationException"><paramref name="test"/> returned null.</exception>
    /// <exception cref="MarbleAssertionException">As with <c>Run</c>; or the test waits for what never comes.</exception>
    public static Task<MarbleChart> RunAsync(Func<MarbleTest, Task> test, MarbleOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(test);

        return Task.FromResult(OnItsThread(options, m =>
            m.Await(test(m) ?? throw new InvalidOperationException("The test given to RunAsync returned null instead of a task."))));
    }

    /// <summary>Runs what has been declared so far and compares, in the middle of a test: what follows may look at what is left behind.</summary>
    /// <remarks>Expectations hold to the end of the test: there they are compared once more.</remarks>
    /// <exception cref="MarbleAssertionException">What happened is not what was expected; or the run had to be stopped at a limit.</exception>
    public void Flush() => RunAndCompare();

    /// <summary>Does something at a frame.</summary>
    /// <param name="frame">When, since the start of the test, and within that frame in the order of requests; what is past is done as soon as the clock runs.</param>
    /// <param name="action">What to do.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="frame"/> is negative.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="action"/> is null.</exception>
    public void At(long frame, Action action)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(frame);

        At(frame * _options.FrameSize, action);
    }

    /// <summary>Does something that awaits at a frame. The test fails as it does, and fails if it has not come to its end when all has run.</summary>
    /// <param name="frame">When, as with <see cref="At(long, Action)"/>.</param>
    /// <param name="action">What to do.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="frame"/> is negative.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="action"/> is null.</exception>
    public void At(long frame, Func<Task> action)
    {
        ArgumentNullException.ThrowIfNull(action);

        At(frame, () => _tasks.Add(action()));
    }

    /// <summary>Does something at a time.</summary>
    /// <param name="time">When, since the start of the test, and within its frame as with <see cref="At(long, Action)"/>.</param>
    /// <param name="action">What to do.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="time"/> is negative.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="action"/> is null.</exception>
    public void At(TimeSpan time, Action action)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        ArgumentNullException.ThrowIfNull(action);

        AssertIsNotOver();
        _agenda.Request(time, new object(), $"At({time})", action);
    }

    /// <summary>Does something that awaits at a time. The test fails as it does, and fails if it has not come to its end when all has run.</summary>
    /// <param name="time">When, as with <see cref="At(TimeSpan, Action)"/>.</param>
    /// <param name="action">What to do.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="time"/> is negative.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="action"/> is null.</exception>
    public void At(TimeSpan time, Func<Task> action)
    {
        ArgumentNullException.ThrowIfNull(action);

        At(time, () => _tasks.Add(action()));
    }

    /// <summary>A task that ends after so many frames; what awaits it continues inside the clock's run.</summary>
    /// <param name="frames">How many; not negative.</param>
    /// <returns>The task.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="frames"/> is negative.</exception>
    public Task Delay(long frames)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(frames);

        var delay = new TaskCompletionSource();
        _timeline.At(_timeline.Now + (frames * _options.FrameSize), lane: null, "Delay", delay.SetResult);
        return delay.Task;
    }

    /// <summary>The length of time that a diagram such as <c>---|</c> or <c>10ms |</c> shows.</summary>
    /// <param name="diagram">A diagram of dashes and durations with one <c>|</c>.</param>
    /// <returns>The time up to the <c>|</c>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="diagram"/> is null.</exception>
    /// <exception cref="MarbleSyntaxException">The diagram is not one.</exception>
    public TimeSpan Time(string diagram)
    {
        ArgumentNullException.ThrowIfNull(diagram);

        return MarbleDiagram.Parse(diagram, MarbleRow.Time, Syntax()).Symbols[0].Time;
    }

    private static MarbleChart OnItsThread(MarbleOptions? options, Action<MarbleTest> test)
    {
        options = Checked(options);
        return TestThread.Run(() =>
        {
            var m = new MarbleTest(options);
            return m.InVirtualTime(() => test(m));
        });
    }

    private static MarbleOptions Checked(MarbleOptions? options)
    {
        options ??= new MarbleOptions();
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.FrameSize, TimeSpan.Zero, "options.FrameSize");
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxActions, "options.MaxActions");
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxRealWait, TimeSpan.Zero, "options.MaxRealWait");
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.MaxRealWait, TimeSpan.FromMilliseconds(int.MaxValue), "options.MaxRealWait");
        ArgumentNullException.ThrowIfNull(options.TimeZone, "options.TimeZone");
        if (options.Clock is not null && (options.StartDateTime != VirtualClock.Epoch || !options.TimeZone.Equals(TimeZoneInfo.Utc)))
            throw new ArgumentException($"The date is the clock's own affair: {options.Clock.GetType().Name} was given, and StartDateTime or TimeZone too.", nameof(options));
        if (options.Clock is null && options.MaxVirtualTime > DateTimeOffset.MaxValue - options.StartDateTime)
            throw new ArgumentException($"From StartDateTime ({options.StartDateTime:O}) there is less than MaxVirtualTime ({options.MaxVirtualTime}) to the end of the calendar.", nameof(options));
        if (options is { Clock: not (null or VirtualClock), Seed: not null })
            throw new ArgumentException($"The order of work is the clock's own affair: {options.Clock.GetType().Name} cannot take a Seed.", nameof(options));
        return options.Clock is VirtualClock clock ? options with { FrameSize = clock.FrameSize } : options;
    }

    private void AssertIsNotOver()
    {
        if (_isOver)
            throw new InvalidOperationException("The marble test is over: nothing that is declared now would be compared with anything.");
    }

    private MarbleSyntax Syntax() => new() { FrameSize = _options.FrameSize, Noncompliant = _options.Noncompliant };

    /// <summary>Runs a test, and then its clock to the end, in a synchronization context of ours: a test framework's would take what awaits to the pool.</summary>
    private MarbleChart InVirtualTime(Action test)
    {
        var outer = SynchronizationContext.Current;
        var outerWatchdog = (outer as ClockContext)?.Watchdog; // of the test that this one is a part of
        outerWatchdog?.IsOff = true;
        var watchdog = _context.Watchdog = new Watchdog(_options.MaxRealWait);
        SynchronizationContext.SetSynchronizationContext(_context);
        if (Clock is VirtualClock clock)
        {
            clock.Context = _context;
            clock.Choose = (_options.Shuffle ?? (_options.Seed is { } seed ? new Shuffle(seed) : null)) is { } shuffle ? shuffle.Choose : null;
        }

        _context.Pool?.Begin();
        try
        {
            test();
            LeaveProbes();
            RunAndCompare();
            foreach (var task in _tasks)
                (task.IsCompleted ? task : throw Report().Stuck("What At began has not come to its end.")).GetAwaiter().GetResult();
            watchdog.ThrowIfInterrupted();
            return new MarbleChart(_options.FrameSize, [.. _sources.SelectMany(s => RxTokens.Report.RowsOf(s, _options.FrameSize)), .. _checks.SelectMany(check => check.Rows(_options.FrameSize))]);
        }
        catch (Exception caught) when (watchdog.HasInterrupted)
        {
            throw Report().Stuck(
                $"The test blocks the thread on which its clock runs, so that what it waits for never comes; after {_options.MaxRealWait} of real time it was interrupted. "
                + "Await instead of calling Wait(), Result or GetResult() (with NUnit: await Assert.ThatAsync instead of Assert.That(async …)); for what is real, set MaxRealWait.",
                caught);
        }
        catch (VirtualTimeLimitException limit)
        {
            throw Report().Limit(limit);
        }
        catch (ElsewhereException elsewhere)
        {
            throw Report().Stuck(
                $"{elsewhere.Message} came back from another thread while the clock was going on: what the clock did until then is a matter of luck. "
                + $"The clock waits for what is on the thread pool, for {_options.MaxRealWait} at most, not for other threads, sockets and real time: await what m.Clock, m.TimeProvider or m.Delay drive, or await what is real "
                + "while the clock has nothing to do.");
        }
        finally
        {
            _isOver = true;
            watchdog.Dispose();
            outerWatchdog?.IsOff = false;
            _context.Pool?.End();
            SynchronizationContext.SetSynchronizationContext(outer);
            if (Clock is VirtualClock used)
                (used.Context, used.Choose, used.WorkAdded) = (null, null, null);
        }
    }

    private void RunAndCompare()
    {
        _agenda.Begin();
        _timeline.RunUntil(static () => false);
        if (Report().Failure() is { } failure)
            throw failure;
    }

    private Report Report() => new(_options.FrameSize, _timeline.Now, _sources, _checks) { RealTimer = _context.Pool?.RealTimer };

    private void Await(Task test)
    {
        _agenda.Begin();
        if (Clock is not VirtualClock clock)
        {
            AwaitOnForeignClock(test);
            return;
        }

        using var news = new ManualResetEventSlim();
        clock.WorkAdded = news.Set;
        _context.Arrived = news.Set;
        test.ContinueWith(_ => news.Set(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        while (!test.IsCompleted)
        {
            news.Reset();
            if (!clock.RunNext() && !test.IsCompleted && !WaitFor(news))
                throw Stuck();
        }

        test.GetAwaiter().GetResult();
    }

    private bool WaitFor(ManualResetEventSlim news)
    {
        _context.Watchdog!.IsOff = true;
        _context.Pool!.Pause();
        var hasCome = Wait(news, _options.MaxRealWait);
        _context.Pool.Resume();
        _context.Watchdog.IsOff = false;
        return hasCome;
    }

    private static bool Wait(ManualResetEventSlim news, TimeSpan patience, Action? meanwhile = null)
    {
        var waited = SeenTime.Start();
        while (!news.Wait(Slice))
        {
            meanwhile?.Invoke();
            if (waited.Look() >= patience)
                return false;
        }

        return true;
    }

    /// <summary>A clock that does not tell when it gets work is run again, and once more after what may come from elsewhere.</summary>
    private void AwaitOnForeignClock(Task test)
    {
        RunForeignClock();
        if (!test.IsCompleted)
        {
            using var completed = new ManualResetEventSlim();
            test.ContinueWith(_ => completed.Set(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            Wait(completed, _options.MaxRealWait, RunForeignClock);
        }

        (test.IsCompleted ? test : throw Stuck()).GetAwaiter().GetResult();
    }

    private void RunForeignClock()
    {
        _context.Watchdog?.Tick();
        do
            Clock.Start();
        while (_context.RunNext());
    }

    private MarbleAssertionException Stuck() => Report().Stuck(
        "The test waits for something that its clock does not drive: nothing is left to do in virtual time, and "
        + $"in {_options.MaxRealWait} of real time nothing came. Await what runs on m.Clock, m.TimeProvider or m.Delay, or set MaxRealWait.");
}
