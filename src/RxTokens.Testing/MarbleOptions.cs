using System.Reactive.Concurrency;

namespace RxTokens;

/// <summary>What is not as usual about a marble test.</summary>
public sealed record MarbleOptions
{
    /// <summary>The length of a frame: one millisecond if not set.</summary>
    public TimeSpan FrameSize { get; init; } = TimeSpan.FromMilliseconds(1);

    /// <summary>How far the test's own clock may go: one day if not set. Work that is due later fails the test.</summary>
    public TimeSpan MaxVirtualTime { get; init; } = TimeSpan.FromDays(1);

    /// <summary>How much work the test's own clock may run, and how much a consumer may ask for: 100,000 if not set. More fails the test.</summary>
    public int MaxActions { get; init; } = 100_000;

    /// <summary>The date at frame 0 of the test's own clock, for code that asks what day it is: 2000-01-01 if not set.</summary>
    public DateTimeOffset StartDateTime { get; init; } = VirtualClock.Epoch;

    /// <summary>The local time zone of <see cref="MarbleTest.TimeProvider"/>: UTC if not set, so that a test gives the same result on every machine.</summary>
    public TimeZoneInfo TimeZone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>
    /// How long a test may wait, in real time, for what its clock does not drive: other threads, sockets, a thread pool that others keep busy; and how long
    /// it may block. One second if not set; at most <see cref="int.MaxValue"/> milliseconds, 24 days. Time in which the whole
    /// process stands still does not count.
    /// </summary>
    public TimeSpan MaxRealWait { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Whether diagrams may say something after the ending, and ask for nothing or less: to test against what breaks the rules.</summary>
    public bool Noncompliant { get; init; }

    /// <summary>
    /// The clock to run on instead of a new <see cref="VirtualClock"/>: anything with times in ticks, such as the TestScheduler of
    /// Microsoft.Reactive.Testing. The limits of such a clock are its own affair.
    /// </summary>
    public VirtualTimeScheduler<long, long>? Clock { get; init; }

    /// <summary>The order of work that is due in the same instant, as <c>MarbleTest.Explore</c> printed it; null is first in first out.</summary>
    public int? Seed { get; init; }

    internal Shuffle? Shuffle { get; init; }
}
