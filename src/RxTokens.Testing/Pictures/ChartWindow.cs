namespace RxTokens;

/// <summary>When a source was subscribed to; without an end while it lasts.</summary>
internal readonly record struct ChartWindow(TimeSpan From, TimeSpan? To)
{
    private const string Beginning = ", subscribed ";

    /// <summary>The note of a row without its subscriptions: <c>hot</c> of <c>hot, subscribed ^---!</c>.</summary>
    public static string WithoutRows(string note)
    {
        var begin = note.IndexOf(Beginning, StringComparison.Ordinal);
        return begin < 0 ? note : note[..begin];
    }

    /// <summary>Lanes in which windows do not overlap.</summary>
    public static IReadOnlyList<IReadOnlyList<ChartWindow>> Lanes(IEnumerable<ChartWindow> windows)
    {
        var lanes = new List<List<ChartWindow>>();
        foreach (var window in windows)
        {
            var lane = lanes.Find(l => l[^1].To <= window.From);
            if (lane is null)
                lanes.Add([window]);
            else
                lane.Add(window);
        }

        return lanes;
    }
}
