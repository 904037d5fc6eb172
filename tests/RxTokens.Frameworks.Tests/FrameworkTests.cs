namespace RxTokens.Frameworks.Tests;

/// <summary>Test frameworks run the marble tests under tests/Frameworks, some of which are meant to fail; and this is how they have to report them.</summary>
[TestFixtureSource(nameof(Frameworks))]
public class FrameworkTests(Framework framework)
{
    private const string Difference = """
        Marble mismatch in "searched" at frame 5 (5 ms): OnNext(b) arrived 1 frame late
          frame     0         10
          typed     -ab-----c-----|      hot, subscribed ^-------------!
          expected  -----b-----c--|
          actual    ------b-----c-|
                         ^ expected OnNext(b), got nothing; OnNext(b) came at frame 6
          to accept the actual result:  ------b-----c-|
        """;

    private const string Mistake = """
        MG014 at column 3 of 'searched': '10ms' looks like a time progression but is not delimited by spaces
          a 10ms|
            ^^^^
        hint: write "a 10ms |"
        """;

    private const string Race = """
        Order 1 of 100 breaks the test, which passes first in first out.
        To run this order again:  new MarbleOptions { Seed = 1 }
          at 5ms: order before price

        Marble mismatch in "charged" at frame 5 (5 ms): OnNext(a) instead of OnNext(b)
          frame     0
          price     a----b---|      hot, subscribed ^--------!
          order     -----o---|      hot, subscribed ^--------!
          expected  -----b---|
          actual    -----a---|
                         ^ expected OnNext(b), got OnNext(a)
          to accept the actual result:  -----a---|
        """;

    private const int Tests = 52 + 12 + 4; // that pass, that throw in an async void, whose reports are looked at

    private TestRun _run = null!;

    private static IEnumerable<Framework> Frameworks => Framework.All;

    [OneTimeSetUp]
    public async Task Run() => _run = await TestRun.Of(framework.Program, framework.Arguments);

    [Test]
    public void TheHost_ComesToItsEnd()
    {
        Assert.That(_run.Results, Has.Count.EqualTo(Tests), _run.Output);
        Assert.That(_run.ExitCode, Is.EqualTo(framework.ExitCodeOfFailedTests), _run.Output);
    }

    /// <summary>The samples of the guide, and fifty tests at once that come by way of the thread pool.</summary>
    [Test]
    public void WhatIsNotMeantToFail_Passes()
    {
        var expected = _run.Results.Where(result => !result.IsMeantToFail).ToList();
        Assert.That(expected.Where(result => !result.HasPassed), Is.Empty);
        Assert.That(expected.Select(result => result.Name), Is.SupersetOf(new[] { "Waits", "Awaits" }));
        Assert.That(expected, Has.Count.EqualTo(52));
    }

    [Test]
    public void AThrowInAnAsyncVoid_FailsItsTest_WithItsException()
    {
        var thrown = _run.Results.Where(result => result.Name.StartsWith("Run", StringComparison.Ordinal)).ToList();
        Assert.That(thrown, Has.Count.EqualTo(12));
        foreach (var result in thrown)
        {
            Assert.That(result.HasPassed, Is.False, result.Name);
            Assert.That(result.Message, Is.EqualTo(framework.Report(result.Name, "System.InvalidOperationException", $"thrown by {result.Name}")));
        }
    }

    [TestCase("ADifference_Fails", "MarbleAssertionException", Difference, "Mismatches: searched, frame 5: Late")]
    [TestCase("ADifferenceWhereItIsAwaited_Fails", "MarbleAssertionException", Difference, "Mismatches: searched, frame 5: Late")]
    [TestCase("ARace_Fails", "MarbleAssertionException", Race, "Mismatches: charged, frame 5: OtherValue")]
    [TestCase("AMistakeInADiagram_Fails", "MarbleSyntaxException", Mistake, "Code: MG014", "Index: 2", "Column: 3", "Time: 00:00:00.0010000", "Frame: 1", "Row: searched", "Diagram: a 10ms|", "Hint: write \"a 10ms |\"")]
    public void AFailure_IsReportedAsItIsWritten(string test, string exception, string message, params string[] properties)
    {
        var result = _run.Results.Single(result => result.Name == test);
        var report = framework.Report(test, $"RxTokens.{exception}", message.ReplaceLineEndings("\n"));
        if (framework.PrintsProperties)
            report = string.Join("\n  ", [report, .. properties]);
        Assert.That(result.HasPassed, Is.False);
        Assert.That(result.Message, Is.EqualTo(report));
    }
}
