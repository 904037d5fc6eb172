using System.Reactive.Linq;
using RxTokens;

namespace Frameworks;

/// <summary>What docs/testing.md shows for this framework.</summary>
public class Guide
{
    [Test]
    public void Waits() => MarbleTest.Run(m => m.Expect(m.Cold("-a|").Delay(m.Time("--|"), m.Clock)).ToBe("---a|"));

    [Test]
    public Task Awaits() => MarbleTest.RunAsync(m => m.Delay(1_000_000));
}
