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
    private readonly MarbleOptions _options;
    private readonly Timeline _timeline;
    private readonly Agenda _agenda;
    private readonly List<ISourceProbe> _sources = [];
    private readonly List<Check> _checks = [];
    private readonly List<Check> _done = [];

    private MarbleTest(MarbleOptions options)
    {
        _options = options;
        Clock = options.Clock ?? new VirtualClock(options.FrameSize) { MaxActions = options.MaxActions, MaxVirtualTime = options.MaxVirtualTime };
        _timeline = new Timeline(Clock, options.FrameSize, fromNow: true);
        _agenda = new Agenda(_timeline);
        if ((options.Shuffle ?? (options.Seed is { } seed ? new Shuffle(seed) : null)) is { } shuffle)
            ((VirtualClock)Clock).Choose = shuffle.Choose;
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

        var m = new MarbleTest(Checked(options));
        return m.InVirtualTime(() =>
        {
            test(m);
            m.LeaveProbes();
            m.RunAndCompare();
            return m.Chart();
        });
    }

    /// <summary>Runs a test that awaits: its awaits are continued by the clock, which goes on while the test waits.</summary>
    /// <remarks>
    /// <para>The test has run when this returns: nothing goes on elsewhere. What it awaits has to be driven by its clock
    /// (<see cref="Clock"/>, <see cref="TimeProvider"/>, <see cref="Delay"/>); for anything else it waits as long as
    /// <see cref="MarbleOptions.MaxRealWait"/>, and then fails.</para>
    /// </remarks>
    /// <param name="test">The test.</param>
    /// <param name="options">What is not as usual.</param>
    /// <returns>What happened, to draw.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="test"/> is null.</exception>
    /// <exception cref="ArgumentException">The options contradict one another.</exception>
    /// <exception cref="MarbleAssertionException">(In the task.) As with <see cref="Run"/>; or the test waits for what never comes.</exception>
    public static Task<MarbleChart> RunAsync(Func<MarbleTest, Task> test, MarbleOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(test);

        var m = new MarbleTest(Checked(options));
        try
        {
            return Task.FromResult(m.InVirtualTime(() =>
            {
                m.Await(test(m));
                m.LeaveProbes();
                m.RunAndCompare();
                return m.Chart();
            }));
        }
        catch (Exception failure)
        {
            return Task.FromException<MarbleChart>(failure);
        }
    }

    /// <summary>Runs what has been declared so far and compares, in the middle of a test: what follows may look at what is left behind.</summary>
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
        ArgumentNullException.ThrowIfNull(action);

        _agenda.Request(frame * _options.FrameSize, new object(), $"At({frame})", action);
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

    private static MarbleOptions Checked(MarbleOptions? options)
    {
        options ??= new MarbleOptions();
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.FrameSize, TimeSpan.Zero, "options.FrameSize");
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxActions, "options.MaxActions");
        if (options is { Clock: not (null or VirtualClock), Seed: not null })
            throw new ArgumentException($"The order of work is the clock's own affair: {options.Clock.GetType().Name} cannot take a Seed.", nameof(options));
        return options;
    }

    private MarbleSyntax Syntax() => new() { FrameSize = _options.FrameSize, Noncompliant = _options.Noncompliant };

    private MarbleChart InVirtualTime(Func<MarbleChart> run)
    {
        // Under a test framework's context, what awaits would go on later, on the pool.
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            return run();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    private void RunAndCompare()
    {
        _agenda.Schedule();
        try
        {
            if (Clock is VirtualClock clock)
            {
                while (clock.RunNext())
                    _agenda.Schedule();
            }
            else
            {
                Clock.Start();
            }
        }
        catch (VirtualTimeLimitException limit)
        {
            throw Report().Limit(limit);
        }

        Compare();
    }

    private void Compare()
    {
        var report = Report();
        _done.AddRange(_checks);
        _checks.Clear();
        if (report.Failure() is { } failure)
            throw failure;
    }

    private Report Report() => new(_options.FrameSize, _timeline.Now, _sources, [.. _checks]);

    private MarbleChart Chart() => new(_options.FrameSize, [.. _sources.SelectMany(s => RxTokens.Report.RowsOf(s, _options.FrameSize)), .. _done.SelectMany(check => check.Rows(_options.FrameSize))]);

    private void Await(Task test)
    {
        using var news = new ManualResetEventSlim();
        if (Clock is VirtualClock watched)
            watched.WorkAdded = news.Set;
        test.ContinueWith(_ => news.Set(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

        try
        {
            while (!test.IsCompleted)
            {
                _agenda.Schedule();
                news.Reset();
                var ran = Clock is VirtualClock clock ? clock.RunNext() : RunAll();
                if (!ran && !test.IsCompleted && !news.Wait(_options.MaxRealWait))
                    throw Report().Stuck(_options.MaxRealWait);
            }
        }
        catch (VirtualTimeLimitException limit)
        {
            throw Report().Limit(limit);
        }
        finally
        {
            if (Clock is VirtualClock clock)
                clock.WorkAdded = null;
        }

        test.GetAwaiter().GetResult();

        bool RunAll()
        {
            Clock.Start();
            return test.IsCompleted;
        }
    }
}
