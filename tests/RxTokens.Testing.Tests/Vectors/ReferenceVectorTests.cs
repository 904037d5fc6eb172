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

    /// <summary>Where ours differs, as its documentation says: what waits at the end of the source is told with it, and not at the end of the window.</summary>
    private static readonly Dictionary<string, string> AtOnce = new()
    {
        ["auditTime-04"] = "-----f-----f-----f-----f-(a|)",
        ["throttle-16"] = "    ---------------------(x|)",
        ["throttle-18"] = "-----a-----(x|)",
    };

    [TestCaseSource(nameof(CasesOfOurs))]
    public void Ours_GivesWhatRxJsGives(Vector vector) => MarbleTest.Run(m => new Interpreter(m, vector).Expect());

    [TestCaseSource(nameof(CasesThatDiffer))]
    public void Ours_TellsWhatWaits_WithTheEnd(Vector vector, string expected) => MarbleTest.Run(m => m.Expect(new Interpreter(m, vector).Build()).ToBe(Grouped(expected)));

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

    private static IEnumerable<TestCaseData> CasesOfOurs() => Vector.All is { } vectors
        ? OfOurs(vectors).Where(v => !AtOnce.ContainsKey(v.Id)).Select(v => new TestCaseData(v).SetName($"ours {v.Id}"))
        : [new TestCaseData(null!).SetName("vectors of ours").Ignore(Vector.Absent)];

    private static IEnumerable<TestCaseData> CasesThatDiffer() => Vector.All is { } vectors
        ? OfOurs(vectors).Where(v => AtOnce.ContainsKey(v.Id)).Select(v => new TestCaseData(v, AtOnce[v.Id]).SetName($"at once {v.Id}"))
        : [new TestCaseData(null!, "").SetName("vectors that differ").Ignore(Vector.Absent)];

    private static IEnumerable<Vector> OfOurs(IEnumerable<Vector> vectors) => vectors.Where(v => v.RxNet.Status == "none" && Operators.IsOurs(v.Operator));

    /// <summary>RxJS's groups take a frame each, and as many more as they have characters; ours take one.</summary>
    private static string Grouped(string diagram) => diagram.Trim().Replace("(", "[", StringComparison.Ordinal).Replace(")", "]", StringComparison.Ordinal);

    private static IEnumerable<Vector> Runnable(IEnumerable<Vector> vectors) => vectors.Where(v => v.RxNet.Status != "none");

    private static IReadOnlyList<Vector> All()
    {
        if (Vector.All is null)
            Assert.Ignore(Vector.Absent);
        return Vector.All;
    }
}
