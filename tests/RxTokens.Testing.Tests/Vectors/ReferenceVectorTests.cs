using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>
/// Rx.NET's operators on the virtual clock, against the cases of RxJS's own tests: values, times, errors and subscriptions. It is the
/// clock, the sources and the comparison that are tested, by what is known of the operators.
/// </summary>
[Category("Vectors")]
public class ReferenceVectorTests
{
    private static readonly string[] Statuses = ["same", "differs", "none"];

    [TestCaseSource(nameof(Cases))]
    public void RxNet_GivesWhatIsKnown(Vector vector) => MarbleTest.Run(m => new Interpreter(m, vector).Expect());

    [Test]
    public void All_AreBuilt()
    {
        var vectors = All();
        var built = new List<string>();
        foreach (var vector in Cases().Select(c => (Vector)c.Arguments[0]!))
        {
            MarbleTest.Run(m => Assert.That(new Interpreter(m, vector).Build(), Is.Not.Null, vector.Id));
            built.Add(vector.Id);
        }

        foreach (var status in Statuses)
        {
            var group = vectors.Where(v => v.RxNet.Status == status).ToList();
            TestContext.Out.WriteLine($"{status}: {group.Count} of {vectors.Count}, {group.Select(v => v.Operator).Distinct().Count()} operators");
        }

        TestContext.Out.WriteLine($"operators: {string.Join(", ", Runnable(vectors).Select(v => v.Operator).Distinct().Order())}");
        Assert.That(built, Is.Not.Empty.And.EquivalentTo(vectors.Where(v => v.RxNet.Status is "same" or "differs").Select(v => v.Id)));
    }

    [Test]
    public void WhatRxNetHasNot_IsListed()
    {
        var vectors = All();
        foreach (var reason in vectors.Except(Runnable(vectors)).GroupBy(v => (v.Operator, v.RxNet.Why)))
            TestContext.Out.WriteLine($"{reason.Key.Operator} ({reason.Key.Why}): {string.Join(", ", reason)}");

        Assert.That(vectors.Select(v => v.RxNet.Status), Is.All.AnyOf([.. Statuses]));
        Assert.That(Statuses.Sum(status => vectors.Count(v => v.RxNet.Status == status)), Is.EqualTo(vectors.Count));
        Assert.That(vectors.Where(v => v.RxNet.Status == "none").Select(v => v.RxNet.Why), Is.All.Not.Null.And.All.Not.Empty);
        Assert.That(vectors.Select(v => v.Id), Is.Unique);
    }

    private static IEnumerable<TestCaseData> Cases() => Vector.All is { } vectors
        ? Runnable(vectors).Select(v => new TestCaseData(v).SetName(v.Id))
        : [new TestCaseData(null!).SetName("vectors").Ignore(Vector.Absent)];

    private static IEnumerable<Vector> Runnable(IEnumerable<Vector> vectors) => vectors.Where(v => v.RxNet.Status != "none");

    private static IReadOnlyList<Vector> All()
    {
        if (Vector.All is null)
            Assert.Ignore(Vector.Absent);
        return Vector.All;
    }
}
