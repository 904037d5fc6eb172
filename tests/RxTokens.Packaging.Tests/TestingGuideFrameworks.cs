using System.Reactive.Linq;
using Microsoft.Reactive.Testing;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using Xunit;

namespace RxTokens.Packaging.Tests;

/// <summary>The samples of docs/testing.md for other frameworks: compiled against them, run by NUnit.</summary>
public class TestingGuideFrameworks
{
    public class WithNUnit
    {
        [Test]
        public void Waits() => MarbleTest.Run(m => m.Expect(m.Cold("-a|").Delay(m.Time("--|"), m.Clock)).ToBe("---a|"));

        [Test]
        public Task Awaits() => MarbleTest.RunAsync(m => m.Delay(1_000_000));
    }

    public class WithXunit
    {
        [Fact]
        public void Waits() => MarbleTest.Run(m => m.Expect(m.Cold("-a|").Delay(m.Time("--|"), m.Clock)).ToBe("---a|"));

        [Fact]
        public Task Awaits() => MarbleTest.RunAsync(m => m.Delay(1_000_000));
    }

    [TestClass]
    public class WithMSTest
    {
        [TestMethod]
        public void Waits() => MarbleTest.Run(m => m.Expect(m.Cold("-a|").Delay(m.Time("--|"), m.Clock)).ToBe("---a|"));

        [TestMethod]
        public Task Awaits() => MarbleTest.RunAsync(m => m.Delay(1_000_000));
    }

    [Test]
    public async Task TheOthers()
    {
        new WithXunit().Waits();
        await new WithXunit().Awaits();
        new WithMSTest().Waits();
        await new WithMSTest().Awaits();
    }

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
        NUnit.Framework.Assert.That(received.Items, Is.EqualTo(new[] { "b" }));
    }
}
