using System.Reactive.Linq;
using Microsoft.Reactive.Testing;

namespace RxTokens.Packaging.Tests;

/// <summary>The samples of docs/testing.md that run on Microsoft's TestScheduler.</summary>
public class TestingGuideTestScheduler
{
    [Test]
    public void OnATestScheduler() => MarbleTest.Run(m =>
    {
        m.Expect(m.Cold("-a-b|").Delay(m.Time("--|"), m.Clock)).ToBe("---a-b|");
    }, new MarbleOptions { Clock = new TestScheduler() });

    [Test]
    public void SourcesOnATestScheduler()
    {
        var scheduler = new TestScheduler();
        var source = scheduler.Hot("-a-b|");
        var received = scheduler.Record<string>();
        source.Throttle(TimeSpan.FromMilliseconds(2), scheduler).Subscribe(received);
        scheduler.Start();
        Assert.That(received.Items, Is.EqualTo(new[] { "b" }));
    }
}
