// Everything is imported, nothing is aliased: that this file compiles is the proof that no name of ours is ambiguous beside
// System.Reactive, System.Linq.Async, System.Interactive.Async and the framework's own System.Linq.AsyncEnumerable.
// ClashTests fails when a public operator is not called in this project.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Reactive;
using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using System.Reactive.Threading.Tasks;
using System.Text;
using System.Threading.Channels;
using System.Threading.Tasks;

namespace RxTokens.Interop.Tests;

public class EveryNameTests
{
    private static readonly int[] OneTwoThree = [1, 2, 3];

    private static readonly IAsyncEnumerable<string> NoText = AsyncEnumerable.Empty<string>();

    [Test]
    public async Task Through() =>
        Assert.That(await Numbers.Through(o => o.Select(n => n * 10)).CollectAsync(), Is.EqualTo(new[] { 10, 20, 30 }));

    [Test]
    public void AsObservable_OfAPullSource_IsOurs()
    {
        var items = new List<int>();

        Numbers.AsObservable().Subscribe(items.Add);

        Assert.That(items, Is.EqualTo(OneTwoThree));
    }

    [Test]
    public void AsObservable_OfAPushSource_IsStillRxs()
    {
        using var subject = new Subject<int>();

        IObservable<int> hidden = subject.AsObservable();

        Assert.That(hidden, Is.Not.SameAs(subject), "Rx's AsObservable hides the subject");
    }

    [Test]
    public void OnDemand_WithDemand()
    {
        var demand = new Demand();
        var items = new List<int>();
        using var subscription = Numbers.OnDemand(demand).Subscribe(items.Add);

        demand.Request(2);

        Assert.That(items, Is.EqualTo(new[] { 1, 2 }));
    }

    [Test]
    public void OnDemand_WithDemandUnbounded()
    {
        var items = new List<int>();

        Numbers.OnDemand(Demand.Unbounded).Subscribe(items.Add);

        Assert.That(items, Is.EqualTo(OneTwoThree));
    }

    [Test]
    public async Task Timeout() =>
        Assert.That(await Numbers.Timeout(TimeSpan.FromHours(1), TimeSpan.FromHours(1), TimeProvider.System).CollectAsync(), Is.EqualTo(OneTwoThree));

    [Test]
    public async Task Timeout_OfAScheduler() =>
        Assert.That(await Numbers.Timeout(TimeSpan.FromHours(1), TimeSpan.FromHours(1), Scheduler.Default).CollectAsync(), Is.EqualTo(OneTwoThree));

    [Test]
    public async Task TakeUntil() =>
        Assert.That(await Numbers.TakeUntil(System.Threading.CancellationToken.None).CollectAsync(), Is.EqualTo(OneTwoThree));

    [Test]
    public async Task Detach() =>
        Assert.That(await Numbers.Detach().CollectAsync(), Is.EqualTo(OneTwoThree));

    [Test]
    public async Task Valve() =>
        Assert.That(await Numbers.Valve(Observable.Return(true)).CollectAsync(), Is.EqualTo(OneTwoThree));

    [Test]
    public async Task Pace() =>
        Assert.That(await Numbers.Pace(1_000_000, 3, Scheduler.Default).CollectAsync(), Is.EqualTo(OneTwoThree));

    [Test]
    public async Task WithinQuota() =>
        Assert.That(await Numbers.WithinQuota(new TokenQuota(6, TimeSpan.FromMinutes(1), TimeProvider.System), "ann", n => n, last: e => (int)-e.Left).CollectAsync(), Is.EqualTo(OneTwoThree));

    [Test]
    public async Task PerFrame() =>
        Assert.That(await Numbers.PerFrame(new FrameClock(TimeSpan.FromTicks(1), Scheduler.Default)).CollectAsync(), Is.EqualTo(OneTwoThree));

    [Test]
    public async Task RetryBeforeFirst() =>
        Assert.That(await Numbers.RetryBeforeFirst(1).CollectAsync(), Is.EqualTo(OneTwoThree));

    [Test]
    public async Task RetryBeforeFirst_AfterAWhile() =>
        Assert.That(await Numbers.RetryBeforeFirst(1, (retry, _) => TimeSpan.FromSeconds(retry), TimeProvider.System).CollectAsync(), Is.EqualTo(OneTwoThree));

    [Test]
    public async Task ResumeWith() =>
        Assert.That(await Numbers.ResumeWith((received, _) => received.Count > 0 ? Numbers : null, times: 1).CollectAsync(), Is.EqualTo(OneTwoThree));

    [Test]
    public async Task ResumeWith_OfText() =>
        Assert.That(string.Concat(await Numbers.Through(o => o.Select(n => $"{n}")).ResumeWith((received, _) => received.Length > 3 ? NoText : null, times: 1).CollectAsync()), Is.EqualTo("123"));

    [Test]
    public async Task Hedge() =>
        Assert.That(await Numbers.Hedge(TimeSpan.FromHours(1), Numbers, TimeProvider.System).CollectAsync(), Is.EqualTo(OneTwoThree));

    [Test]
    public async Task Share() =>
        Assert.That(await Numbers.Share(history: 2).Join(4).CollectAsync(), Is.EqualTo(OneTwoThree));

    [Test]
    public async Task Share_Merging() =>
        Assert.That((await Numbers.Share((x, y) => x + y).JoinConflated((x, y) => x + y).CollectAsync()).Sum(), Is.EqualTo(6));

    [Test]
    public async Task ShareText() =>
        Assert.That(string.Concat(await Numbers.Through(o => o.Select(n => $"{n}")).ShareText().JoinConflated().CollectAsync()), Is.EqualTo("123"));

    [Test]
    public async Task SelectAwait() =>
        Assert.That(
            await Numbers.SelectAwait((n, _) => ValueTask.FromResult(n * 10), maxConcurrency: 2).CollectAsync(),
            Is.EqualTo(new[] { 10, 20, 30 }));

    [Test]
    public async Task Buffered_OfAPullSource() =>
        Assert.That(await Numbers.Buffered(2, Overflow.Wait).CollectAsync(), Is.EqualTo(OneTwoThree));

    [Test]
    public async Task Buffered_OfAPushSource() =>
        Assert.That(await Pushed.Buffered(2, Overflow.DropOldest).CollectAsync(), Is.EqualTo(OneTwoThree));

    [Test]
    public void Buffered_OfAPushSource_Fails_WithBackpressureException() =>
        Assert.That(
            async () => await Pushed.Buffered(1).CollectAsync(),
            Throws.TypeOf<BackpressureException>().With.Property(nameof(BackpressureException.Bound)).EqualTo(1));

    [Test]
    public async Task Conflate_OfAPullSource()
    {
        Assert.That((await Numbers.Conflate((a, b) => a + b).CollectAsync()).Sum(), Is.EqualTo(6));
        Assert.That((await Numbers.Conflate(n => n, (sum, n) => sum + n).CollectAsync()).Sum(), Is.EqualTo(6));
        Assert.That(string.Concat(await Numbers.Through(o => o.Select(n => $"{n}")).Conflate().CollectAsync()), Is.EqualTo("123"));
    }

    [Test]
    public async Task Conflate_OfAPushSource()
    {
        Assert.That((await Pushed.Conflate((a, b) => a + b).CollectAsync()).Sum(), Is.EqualTo(6));
        Assert.That((await Pushed.Conflate(n => n, (sum, n) => sum + n).CollectAsync()).Sum(), Is.EqualTo(6));
        Assert.That(string.Concat(await Pushed.Select(n => $"{n}").Conflate().CollectAsync()), Is.EqualTo("123"));
    }

    [Test]
    public async Task KeepLatest()
    {
        Assert.That((await Numbers.KeepLatest().CollectAsync())[^1], Is.EqualTo(3));
        Assert.That((await Pushed.KeepLatest().CollectAsync())[^1], Is.EqualTo(3));
    }

    [Test]
    public async Task CopyToAsync_And_FromChannel()
    {
        var channel = Channel.CreateBounded<int>(3);

        await Numbers.CopyToAsync(channel.Writer);

        Assert.That(await TokenStream.FromChannel(channel.Reader).CollectAsync(), Is.EqualTo(OneTwoThree));
    }

    [Test]
    public async Task FromBlocking()
    {
        Assert.That(await TokenStream.FromBlocking(OneTwoThree).CollectAsync(), Is.EqualTo(OneTwoThree));
        Assert.That(await TokenStream.FromBlocking(_ => OneTwoThree.AsEnumerable()).CollectAsync(), Is.EqualTo(OneTwoThree));
    }

    [Test]
    public async Task FromStream_And_DecodeUtf8()
    {
        var bytes = new MemoryStream(Encoding.UTF8.GetBytes("héllo"));

        var text = TokenStream.FromStream(bytes, bufferSize: 2).DecodeUtf8();

        Assert.That(string.Concat(await text.CollectAsync()), Is.EqualTo("héllo"));
    }

    [Test]
    public async Task Printable()
    {
        Assert.That(await Numbers.Through(o => o.Select(n => $"{n}\e")).Printable(ControlCharacters.Show).CollectAsync(), Is.EqualTo(new[] { "1␛", "2␛", "3␛" }));
        Assert.That("\aa".Printable(), Is.EqualTo("a"));
    }

    [Test]
    public async Task TextOperators()
    {
        var said = Observable.Return("Hi there. <b>1</b>\n");
        Assert.That(await said.Graphemes().Count(), Is.EqualTo(19));
        Assert.That(await said.Words(), Is.EqualTo("\n"));
        Assert.That(await said.Sentences().FirstAsync(), Is.EqualTo("Hi there. "));
        Assert.That(await said.Lines(), Is.EqualTo("Hi there. <b>1</b>"));
        Assert.That(await said.Segments(new System.Text.RegularExpressions.Regex("[0-9]")).Where(s => s.IsMatch), Is.EqualTo(new TextSegment("1", true)));
        Assert.That(await said.StopAt("<"), Is.EqualTo("Hi there. "));
        Assert.That(await said.Lanes("<b>", "</b>").Where(l => l.IsInside), Is.EqualTo(new LaneText("1", true)));
        Assert.That(await said.TakeTokens(2, text => text.Length, isBorder: (_, _) => true).Aggregate((x, y) => x + y), Is.EqualTo("Hi"));
        Assert.That(await Observable.Return("[1").PartialJson().Catch(Observable.Return("cut")).FirstAsync(), Is.EqualTo("[1]"));
        Assert.That(await Observable.Return("```a\nb\n```\n").CodeFences(whole: true), Is.EqualTo(new CodeFence(0, "a", "b\n", CodeFenceState.Closed)));
        Assert.That((await said.MarkdownBlocks()).IsSettled);
        Assert.That(await said.ShapeText(text => text, (_, text) => text, texts => texts.Lines()), Is.EqualTo("Hi there. <b>1</b>"));
        Assert.That(await new[] { "a", "b" }.ToAsyncEnumerable().ShapeText(text => text, (_, text) => text, texts => texts.Conflate((x, y) => x + y)).CollectAsync(), Is.Not.Empty);
    }

    [Test]
    public async Task TimeOperators()
    {
        var (source, clock) = (Observable.Return(1), System.Reactive.Concurrency.Scheduler.Default);
        var second = TimeSpan.FromSeconds(1);
        Assert.That(await source.ThrottleFirst(second, clock), Is.EqualTo(1));
        Assert.That(await source.ThrottleLatest(second, clock), Is.EqualTo(1));
        Assert.That(await source.Audit(second, clock), Is.EqualTo(1));
        Assert.That(await source.BatchBy(2, second, clock), Is.EqualTo(new[] { 1 }));
        Assert.That(await source.BufferUntil(_ => false), Is.EqualTo(new[] { 1 }));
        Assert.That(await source.SampleFlush(second, clock), Is.EqualTo(1));
        Assert.That(await source.DistinctFrames(second, clock), Is.EqualTo(1));
    }

    [Test]
    public async Task RenderOnAsync()
    {
        var shown = new List<int>();

        await Numbers.RenderOnAsync(ImmediateScheduler.Instance, shown.Add);
        await Numbers.RenderOnAsync(new InlineContext(), shown.Add);
        await Numbers.RenderOnAsync(ImmediateScheduler.Instance, ShowAsync);
        await Numbers.RenderOnAsync(new InlineContext(), async n => await ShowAsync(n));

        Assert.That(shown, Is.EqualTo(new[] { 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3 }));

        ValueTask ShowAsync(int n)
        {
            shown.Add(n);
            return default;
        }
    }

    [Test]
    public void AsTimeProvider_And_AsScheduler()
    {
        Assert.That(DefaultScheduler.Instance.AsTimeProvider().AsScheduler(), Is.SameAs(DefaultScheduler.Instance));
        Assert.That(TimeProvider.System.AsScheduler().AsTimeProvider(), Is.SameAs(TimeProvider.System));
    }

    private static CountingSource Numbers => new(3);

    private static IObservable<int> Pushed => OneTwoThree.ToObservable(ImmediateScheduler.Instance);

    /// <summary>Stands for a UI thread's context; runs posts at once.</summary>
    private sealed class InlineContext : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state) => d(state);
    }
}
