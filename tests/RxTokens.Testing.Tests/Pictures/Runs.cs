using System.Reactive.Linq;

namespace RxTokens.Tests;

/// <summary>Runs that are drawn.</summary>
internal static class Runs
{
    public static readonly string[] Names = ["slow-screen", "debounced", "merged", "failing", "silent", "strange-names"];

    public static MarbleChart Of(string name) => name switch
    {
        "slow-screen" => MarbleTest.Run(m =>
        {
            var tokens = m.Pull("abcdef|");
            var shown = tokens.Through(o => o.Buffer(2).Select(b => b[0] + b[1]));
            m.Expect(shown, demand: "1---1---*").ToBe("-{ab}--{cd}---[{ef}|]");
            m.ExpectPulls(tokens).ToBe("[^2]---2---[3!]");
        }),
        "debounced" => MarbleTest.Run(m =>
        {
            var keys = m.Hot("-r-rx---t---s--|", name: "keys");
            m.Expect(keys.Throttle(TimeSpan.FromMilliseconds(3), m.Clock), "^------------!").ToBe("-------x---t");
            m.ExpectSubscriptions(keys).ToBe("^------------!");
        }),
        "merged" => MarbleTest.Run(m =>
        {
            var left = m.Hot("-a-b--[cd]---|", name: "left");
            var right = m.Hot("-x----y-z-|", name: "right");
            m.Expect(left.Merge(right)).ToBe("-[ax]-b--[cdy]-z-|");
        }),
        "failing" => MarbleTest.Run(m =>
        {
            var source = m.Cold("-ab-#", new InvalidOperationException("no <connection> left"), name: "socket");
            m.Expect(source.Retry(3)).ToBe("-ab--ab--ab-#", error: typeof(InvalidOperationException));
        }),
        "silent" => MarbleTest.Run(m =>
        {
            var ticks = m.Hot("a-b 95ms c 2s (d|)", name: "ticks");
            m.Expect(ticks.Delay(TimeSpan.FromMilliseconds(2), m.Clock)).ToBe("--a-b 95ms c 2s (d|)");
            m.Expect(Observable.Never<string>(), name: "never").ToBe("---");
        }),
        _ => MarbleTest.Run(m =>
        {
            var orders = m.Cold("-{order 1}-{<b>&\"c\"</b>}-{👩‍👩‍👧}{日本語}{a-very-long-name-of-an-item-indeed}|", name: "Bestellungen 🛒");
            m.Expect(orders.Where(o => o.Length < 60 && o != "")).ToBe("-{order 1}-{<b>&\"c\"</b>}-{👩‍👩‍👧}{日本語}{a-very-long-name-of-an-item-indeed}|");
            m.Expect(orders.Select(o => o[0]), name: "first\u0001of\u202eeach").ToBe("-o-<-x日a|", values: [("o", 'o'), ("<", '<'), ("x", '\ud83d'), ("日", '日'), ("a", 'a')]);
        }),
    };
}
