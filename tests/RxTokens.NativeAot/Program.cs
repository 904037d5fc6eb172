using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Text;
using System.Threading.Channels;
using RxTokens;

// Each operator once, compiled ahead of time and trimmed: what was left out, or needs code made at run time, fails here.
var failed = 0;
var passed = 0;

await Check("Through", Letters("abcd").Through(o => o.Buffer(2).Select(pair => pair[0] + pair[1])), "ab cd");
if (args is ["--first"])
    return failed; // how long it takes to start

await Check("Through, a timer", Letters("ab").Through(o => o.Buffer(TimeSpan.FromMilliseconds(1)).Where(list => list.Count > 0).SelectMany(list => list)), "a b");
await Check("SelectAwait", Letters("abc").SelectAwait(async (letter, token) =>
{
    await Task.Delay(1, token);
    return letter + letter;
}, maxConcurrency: 2), "aa bb cc");
await Check("Buffered, waiting", Letters("abc").Buffered(2), "a b c");
await Check("Buffered, dropping", Letters("abc").Buffered(8, Overflow.DropOldest), "a b c");
await Check("Buffered, of a push source", Pushed("abc").Buffered(8), "a b c");
await Check("Conflate, text", Joined(Letters("abc").Conflate()), "abc");
await Check("Conflate, text of a push source", Joined(Pushed("abc").Conflate()), "abc");
await Check("Conflate, merge", Joined(Letters("abc").Conflate((all, letter) => all + letter)), "abc");
await Check("Conflate, merge of a push source", Joined(Pushed("abc").Conflate((all, letter) => all + letter)), "abc");
await Check("Conflate, seed and add", Sum(Letters("abc").Conflate(_ => 1, (count, _) => count + 1)), "3");
await Check("Conflate, seed and add of a push source", Sum(Pushed("abc").Conflate(_ => 1, (count, _) => count + 1)), "3");
await Check("KeepLatest", Last(Letters("abc").KeepLatest()), "c");
await Check("KeepLatest, of a push source", Last(Pushed("abc").KeepLatest()), "c");
await Check("Timeout", Letters("abc").Timeout(TimeSpan.FromSeconds(9), TimeSpan.FromSeconds(9), Scheduler.Default), "a b c");
await Check("Timeout, of a TimeProvider", Letters("abc").Timeout(TimeSpan.FromSeconds(9), TimeSpan.FromSeconds(9), TimeProvider.System), "a b c");
await Check("TakeUntil", Letters("abc").TakeUntil(new CancellationToken(canceled: true)), "");
await Check("Detach", Letters("abc").Detach(), "a b c");
await Check("Valve", Letters("abc").Valve(Observable.Return(true)), "a b c");
await Check("Pace", Letters("abc").Pace(1000, 1, Scheduler.Default), "a b c");
await Check("Pace, by a limiter", Letters("abc").Pace(new System.Threading.RateLimiting.ConcurrencyLimiter(new() { PermitLimit = 3 }), letter => letter.Length), "a b c");
await Check("WithinQuota", Letters("abc").WithinQuota(new TokenQuota(3, TimeSpan.FromMinutes(1), TimeProvider.System), "ann", letter => letter.Length), "a b c");
await Check("WithinQuota, used up", Letters("abc").WithinQuota(new TokenQuota(2, TimeSpan.FromMinutes(1), TimeProvider.System), "ann", letter => letter.Length, reserve: 5, last: e => $"{e.Charged} of {e.Limit}"), "a b 2 of 2");
await Check("PerFrame", Letters("abc").PerFrame(new FrameClock(TimeSpan.FromMilliseconds(1), TimeProvider.System)), "a b c");
await Check("RetryBeforeFirst", Letters("abc").RetryBeforeFirst(1), "a b c");
await Check("RetryBeforeFirst, after a while", Letters("abc").RetryBeforeFirst(1, (_, _) => TimeSpan.Zero, Scheduler.Default), "a b c");
await Check("ResumeWith", Letters("abc").ResumeWith((string _, Exception _) => null, 1, 3, ""), "a b c");
await Check("Hedge", Letters("abc").Hedge(TimeSpan.FromSeconds(9), Letters("x"), Scheduler.Default), "a b c");
await Check("Share", Letters("abc").Share(), "a b c");
await Check("Share, merged", Letters("abc").Share((x, y) => x + y).Join(4), "a b c");
await Check("ShareText", Joined(Letters("abc").ShareText().JoinConflated()), "abc");
await Check("Share, conflated", Sum(Letters("abc").Share(2).JoinConflated(_ => 1, (count, _) => count + 1)), "3");
await Check("FromBlocking", TokenStream.FromBlocking(["a", "b"]), "a b");
await Check("FromBlocking, with a token", TokenStream.FromBlocking(_ => (IEnumerable<string>)["a", "b"]), "a b");
await Check("FromChannel and CopyToAsync", Copied(), "a b c");
await Check("FromStream and DecodeUtf8", Joined(TokenStream.FromStream(new MemoryStream(Encoding.UTF8.GetBytes("漢字")), bufferSize: 1).DecodeUtf8()), "漢字");
await Check("Printable", Letters("a\u001b").Printable(ControlCharacters.Show), "a ␛");
await Check("Printable, of a string", Letters("\u0007".Printable(ControlCharacters.Show)), "␇");
await Check("Graphemes", Text("e\u0301😀", t => t.Graphemes()), "e\u0301 😀");
await Check("Words", Text("a-b", t => t.Words()), "a - b");
await Check("Sentences", Text("A b.\nC", t => t.Sentences(TimeSpan.FromSeconds(9), TimeProvider.System)), "A b.\n C");
await Check("Lines", Text("a\r\nb", t => t.Lines()), "a b");
await Check("Lines, with their ends", Text("a\r\nb", t => t.Lines(TimeSpan.FromSeconds(9), TimeProvider.System)), "a\r\n b");
await Check("Segments", Text("a1b", t => t.Segments(new System.Text.RegularExpressions.Regex("[0-9]")).Select(s => s.Text)), "a 1 b");
await Check("StopAt", Text("aENDb", t => t.StopAt("END")), "a");
await Check("Lanes", Text("a<b>c", t => t.Lanes("<", ">").Select(l => $"{l.Text}{l.IsInside}")), "aFalse bTrue cFalse");
await Check("TakeTokens", Text("abc", t => t.TakeTokens(2, text => text.Length)), "ab");
await Check("CodeFences", Text("```a\nb\n```\n", t => t.CodeFences(whole: true).Select(f => f.Language + f.Text.Trim())), "ab");
await Check("MarkdownBlocks", Text("a\n\nb\n", t => t.MarkdownBlocks().Select(b => b.Text)), "a b");
await Check("PartialJson", Text("[1,2]", t => t.PartialJson().TakeLast(1)), "[1,2]");
await Check("PartialJson, of a type", Text("[1,2]", t => t.PartialJson(Json.Default.Int32Array).Select(n => $"{n!.Sum()}").TakeLast(1)), "3");
await Check("ShapeText", Joined(Letters("abc").ShapeText(x => x == "b" ? null : x, (_, x) => x, x => x.Conflate())), "abc");
await Check("ShapeText, of a push source", Joined(Text("abc", t => t.ShapeText(x => x, (_, x) => x, x => x.Lines()))), "abc");
await Check("ThrottleFirst", Text("a", t => t.ThrottleFirst(TimeSpan.FromSeconds(9), TimeProvider.System)), "a");
await Check("ThrottleLatest", Text("a", t => t.ThrottleLatest(TimeSpan.FromSeconds(9), TimeProvider.System)), "a");
await Check("Audit", Text("a", t => t.Audit(TimeSpan.FromSeconds(9), TimeProvider.System)), "a");
await Check("BatchBy", Text("a", t => t.BatchBy(2, TimeSpan.FromSeconds(9), TimeProvider.System).Select(string.Concat<string>)), "a");
await Check("BufferUntil", Text("a", t => t.BufferUntil(x => x == "a").Select(string.Concat<string>)), "a");
await Check("SampleFlush", Text("a", t => t.SampleFlush(TimeSpan.FromSeconds(9), TimeProvider.System)), "a");
await Check("DistinctFrames", Text("a", t => t.DistinctFrames(TimeSpan.FromSeconds(9), TimeProvider.System)), "a");
await Check("AsObservable", Letters("abc").AsObservable().Buffered(8), "a b c");
await Check("OnDemand", OnDemand(), "a b c");
await Check("RenderOnAsync", Rendered(), "a b c");
await Check("AsTimeProvider and AsScheduler", Clocked(), "0 1");

Console.WriteLine($"{passed} right, {failed} wrong");
return failed == 0 ? 0 : 1;

async Task Check<T>(string name, IAsyncEnumerable<T> stream, string expected)
{
    string actual;
    try
    {
        var items = new List<string>();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await foreach (var item in stream.WithCancellation(limit.Token))
            items.Add($"{item}");
        actual = string.Join(' ', items);
    }
    catch (Exception failure)
    {
        actual = failure.ToString();
    }

    var isRight = actual == expected;
    passed += isRight ? 1 : 0;
    failed += isRight ? 0 : 1;
    Console.WriteLine($"{(isRight ? "right" : "WRONG")}  {name}: {actual}");
}

static async IAsyncEnumerable<string> Letters(string letters)
{
    foreach (var letter in letters)
    {
        await Task.Yield();
        yield return $"{letter}";
    }
}

static IAsyncEnumerable<string> Text(string text, Func<IObservable<string>, IObservable<string>> query) => Letters(text).Through(query);

static IObservable<string> Pushed(string letters) => letters.Select(letter => $"{letter}").ToObservable();

static async IAsyncEnumerable<string> Joined(IAsyncEnumerable<string> parts)
{
    var all = "";
    await foreach (var part in parts)
        all += part;
    yield return all;
}

static async IAsyncEnumerable<int> Sum(IAsyncEnumerable<int> numbers)
{
    var sum = 0;
    await foreach (var number in numbers)
        sum += number;
    yield return sum;
}

static async IAsyncEnumerable<string> Last(IAsyncEnumerable<string> items)
{
    var last = "";
    await foreach (var item in items)
        last = item;
    yield return last;
}

static async IAsyncEnumerable<string> Copied()
{
    var channel = Channel.CreateBounded<string>(1);
    var copying = Letters("abc").CopyToAsync(channel.Writer);
    await foreach (var item in TokenStream.FromChannel(channel.Reader))
        yield return item;
    await copying;
}

static async IAsyncEnumerable<string> OnDemand()
{
    var demand = new Demand();
    var items = Letters("abc").OnDemand(demand).Buffered(8).GetAsyncEnumerator();
    for (var first = items.MoveNextAsync(); ; first = items.MoveNextAsync())
    {
        demand.Request(1);
        if (!await first)
            break;
        yield return items.Current;
    }

    await items.DisposeAsync();
}

static async IAsyncEnumerable<string> Rendered()
{
    var rendered = new List<string>();
    using var thread = new EventLoopScheduler();
    await Letters("abc").RenderOnAsync(thread, rendered.Add);
    foreach (var item in rendered)
        yield return item;
}

static async IAsyncEnumerable<long> Clocked()
{
    var time = TaskPoolScheduler.Default.AsTimeProvider();
    await Task.Delay(TimeSpan.FromMilliseconds(1), time);
    await foreach (var tick in Observable.Interval(TimeSpan.FromMilliseconds(1), TimeProvider.System.AsScheduler()).Take(2).Buffered(8))
        yield return tick;
}

[System.Text.Json.Serialization.JsonSerializable(typeof(int[]))]
internal sealed partial class Json : System.Text.Json.Serialization.JsonSerializerContext;
