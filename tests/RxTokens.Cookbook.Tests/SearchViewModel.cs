using System.Reactive.Concurrency;
using System.Reactive.Linq;

namespace RxTokens.Cookbook.Tests;

/// <summary>A search box whose question is asked when the typing pauses, an answer that grows, and a progress that is told ten times a second.</summary>
internal sealed class SearchViewModel(Func<string, IAsyncEnumerable<string>> ask, SynchronizationContext ui, IScheduler clock)
{
    public string Answer { get; private set; } = "";

    public int Tokens { get; private set; }

    public async Task RunAsync(IObservable<string> typed, CancellationToken closed)
    {
        var answers = typed
            .Throttle(TimeSpan.FromMilliseconds(300), clock)     // the search box: when the typing pauses
            .DistinctUntilChanged()
            .KeepLatest();                                       // a question that was overtaken is not asked

        await foreach (var question in answers.WithCancellation(closed))
        {
            Answer = "";
            var tokens = ask(question).Share();
            await Task.WhenAll(
                tokens.JoinConflated((text, more) => text + more).RenderOnAsync(ui, text => Answer += text, closed),
                tokens.Join(256).Through(o => o.Scan(0, (count, _) => count + 1).Sample(TimeSpan.FromMilliseconds(100), clock))
                    .RenderOnAsync(ui, count => Tokens = count, closed));
        }
    }
}
