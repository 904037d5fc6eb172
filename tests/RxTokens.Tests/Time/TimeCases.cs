using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using System.Text.Json;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>Runs the cases of <c>text-cases.json</c> that are about time, and what all operators about time have in common.</summary>
internal static class TimeCases
{
    public static TimeSpan Ms(int count) => TimeSpan.FromMilliseconds(count);

    /// <summary>Runs a case on the virtual clock, one millisecond a frame, and compares what is told, and when.</summary>
    public static void Check<R>(TextCase @case, Func<IObservable<string>, JsonElement, IScheduler, IObservable<R>> @operator)
    {
        var clock = new VirtualClock();
        using var source = new Subject<string>();
        var told = new List<string>();
        var given = @case.Params;
        var isPushed = false;
        foreach (var chunk in @case.Chunks.EnumerateArray())
            clock.At(chunk.GetProperty("at").GetInt64(), () => source.OnNext(chunk.GetProperty("value").GetString()!));
        if (given.TryGetProperty("completeAt", out var end))
            clock.At(end.GetInt64(), source.OnCompleted);
        if (given.TryGetProperty("errorAt", out var failure))
            clock.At(failure.GetInt64(), () => source.OnError(Marbles.Failure));

        using var subscription = @operator(source, given, clock).Subscribe(
            value =>
            {
                told.Add($"{clock.Frame}: {Show(value)}");
                if (!given.TryGetProperty("onNext", out var reaction) || isPushed)
                    return;

                var text = reaction.GetString()!;
                isPushed = true;
                if (text.StartsWith("pushes \"n\"", StringComparison.Ordinal) && text.Contains($"handling \"{value}\"", StringComparison.Ordinal))
                    source.OnNext("n");
                else if (text.StartsWith("completes", StringComparison.Ordinal))
                    source.OnCompleted();
                else
                    isPushed = false;
            },
            _ => told.Add($"{clock.Frame}: #"),
            () => told.Add($"{clock.Frame}: |"));
        clock.Start();

        string[][] right = [Expected(@case.Expected), .. (@case.Accept ?? []).Select(Expected)];
        Assert.That(right, Has.Some.EqualTo(told.ToArray()), $"{@case.Id} ({@case.Note}) told {string.Join(", ", told)}; right: {string.Join(", or ", right.Select(r => string.Join(", ", r)))}");
    }

    /// <summary>A failure comes at once, an end leaves no timer, nothing is told after one who leaves, and each subscription is its own.</summary>
    public static void KeepsTheRules<R>(Func<IObservable<string>, IScheduler, IObservable<R>> @operator)
    {
        var clock = new VirtualClock();
        using var source = new Subject<string>();
        var (told, ending) = (0, "");
        var stream = @operator(source, clock);
        using (stream.Subscribe(_ => told++, e => ending = e == Marbles.Failure ? "failed" : "?", () => ending = "ended"))
        {
            source.OnNext("a");
            source.OnNext("b");
            source.OnError(Marbles.Failure);
        }

        Assert.That(ending, Is.EqualTo("failed"));
        var before = told;
        clock.AdvanceBy(TimeSpan.FromSeconds(1));
        Assert.That(told, Is.EqualTo(before), "nothing is told after a failure");

        using var other = new Subject<string>();
        var leaving = @operator(other, clock).Subscribe(_ => told++);
        other.OnNext("a");
        other.OnNext("b");
        leaving.Dispose();
        before = told;
        Assert.That(other.HasObservers, Is.False);
        clock.Start(); // returns only when no timer is left
        Assert.That(told, Is.EqualTo(before), "nothing is told to one who has left");

        using var third = new Subject<string>();
        var (first, second) = (new List<string>(), new List<string>());
        var shared = @operator(third, clock);
        using var one = shared.Subscribe(x => first.Add(Show(x)));
        third.OnNext("a");
        using var two = shared.Subscribe(x => second.Add(Show(x)));
        third.OnNext("b");
        third.OnCompleted();
        clock.Start();
        Assert.That(string.Concat(second), Does.Not.Contain("a"));
        Assert.That(string.Concat(first), Does.Contain("a").Or.Contain("b"));

        var thrown = new InvalidOperationException("the observer's");
        Assert.That(
            () =>
            {
                using var fourth = new Subject<string>();
                using var throwing = @operator(fourth, clock).Subscribe(_ => throw thrown);
                fourth.OnNext("a");
                fourth.OnCompleted();
                clock.Start();
            },
            Throws.Exception.SameAs(thrown), "what an observer throws goes to whom it would go to");
    }

    public static void RefusesBadTimes<R>(Func<IObservable<string>, TimeSpan, IScheduler, IObservable<R>> @operator, string parameter)
    {
        var (source, clock) = (Observable.Never<string>(), new VirtualClock());

        Assert.That(() => @operator(null!, Ms(1), clock), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("source"));
        Assert.That(() => @operator(source, Ms(1), null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("scheduler"));
        foreach (var time in new[] { TimeSpan.Zero, Ms(-1) })
            Assert.That(() => @operator(source, time, clock), Throws.InstanceOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo(parameter).And.Property("ActualValue").EqualTo(time));
    }

    private static string Show<R>(R value) => value is IEnumerable<string> list ? $"[{string.Join(' ', list)}]" : $"{value}";

    private static string[] Expected(JsonElement list) =>
    [
        .. list.EnumerateArray().Select(e =>
        {
            var at = e.GetProperty("at").GetInt64();
            return !e.TryGetProperty("value", out var value) ? $"{at}: {(e.TryGetProperty("error", out _) ? '#' : '|')}"
                : value.ValueKind == JsonValueKind.Array ? $"{at}: [{string.Join(' ', value.EnumerateArray().Select(v => v.GetString()))}]"
                : $"{at}: {value.GetString()}";
        }),
    ];
}
