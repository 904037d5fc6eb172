using System.Reactive.Linq;
using RxTokens;
using Xunit;

namespace Frameworks;

/// <summary>What docs/testing.md shows for this framework.</summary>
public class Guide
{
    [Fact]
    public void Waits() => MarbleTest.Run(m => m.Expect(m.Cold("-a|").Delay(m.Time("--|"), m.Clock)).ToBe("---a|"));

    [Fact]
    public Task Awaits() => MarbleTest.RunAsync(m => m.Delay(1_000_000));
}
