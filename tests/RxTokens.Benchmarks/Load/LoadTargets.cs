namespace RxTokens.Benchmarks;

/// <summary>What is wanted of a server of slow readers, and whether it was found.</summary>
internal static class LoadTargets
{
    private const double MostAboveKestrel = 4 * 1024;
    private const double MostGrowth = 0.05;

    public static IEnumerable<string> Of(IEnumerable<Loaded> loaded)
    {
        foreach (var group in loaded.GroupBy(one => one.Case.Group))
        {
            if (Find(group, Served.Ours) is not { } ours)
                continue;

            if (Find(group, Served.Kestrel) is { } kestrel)
            {
                var above = ours.Managed - kestrel.Managed;
                yield return $"{group.Key}: {above / 1024:F1} KB of managed memory a reader above Kestrel's own; at most 4: {Said(above <= MostAboveKestrel)}";
            }
            else if (Find(group, Served.Framework) is { } framework)
            {
                var (ratio, most) = (ours.MeanAhead / framework.MeanAhead, group.First().Case.HasSmallWindow ? 1 : 0.1);
                yield return $"{group.Key}: {ratio:F3} times as many items ahead as {Served.Framework.Name}; at most {most}: {Said(ratio <= most)}";
            }

            var growth = ours.Managed / ours.ManagedBefore - 1;
            yield return $"{group.Key}: managed memory has changed by {growth:P1} in {group.First().Case.Seconds} s; flat, at most {MostGrowth:P0} more: {Said(growth <= MostGrowth)}";
        }
    }

    private static LoadFigures? Find(IEnumerable<Loaded> group, Served served) => group.FirstOrDefault(one => one.Case.Served == served)?.Figures;

    private static string Said(bool isMet) => isMet ? "met" : "missed";
}
