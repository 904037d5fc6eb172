using NUnit.Framework;

namespace RxTokens.Tests;

public class DateTests
{
    private static readonly TimeZoneInfo NewYork = TimeZoneInfo.CreateCustomTimeZone("New York", TimeSpan.FromHours(-5), "New York", "New York");

    [Test]
    public void WithoutOptions_TheDateIsTheSameOnEveryMachine() => MarbleTest.Run(m =>
    {
        m.At(5, () =>
        {
            Assert.That(m.TimeProvider.GetUtcNow(), Is.EqualTo(VirtualClock.Epoch.AddMilliseconds(5)));
            Assert.That(m.TimeProvider.GetLocalNow().Offset, Is.EqualTo(TimeSpan.Zero));
            Assert.That(m.Clock.Now, Is.EqualTo(VirtualClock.Epoch.AddMilliseconds(5)));
        });
    });

    [Test]
    public void TheStartAndTheZone_AreTheOptions()
    {
        var start = new DateTimeOffset(2026, 11, 26, 3, 0, 0, TimeSpan.Zero);
        MarbleTest.Run(
            m =>
            {
                Assert.That(m.TimeProvider.GetUtcNow(), Is.EqualTo(start));
                Assert.That(m.TimeProvider.GetLocalNow().DateTime, Is.EqualTo(new DateTime(2026, 11, 25, 22, 0, 0)));
                Assert.That(m.TimeProvider.LocalTimeZone, Is.EqualTo(NewYork));
                Assert.That(m.Clock.AsTimeProvider().LocalTimeZone, Is.EqualTo(NewYork));
            },
            new MarbleOptions { StartDateTime = start, TimeZone = NewYork });
    }

    [Test]
    public void AClockOfOnesOwn_HasTheDate_AndTheOptionsDoNot()
    {
        var clock = new VirtualClock { StartDateTime = VirtualClock.Epoch.AddYears(1), TimeZone = NewYork };
        MarbleTest.Run(m => Assert.That(m.TimeProvider.GetLocalNow(), Is.EqualTo(VirtualClock.Epoch.AddYears(1))), new MarbleOptions { Clock = clock });

        var both = Assert.Throws<ArgumentException>(() => MarbleTest.Run(_ => { }, new MarbleOptions { Clock = clock, TimeZone = NewYork }));
        Assert.That(both!.Message, Does.Contain("VirtualClock was given, and StartDateTime or TimeZone too"));
    }

    [Test]
    public void AStartAtTheEndOfTheCalendar_IsRefused()
    {
        var failure = Assert.Throws<ArgumentException>(() => MarbleTest.Run(_ => { }, new MarbleOptions { StartDateTime = DateTimeOffset.MaxValue }));
        Assert.That(failure!.Message, Does.Contain("9999-12-31").And.Contain("MaxVirtualTime (1.00:00:00)"));
    }
}
