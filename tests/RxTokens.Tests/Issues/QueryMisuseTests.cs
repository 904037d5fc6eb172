using System.Reactive.Linq;
using NUnit.Framework;

namespace RxTokens.Tests.Issues;

/// <summary>Queries that cannot do inside Through what they say fail with a message that says what can.</summary>
public class QueryMisuseTests
{
    private static readonly (string Name, Func<IObservable<string>, IObservable<string>> Query)[] Retries =
    [
        ("Retry()", o => o.Retry()),
        ("Retry(2)", o => o.Retry(2)),
        ("Retry(1000)", o => o.Retry(1000)),
        ("RetryWhen", o => o.RetryWhen(failures => failures)),
        ("Catch with itself", o => o.Catch(o)),
    ];

    [Test]
    public void ARetryInside_NamesThePullSide_AndTheSourcesFailure([Values] bool isReady)
    {
        var messages = new HashSet<string>();
        foreach (var (name, query) in Retries)
        {
            var clock = new VirtualClock();
            var source = clock.Pull(Marbles.Of(isReady ? "[a#]" : "-a--#"));
            var all = clock.Consume(source.Through(query));
            var done = all.AskForAll();
            clock.Start();

            Assert.That(done.IsCompletedSuccessfully, Is.True, name);
            Assert.That(all.Items, Is.EqualTo(new[] { "a" }), name);
            var failure = all.Received[^1].Notification.Exception;
            Assert.That(failure, Is.TypeOf<InvalidOperationException>().With.Message.Contains("pull"), name);
            Assert.That(failure!.InnerException, Is.SameAs(Marbles.Failure), name);
            Assert.That((source.Disposals.Count, source.Violations.Count), Is.EqualTo((1, 0)), name);
            messages.Add(failure.Message);
        }

        Assert.That(messages, Has.Count.EqualTo(1), "the same message");
    }

    [Test]
    public void RetryOfOne_IsNone()
    {
        var clock = new VirtualClock();
        var consumer = clock.Consume(clock.Pull(Marbles.Of("[a#]")).Through(o => o.Retry(1))).AskAt(0, 1);
        clock.Start();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 1:#InvalidDataException"));
    }

    [Test]
    public void InnerStreamsThatWouldLeaveTheQuery_AreRefusedAtTheCall()
    {
        var source = new VirtualClock().Pull("abc|");

        Assert.That(() => source.Through(o => o.Window(3)), Refused());
        Assert.That(() => source.Through(o => o.GroupBy(x => x)), Refused());
        Assert.That(() => source.Through(o => o.Select(x => o)), Refused());
        Assert.That(source.Enumerations, Is.Empty);

        static NUnit.Framework.Constraints.Constraint Refused() =>
            Throws.ArgumentException.With.Message.Contains("SelectMany(w => w.ToList())").And.Property("ParamName").EqualTo("query");
    }

    [Test]
    public void InnerStreamsThatAreUsedUpInside_AreFine()
    {
        var clock = new VirtualClock();
        var consumer = clock.Consume(clock.Pull("abcd|").Through(o => o.Window(3).SelectMany(w => w.ToList())));
        var all = consumer.AskForAll();
        clock.Start();

        Assert.That(all.IsCompletedSuccessfully, Is.True);
        Assert.That(consumer.Items.Select(list => string.Concat(list)), Is.EqualTo(new[] { "abc", "d" }));
    }
}
