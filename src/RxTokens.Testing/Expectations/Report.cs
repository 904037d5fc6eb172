using System.Globalization;
using System.Text;

namespace RxTokens;

/// <summary>Says what went wrong in a test: diagrams under one another, and a caret where they part.</summary>
internal sealed class Report(TimeSpan frameSize, TimeSpan now, IReadOnlyList<ISourceProbe> sources, IReadOnlyList<Check> checks)
{
    private const int WidestChart = 150;
    private const int WidestName = 100;
    private const int LongestRow = 2000;
    private const int MostFindings = 20;
    private const int MostWindows = 5;
    private const int MostAdvice = 3;

    /// <summary>How long the timer runs that the test has started last in real time; null if there is none.</summary>
    public TimeSpan? RealTimer { get; init; }

    private bool HaveSourcesEnded =>
        sources.Where(source => source.Uses.Count > 0).ToList() is { Count: > 0 } used
        && used.TrueForAll(source => source.Diagram?.Symbols is [.., { Kind: MarbleKind.Completion or MarbleKind.Error }]);

    private string ForgottenClock => $"A timer of real time was started, of {ChartLayout.Duration(RealTimer!.Value.Ticks)}: was an operator given no m.Clock?";

    /// <summary>The failure that says what is wrong, or null if nothing is.</summary>
    public MarbleAssertionException? Failure()
    {
        var findings = checks.SelectMany(Findings).Concat(sources.SelectMany(Violations)).OrderBy(f => f.Mismatch.Time).ToList();
        if (findings.Count == 0)
            return null;

        var text = new StringBuilder();
        if (findings.Count > 1)
            text.Append(CultureInfo.InvariantCulture, $"{findings.Count} marble mismatches, the earliest first\n\n");
        text.AppendJoin('\n', findings.Take(MostFindings).Select(Describe));
        if (findings.Count > MostFindings)
            text.Append(CultureInfo.InvariantCulture, $"\n… and {findings.Count - MostFindings} more\n");
        return new MarbleAssertionException(text.ToString().TrimEnd(), [.. findings.Select(f => f.Mismatch)]);
    }

    public MarbleAssertionException Limit(VirtualTimeLimitException limit) =>
        Stuck(string.Join(' ', [limit.Message, .. checks.Select(check => check.StillOpen(frameSize)).OfType<string>().Take(MostAdvice)]), limit);

    /// <summary>The test could not come to its end.</summary>
    public MarbleAssertionException Stuck(string why, Exception? cause = null)
    {
        if (RealTimer is not null)
            why = $"{why} {ForgottenClock}";
        var frame = now.Ticks / frameSize.Ticks;
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"Marble test stopped at {Words.AtWithTime(now, frameSize)}: {why}\n");
        if (sources.Count + checks.Count > 0)
            text.Append("Up to here:\n");
        Draw(text, [.. sources.SelectMany(s => RowsOf(s, frameSize)), .. checks.SelectMany(check => check.Rows(frameSize))], at: null, note: null);
        return new MarbleAssertionException(
            text.ToString().TrimEnd(), [new MarbleMismatch("clock", MismatchKind.Limit, now, frame, why)], cause);
    }

    /// <summary>What a source said, and how it was used.</summary>
    public static IEnumerable<ChartRow> RowsOf(ISourceProbe source, TimeSpan frameSize, bool withUses = true)
    {
        if (source.Diagram is null)
            yield break;

        // Cold and pull diagrams count from when somebody comes.
        var shift = source.Kind is "cold" or "pull" && source.Uses is [[var first, ..], ..] ? first.Time : TimeSpan.Zero;
        var isPull = source.UseRow == MarbleRow.Pulls;
        var note = isPull || source.Uses.Count == 0
            ? source.Kind + (source.Uses.Count == 0 ? isPull ? ", never enumerated" : ", never subscribed" : "")
            : $"{source.Kind}, subscribed {string.Join(", then ", source.Uses.Take(MostWindows).Select(use => ChartLayout.Format(source.UseRow, use, frameSize)))}";
        if (!isPull && source.Uses.Count > MostWindows)
            note += string.Create(CultureInfo.InvariantCulture, $", … ({source.Uses.Count} in all)");
        yield return new ChartRow(
            source.Name,
            source.Kind == "hot" ? MarbleRow.Hot : MarbleRow.Cold,
            [.. source.Diagram.Symbols.Where(s => s.Kind != MarbleKind.Subscribe && s.Time >= TimeSpan.Zero).Select(s => s with { Time = s.Time + shift })],
            note)
        {
            Windows = isPull ? [] : [.. source.Uses.Where(use => use.Count > 0).Select(use => new ChartWindow(use[0].Time, use.Count > 1 ? use[1].Time : null))],
        };

        if (!isPull || !withUses)
            yield break;
        for (var i = 0; i < source.Uses.Count; i++)
            yield return new ChartRow(source.Uses.Count == 1 ? "pulls" : $"pulls {i + 1}", MarbleRow.Pulls, Calls.Merge(source.Uses[i]));
    }

    private IEnumerable<Finding> Findings(Check check) => check.Missing is not { } call
        ? check.Compare(frameSize)
        : [new Finding(new MarbleMismatch(check.Name, MismatchKind.Incomplete, TimeSpan.Zero, 0, $"the expectation was never completed: call {call}"), [.. check.Rows(frameSize)])];

    private IEnumerable<Finding> Violations(ISourceProbe source) => source.Violations.Select(violation => new Finding(
        new MarbleMismatch(
            source.Name, MismatchKind.ProtocolViolation, violation.Time, violation.Time.Ticks / frameSize.Ticks,
            violation.What), [])
    {
        AtCaret = violation.What,
    });

    private string Describe(Finding finding)
    {
        var mismatch = finding.Mismatch;
        var title = mismatch.Kind switch
        {
            MismatchKind.DemandViolation => "Demand violation",
            MismatchKind.ProtocolViolation => "Protocol violation",
            MismatchKind.Incomplete => "Incomplete expectation",
            _ => "Marble mismatch",
        };
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{title} in \"{Printable.Name(mismatch.Row, WidestName)}\"");
        if (mismatch.Kind != MismatchKind.Incomplete)
            text.Append(CultureInfo.InvariantCulture, $" at {Words.AtWithTime(mismatch.Time, frameSize)}");
        text.Append(CultureInfo.InvariantCulture, $": {Printable.Of(mismatch.Message)}\n");

        Draw(text, [.. sources.SelectMany(s => RowsOf(s, frameSize, withUses: s != finding.Shows)), .. finding.Rows], finding.AtCaret is null ? null : mismatch.Time, finding.AtCaret);
        foreach (var line in finding.Legend)
            text.Append(CultureInfo.InvariantCulture, $"  {(line.StartsWith('…') ? "" : "where ")}{line}\n");
        var isHeldBack = finding.IsOpen && HaveSourcesEnded;
        var isClockForgotten = (RealTimer is not null || isHeldBack)
            && mismatch is { Kind: MismatchKind.Missing, Expected: not null } && finding.Rows is [.., { Kind: MarbleRow.Expected }];
        if (finding.IsToAccept && !isClockForgotten && mismatch is { Actual.Length: <= LongestRow, Expected: not null })
            text.Append(CultureInfo.InvariantCulture, $"  to accept the actual result:  {(mismatch.Actual.Length == 0 ? "\"\"" : CSharp.Escape(mismatch.Actual))}\n");
        if (isClockForgotten)
            text.Append(CultureInfo.InvariantCulture, $"  {(RealTimer is null ? "The sources have ended, and nothing is left on the clock: was an operator given no m.Clock?" : ForgottenClock)}\n");
        if (finding.Hint is { } hint)
            text.Append(CultureInfo.InvariantCulture, $"  {hint}\n");
        return text.ToString();
    }

    private void Draw(StringBuilder text, IReadOnlyList<ChartRow> rows, TimeSpan? at, string? note)
    {
        if (rows.Count > 0)
            new ChartText(rows, frameSize) { MaxWidth = WidestChart }.Draw(text, at, note);
    }
}
