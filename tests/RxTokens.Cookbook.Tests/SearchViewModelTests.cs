using System.Reactive.Linq;

namespace RxTokens.Cookbook.Tests;

public class SearchViewModelTests
{
    [Test]
    public void AQuestionIsAsked_WhenTheTypingPauses() => MarbleTest.Run(m =>
    {
        var asked = new List<string>();
        var model = new SearchViewModel(
            question =>
            {
                asked.Add($"{m.Frame}: {question}");
                return m.Pull("(ab)(cd)|");
            },
            m.UiThread(), m.Clock);

        _ = model.RunAsync(m.Hot("-a 100ms b 500ms |", [("a", "wh"), ("b", "why")]), CancellationToken.None);
        m.Expect(Observable.Timer(TimeSpan.FromSeconds(1), m.Clock).Select(_ => $"{model.Answer} {string.Join(", ", asked)}"))
            .ToBe("1s (x|)", [("x", "abcd 402: why")]);
    });
}
