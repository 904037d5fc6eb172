using System.Reactive.Linq;
using RxTokens;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Frameworks;

/// <summary>What docs/testing.md shows for this framework.</summary>
[TestClass]
public class Guide
{
    [TestMethod]
    public void Waits() => MarbleTest.Run(m => m.Expect(m.Cold("-a|").Delay(m.Time("--|"), m.Clock)).ToBe("---a|"));

    [TestMethod]
    public Task Awaits() => MarbleTest.RunAsync(m => m.Delay(1_000_000));
}
