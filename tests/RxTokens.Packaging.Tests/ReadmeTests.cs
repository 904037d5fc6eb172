using System.Reactive.Linq;

namespace RxTokens.Packaging.Tests;

/// <summary>The sample of the package's readme, run.</summary>
public class ReadmeTests
{
    [Test]
    public async Task CoreSample()
    {
        var tokens = TokenStream.FromBlocking(Enumerable.Range(0, 25).Select(n => n % 2 == 0 ? "word" : "").ToList());
        var shown = new List<int>();

        await foreach (IList<string> ten in tokens.Through(o => o.Where(t => t.Length > 0).Buffer(10)))
            shown.Add(ten.Count);

        Assert.That(shown, Is.EqualTo(new[] { 10, 3 }));
    }
}
