using Microsoft.Coyote.Rewriting;

namespace RxTokens;

/// <summary>The pool of the schedule that is being explored.</summary>
[SkipRewriting("the explored code is the library's")]
internal static class ExploredPool
{
    public static Action<Action<object?>, object?> Post { get; set; } = static (_, _) => throw new InvalidOperationException("There is no pool.");
}
