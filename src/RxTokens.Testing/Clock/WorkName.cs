namespace RxTokens;

/// <summary>Names a piece of work after the operator whose it is, for people who read about its order.</summary>
internal static class WorkName
{
    private static readonly string[] Wrappers = ["Scheduler", "Stub", "TimeProvider"];

    public static string Of(Delegate action)
    {
        // The work of Rx's operators is a method of a sink nested in the operator: Throttle`1+_.
        var type = action.Method.DeclaringType;
        while (type?.DeclaringType is { } outer)
            type = outer;

        var name = type?.Name ?? "work";
        var generic = name.IndexOf('`', StringComparison.Ordinal);
        if (generic > 0)
            name = name[..generic];
        return Array.Exists(Wrappers, name.StartsWith) ? "timer" : name;
    }

    /// <summary>What a posted continuation belongs to: the method that awaits, as far as that can be seen.</summary>
    public static string OfContinuation(object? state)
    {
        // A method that awaits is a type named after it: <Poll>d__3, or <<Test>g__Poll|0>d for a local function.
        var machine = (state as Action)?.Target?.GetType().GenericTypeArguments.LastOrDefault()?.Name;
        if (machine is null || !machine.StartsWith('<'))
            return "an await";

        var local = machine.IndexOf("g__", StringComparison.Ordinal);
        var name = local >= 0 ? machine[(local + 3)..].Split('|')[0] : machine.TrimStart('<').Split('>')[0];
        return machine.Contains("b__", StringComparison.Ordinal) ? $"an await of a lambda in {name}" : $"an await in {name}";
    }
}
