namespace RxTokens.Terminal.Tests;

/// <summary>The table of the trade-off.</summary>
public sealed class CompareTests
{
    [Test]
    public async Task Five_strategies_one_table_and_only_Conflate_has_it_all()
    {
        var user = await User.Runs("--compare", "--tokens", "60", "--rate", "300", "--screen-ms", "40");

        var rows = user.Lines.SkipWhile(line => !line.StartsWith("---", StringComparison.Ordinal)).Skip(1).Take(5).Select(Cells).ToArray();
        Assert.That(user.ExitCode, Is.Zero);
        Assert.That(rows.Select(row => row[0]), Is.EqualTo(
            new[] { "push, unbounded", "Buffered(5, Wait)", "Buffered(5, DropOldest)", "KeepLatest()", "Conflate()" }));

        Assert.Multiple(() =>
        {
            var (push, wait, dropOldest, latest, conflate) = (rows[0], rows[1], rows[2], rows[3], rows[4]);
            Assert.That(int.Parse(push[1]), Is.GreaterThan(40), "the backlog grows with the stream");
            Assert.That(int.Parse(wait[1]), Is.LessThanOrEqualTo(7), "bounded");
            Assert.That(Seconds(wait[6]), Is.GreaterThan(1), "the model is held");
            Assert.That(rows.Select(row => row[8]), Is.EqualTo(new[] { "whole", "whole", "broken", "broken", "whole" }));
            Assert.That(int.Parse(dropOldest[5]), Is.Positive);
            Assert.That(int.Parse(latest[5]), Is.Positive);
            Assert.That(conflate[5], Is.EqualTo("0"), "nothing lost");
            Assert.That(Seconds(conflate[6]), Is.LessThan(0.3), "the model is not held");
            Assert.That(Seconds(conflate[7]), Is.LessThan(Seconds(wait[7])), "done when the model is");
            Assert.That(user.Lines, Does.Contain("Nothing lost, the model not held, the screen not late: Conflate()."));
        });
    }

    [Test]
    public async Task The_table_is_plain_text_that_fits_a_log()
    {
        var user = await User.Runs("--compare", "--tokens", "10", "--rate", "0", "--screen-ms", "1");

        Assert.Multiple(() =>
        {
            Assert.That(user.Output.Contains('\e'), Is.False);
            Assert.That(user.Lines.Max(line => line.Length), Is.LessThanOrEqualTo(110));
        });
    }

    [Test]
    public async Task A_fault_ends_it_with_one_line()
    {
        var user = await User.Runs("--compare", "--tokens", "20", "--rate", "0", "--screen-ms", "1", "--fault", "cut");

        Assert.Multiple(() =>
        {
            Assert.That(user.ExitCode, Is.EqualTo(1));
            Assert.That(user.Error.TrimEnd(), Is.EqualTo("error: the answer was cut off after 10 tokens: the stream ended without a finish reason"));
            Assert.That(user.Output, Does.Not.Contain("Nothing lost"));
        });
    }

    private static string[] Cells(string line) => line.Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static double Seconds(string cell) => double.Parse(cell.Split(' ')[0]);
}
