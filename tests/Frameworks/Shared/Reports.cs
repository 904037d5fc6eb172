using System.Reactive.Linq;
using RxTokens;

namespace Frameworks;

/// <summary>Marble tests whose reports are looked at.</summary>
public partial class Reports
{
    [Test]
    public void ADifference_Fails() => MarbleTest.Run(m =>
    {
        var typed = m.Hot("-ab-----c-----|", name: "typed");
        var searched = typed.Throttle(m.Time("----|"), m.Clock);
        m.Expect(searched).ToBe("-----b-----c--|");
    });

    [Test]
    public Task ADifferenceWhereItIsAwaited_Fails() => MarbleTest.RunAsync(async m =>
    {
        var typed = m.Hot("-ab-----c-----|", name: "typed");
        var searched = typed.Throttle(m.Time("----|"), m.Clock);
        m.Expect(searched).ToBe("-----b-----c--|");
        await m.Delay(3);
    });

    [Test]
    public void AMistakeInADiagram_Fails() => MarbleTest.Run(m =>
    {
        var searched = m.Cold("a|");
        m.Expect(searched).ToBe("a 10ms|");
    });

    [Test]
    public void ARace_Fails() => MarbleTest.Explore(m =>
    {
        var price = m.Hot("a----b---|", name: "price");
        var order = m.Hot("-----o---|", name: "order");
        var charged = order.WithLatestFrom(price, (_, latest) => latest);
        m.Expect(charged).ToBe("-----b---|");
    });
}
