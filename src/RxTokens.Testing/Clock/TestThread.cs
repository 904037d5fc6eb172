namespace RxTokens;

/// <summary>
/// The thread of a marble test is none of the pool's. Test frameworks run tests there, NUnit apart; and many tests that each wait for something on the pool
/// would leave no thread for it. Nor does what one of those threads queues wait with the rest: others take it when they have nothing else to do.
/// </summary>
internal static class TestThread
{
    /// <summary>Runs a test on the calling thread, or, if that is the pool's, on a thread of its own while the caller waits.</summary>
    public static T Run<T>(Func<T> test)
    {
        if (!Thread.CurrentThread.IsThreadPoolThread)
            return test();

        // A thread that waits for a task, and not for a thread, is made up for: the pool adds another one.
        var result = new TaskCompletionSource<T>();
        new Thread(() =>
        {
            try
            {
                result.SetResult(test());
            }
            catch (Exception failure)
            {
                result.SetException(failure);
            }
        })
        { IsBackground = true, Name = "Marble test" }.Start();
        return result.Task.GetAwaiter().GetResult();
    }
}
