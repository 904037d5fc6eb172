using Microsoft.Coyote.Rewriting;

namespace RxTokens;

/// <summary>In the library's place of <see cref="System.Threading.ThreadPool"/>, where the explorer would see nothing.</summary>
[SkipRewriting("the explored code is the library's")]
internal static class ThreadPool
{
    public static bool QueueUserWorkItem<TState>(Action<TState> callBack, TState state, bool preferLocal)
    {
        ExploredPool.Post(s => callBack((TState)s!), state);
        return true;
    }

    public static bool UnsafeQueueUserWorkItem<TState>(Action<TState> callBack, TState state, bool preferLocal) => QueueUserWorkItem(callBack, state, preferLocal);

    /// <summary>Only for what nobody observed, which ends the process in earnest.</summary>
    public static bool UnsafeQueueUserWorkItem(WaitCallback callBack, object? state) =>
        System.Threading.ThreadPool.UnsafeQueueUserWorkItem(callBack, state);
}
