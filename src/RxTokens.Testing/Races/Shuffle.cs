namespace RxTokens;

/// <summary>Runs work that is due in the same instant in an order drawn from a seed; a seed always draws the same order.</summary>
internal sealed class Shuffle(int seed)
{
    private ulong _state = unchecked(((ulong)(uint)seed * 0x9e3779b97f4a7c15) + 0x2545f4914f6cdd1d);

    public int Seed => seed;

    /// <summary>What was chosen where there was a choice; index 0 is what would have come first anyway.</summary>
    public List<(int Index, string Description)> Choices { get; } = [];

    public int Choose(IReadOnlyList<Work> due)
    {
        // Who comes and who leaves in an instant is settled by the grammar.
        for (var i = 0; i < due.Count; i++)
        {
            if (ReferenceEquals(due[i].Lane, Agenda.Windows))
                return i;
        }

        var chosen = (int)(Next() % (ulong)due.Count);
        var overtaken = string.Join(", ", due.Take(chosen).Select(work => work.Name));
        Choices.Add((chosen, $"at {ChartLayout.Duration(due[0].DueTime)}: {due[chosen].Name} before {overtaken}"));
        return chosen;
    }

    // SplitMix64: the framework's Random may draw differently from one version to the next.
    private ulong Next()
    {
        _state += 0x9e3779b97f4a7c15;
        var z = _state;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }
}
