using System.Reactive.Linq;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>What an operator is put into, and around.</summary>
internal static class OtherOperators
{
    public static IEnumerable<TestCaseData> All
    {
        get
        {
            yield return Other("Through", s => s.Through(o => o));
            yield return Other("SelectAwait", s => s.SelectAwait((x, _) => ValueTask.FromResult(x), 2));
            yield return Other("Buffered", s => s.Buffered(2));
            yield return Other("Conflate", s => s.Conflate());
            yield return Other("Valve", s => s.Valve(Observable.Never<bool>()));

            static TestCaseData Other(string name, Func<IAsyncEnumerable<string>, IAsyncEnumerable<string>> over) => new TestCaseData(over).SetArgDisplayNames(name);
        }
    }
}
