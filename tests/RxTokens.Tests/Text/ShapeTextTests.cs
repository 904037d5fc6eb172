using System.Reactive.Linq;
using System.Reactive.Subjects;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace RxTokens.Tests;

public class ShapeTextTests
{
    /// <summary>An update of a model: text, with its number, or something else.</summary>
    private sealed record Update(int Number, string? Text, string? Other = null);

    // Arguments

    [Test]
    public void BadArguments_AreRefusedAtTheCall()
    {
        var (pull, push) = (AsyncEnumerable.Empty<string>(), Observable.Empty<string>());

        Assert.That(() => ((IAsyncEnumerable<string>)null!).ShapeText(Text, With, t => t), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("source"));
        Assert.That(() => pull.ShapeText(null!, With, t => t), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("getText"));
        Assert.That(() => pull.ShapeText(Text, null!, t => t), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("withText"));
        Assert.That(() => pull.ShapeText(Text, With, null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("shape"));
        Assert.That(() => ((IObservable<string>)null!).ShapeText(Text, With, t => t), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("source"));
        Assert.That(() => push.ShapeText(null!, With, t => t), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("getText"));
        Assert.That(() => push.ShapeText(Text, null!, t => t), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("withText"));
        Assert.That(() => push.ShapeText(Text, With, null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("shape"));
    }

    // Behaviour

    [MarbleOf("ShapeText<TSource>(IAsyncEnumerable<TSource>, Func<TSource, String>, Func<TSource, String, TSource>, Func<IAsyncEnumerable<String>, IAsyncEnumerable<String>>)")]
    public void ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        m.Expect(m.Pull(rows["source"]).ShapeText(Text, With, texts => texts.Through(o => o.Lines()))).ToBe(rows["result"]));

    [MarbleOf("ShapeText<TSource>(IObservable<TSource>, Func<TSource, String>, Func<TSource, String, TSource>, Func<IObservable<String>, IObservable<String>>)")]
    public void OfAPushStream_ItsMarble(string member) => DocumentedMarble.Run(member, (m, rows) =>
        m.Expect(m.Cold(rows["source"]).ShapeText(Text, With, texts => texts.Lines())).ToBe(rows["result"]));

    [Test]
    public void AnyUpdates_KeepTheirOrder_AndTheirText() => ForAll((updates, width) =>
    {
        IObservable<string> Shape(IObservable<string> texts) => texts.SelectMany(t => t).Buffer(width).Select(cs => new string([.. cs]));

        var pulled = Pulled(updates, texts => texts.Through(Shape));
        Assert.That(pulled.Select(u => (u.Text, u.Other)), Is.EqualTo(Expected(updates, width)));
        var pushed = Pushed(updates, Shape);
        Assert.That(pushed, Is.EqualTo(pulled));
        Assert.That(pulled.Select(u => u.Number), Is.Ordered);
    });

    [Test]
    public void AnyUpdates_ThroughAConflation_KeepTheirOrderAndTheirText() => ForAll((updates, _) =>
        Assert.That(Joined(Pulled(updates, texts => texts.Conflate())), Is.EqualTo(Joined(updates))));

    [Test]
    public void ABusyScreen_GetsTheTextBeforeWhatFollowsIt() => MarbleTest.Run(m =>
        m.Expect(m.Pull("abc7de|").ShapeText(Text, With, texts => texts.Conflate()), "1---1---1---1---*").ToBe("a---{bc}---7---d---[e|]"));

    [Test]
    public void OutsideOfText_NothingIsReadAhead() => MarbleTest.Run(m =>
    {
        var source = m.Pull("78a|");
        m.Expect(source.ShapeText(Text, With, texts => texts.Conflate()), "1---1").ToBe("7---8----");
        m.ExpectPulls(source).ToBe("[^1]---1");
    });

    [Test]
    public void AShapeThatEndsEarly_DropsTheRestOfItsRunAlone()
    {
        var updates = Updates("ab", "cEND", "d", "7", "ef", "8");
        string[] expected = ["ab", "c", "7", "ef", "8"];

        Assert.That(Pulled(updates, texts => texts.Through(o => o.StopAt("END"))).Select(u => u.Text ?? u.Other), Is.EqualTo(expected));
        Assert.That(Pushed(updates, texts => texts.StopAt("END")).Select(u => u.Text ?? u.Other), Is.EqualTo(expected));
    }

    [Test]
    public void AShapeThatReadsNothing_DropsItsRun()
    {
        Assert.That(Pulled(Updates("a", "7", "b"), _ => AsyncEnumerable.Empty<string>()).Select(u => u.Text ?? u.Other), Is.EqualTo(new[] { "7" }));
        Assert.That(Pushed(Updates("a", "7", "b"), _ => Observable.Empty<string>()).Select(u => u.Text ?? u.Other), Is.EqualTo(new[] { "7" }));
    }

    [Test]
    public void WhatFollowsAText_WaitsForAShapeThatTakesItsTime() => MarbleTest.Run(m =>
        m.Expect(m.Cold("a7bc8|").ShapeText(Text, With, texts => texts.Delay(TimeSpan.FromMilliseconds(3), m.Clock))).ToBe("---a7--[bc8|]"));

    // Errors

    [Test]
    public void AFailure_ArrivesAfterWhatTheShapeHolds() => MarbleTest.Run(m =>
    {
        m.Expect(m.Pull("ab#").ShapeText(Text, With, texts => texts.Through(o => o.Lines()))).ToBe("--[{ab}#]");
        m.Expect(m.Cold("ab#").ShapeText(Text, With, texts => texts.Lines())).ToBe("--[{ab}#]");
    });

    [Test]
    public void WhatTheFunctionsThrow_IsTheFailure()
    {
        var thrown = new InvalidOperationException("mine");
        Exception Throw() => throw thrown;

        Assert.That(() => Pulled(Updates("a"), _ => throw thrown), Throws.Exception.SameAs(thrown));
        Assert.That(() => Pushed(Updates("a"), _ => throw thrown), Throws.Exception.SameAs(thrown));
        Assert.That(async () => await Updates("a").ToAsyncEnumerable().ShapeText(_ => { Throw(); return ""; }, (u, _) => u, t => t).ToListAsync(), Throws.Exception.SameAs(thrown));
        Assert.That(async () => await Updates("a").ToAsyncEnumerable().ShapeText(u => u.Text, (_, _) => { Throw(); return null!; }, t => t).ToListAsync(), Throws.Exception.SameAs(thrown));
        Assert.That(() => Updates("a").ToObservable().ShapeText(_ => { Throw(); return ""; }, (u, _) => u, t => t).ToList().Wait(), Throws.Exception.SameAs(thrown));
        Assert.That(() => Updates("a").ToObservable().ShapeText(u => u.Text, (_, _) => { Throw(); return null!; }, t => t).ToList().Wait(), Throws.Exception.SameAs(thrown));
    }

    [Test]
    public void AShapeThatIsNull_OrReadsTwice_SaysSo()
    {
        Assert.That(() => Pulled(Updates("a"), _ => null!), Throws.InvalidOperationException.With.Message.Contains("returned null"));
        Assert.That(() => Pushed(Updates("a"), _ => null!), Throws.InvalidOperationException.With.Message.Contains("returned null"));
        Assert.That(() => Pulled(Updates("a"), texts => texts.Concat(texts)), Throws.InvalidOperationException.With.Message.Contains("twice"));
    }

    // Disposal

    [Test]
    public void OneWhoLeavesInTheMiddleOfARun_LeavesTheSource_WhoseReadIsAwaited() => MarbleTest.Run(m =>
    {
        var source = m.Pull("abc------d|");
        m.Expect(source.ShapeText(Text, With, texts => texts.Conflate()).Take(1)).ToBe("[a|]");
        m.Expect(source.ShapeText(Text, With, texts => texts.Conflate()), "1----!").ToBe("a-----");
    });

    [Test]
    public void AShapeThatGivesUpItsRead_LeavesItToTheNext() => MarbleTest.Run(m =>
    {
        var shaped = m.Pull("a---b-7|").ShapeText(Text, With, texts => texts.Through(o => o.TakeUntil(Observable.Timer(TimeSpan.FromMilliseconds(2), m.Clock))));
        m.Expect(shaped).ToBe("a-----7|");
    });

    [Test]
    public void OneWhoLeaves_LeavesTheShapeAndTheSource()
    {
        using var source = new Subject<string>();
        using var pushed = new Subject<string>();
        var subscription = source.ShapeText(Text, With, texts => texts.Merge(pushed)).Subscribe();
        source.OnNext("a");
        Assert.That(pushed.HasObservers);
        subscription.Dispose();

        Assert.That(pushed.HasObservers, Is.False);
        Assert.That(source.HasObservers, Is.False);
    }

    private static string? Text(string item) => char.IsAsciiDigit(item[0]) ? null : item;

    private static string With(string item, string text) => text;

    private static List<Update> Updates(params string[] items) => [.. items.Select((item, i) => char.IsAsciiDigit(item[0]) ? new Update(i, null, item) : new Update(i, item))];

    private static List<Update> Pulled(IEnumerable<Update> updates, Func<IAsyncEnumerable<string>, IAsyncEnumerable<string>> shape) =>
        updates.ToAsyncEnumerable().ShapeText(u => u.Text, (u, text) => u with { Text = text }, shape).ToListAsync().AsTask().GetAwaiter().GetResult();

    private static List<Update> Pushed(IEnumerable<Update> updates, Func<IObservable<string>, IObservable<string>> shape) =>
        [.. updates.ToObservable().ShapeText(u => u.Text, (u, text) => u with { Text = text }, shape).ToList().Wait()];

    private static List<(string?, string?)> Joined(IEnumerable<Update> updates)
    {
        var joined = new List<(string? Text, string? Other)>();
        foreach (var update in updates)
        {
            if (update.Text is not null && joined is [.., { Text: not null } last])
                joined[^1] = (last.Text + update.Text, null);
            else
                joined.Add((update.Text, update.Other));
        }

        return [.. joined.Where(u => u.Text != "")];
    }

    private static List<(string?, string?)> Expected(List<Update> updates, int width) =>
        [.. Joined(updates).SelectMany(u => u.Item1 is null ? [u] : u.Item1.Chunk(width).Select(c => ((string?)new string(c), (string?)null)))];

    private static void ForAll(Action<List<Update>, int> check)
    {
        var items = Gen.Frequency((3, Gen.Elements("a", "bc", "def", "")), (1, Gen.Elements("7", "8"))).ListOf();
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(TextLaws.Rounds).WithReplay(20261127, 3),
            Prop.ForAll((from list in items from width in Gen.Choose(1, 4) select (list, width)).ToArbitrary(), c => check(
                [.. c.list.Select((item, i) => item is "7" or "8" ? new Update(i, null, item) : new Update(i, item))], c.width)));
    }
}
