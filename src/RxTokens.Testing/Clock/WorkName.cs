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
}
