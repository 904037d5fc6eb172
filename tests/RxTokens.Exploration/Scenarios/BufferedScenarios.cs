using Microsoft.Coyote.SystematicTesting;

namespace RxTokens.Exploration;

public static class BufferedScenarios
{
    [Test] public static void WaitAlone() => Play.Alone(Operators.Buffered);

    [Test] public static void WaitCancelled() => Play.Cancelled(Operators.Buffered);

    [Test] public static void WaitLeft() => Play.Left(Operators.Buffered);

    [Test] public static void WaitFails() => Play.Fails(Operators.Buffered);

    [Test] public static void WaitOneAlone() => Play.Alone(Operators.BufferedOne);

    [Test] public static void WaitOneCancelled() => Play.Cancelled(Operators.BufferedOne);

    [Test] public static void WaitOneLeft() => Play.Left(Operators.BufferedOne);

    [Test] public static void WaitOneFails() => Play.Fails(Operators.BufferedOne);

    [Test] public static void DropOldestAlone() => Play.Alone(Operators.BufferedDropOldest);

    [Test] public static void DropOldestCancelled() => Play.Cancelled(Operators.BufferedDropOldest);

    [Test] public static void DropOldestLeft() => Play.Left(Operators.BufferedDropOldest);

    [Test] public static void DropOldestFails() => Play.Fails(Operators.BufferedDropOldest);

    [Test] public static void DropNewestAlone() => Play.Alone(Operators.BufferedDropNewest);

    [Test] public static void DropNewestCancelled() => Play.Cancelled(Operators.BufferedDropNewest);

    [Test] public static void DropNewestLeft() => Play.Left(Operators.BufferedDropNewest);

    [Test] public static void DropNewestFails() => Play.Fails(Operators.BufferedDropNewest);

    [Test] public static void FailAlone() => Play.Alone(Operators.BufferedFail);

    [Test] public static void FailCancelled() => Play.Cancelled(Operators.BufferedFail);

    [Test] public static void FailLeft() => Play.Left(Operators.BufferedFail);

    [Test] public static void FailFails() => Play.Fails(Operators.BufferedFail);

    [Test] public static void WaitCancelledAndLeft() => Play.CancelledAndLeft(Operators.Buffered);

    [Test] public static void WaitBroken() => Play.Broken(Operators.Buffered);

    [Test] public static void WaitFailsAndCancelled() => Play.FailsAndCancelled(Operators.Buffered);

    [Test] public static void WaitLends() => Play.Lends(Operators.Buffered);

    [Test] public static void WaitLendsAndCancelled() => Play.LendsAndCancelled(Operators.Buffered);

    [Test] public static void WaitLendsAndLeft() => Play.LendsAndLeft(Operators.Buffered);

    [Test] public static void DropOldestCancelledAndLeft() => Play.CancelledAndLeft(Operators.BufferedDropOldest);

    [Test] public static void PushAlone() => Play.Alone(Operators.PushBuffered);

    [Test] public static void PushCancelled() => Play.Cancelled(Operators.PushBuffered);

    [Test] public static void PushLeft() => Play.Left(Operators.PushBuffered);

    [Test] public static void PushDropOldestAlone() => Play.Alone(Operators.PushBufferedDropOldest);

    [Test] public static void PushDropOldestCancelled() => Play.Cancelled(Operators.PushBufferedDropOldest);

    [Test] public static void PushDropOldestLeft() => Play.Left(Operators.PushBufferedDropOldest);

    [Test] public static void PushDropOldestOfTwoAlone() => Play.Alone(Operators.PushBufferedDropOldestOfTwo);

    [Test] public static void PushDropOldestOfTwoCancelled() => Play.Cancelled(Operators.PushBufferedDropOldestOfTwo);

    [Test] public static void PushDropOldestOfTwoLeft() => Play.Left(Operators.PushBufferedDropOldestOfTwo);

    [Test] public static void PushDropNewestAlone() => Play.Alone(Operators.PushBufferedDropNewest);

    [Test] public static void PushDropNewestCancelled() => Play.Cancelled(Operators.PushBufferedDropNewest);

    [Test] public static void PushDropNewestLeft() => Play.Left(Operators.PushBufferedDropNewest);

    [Test] public static void PushFailAlone() => Play.Alone(Operators.PushBufferedFail);

    [Test] public static void PushFailCancelled() => Play.Cancelled(Operators.PushBufferedFail);

    [Test] public static void PushFailLeft() => Play.Left(Operators.PushBufferedFail);

    [Test] public static void PushBroken() => Play.Broken(Operators.PushBuffered);

    [Test] public static void PushFails() => Play.Fails(Operators.PushBuffered);

    [Test] public static void WaitCleanUpFailsAndCancelled() => Play.CleanUpFailsAndCancelled(Operators.Buffered);

    [Test] public static void WaitCleanUpFailsAndLeft() => Play.CleanUpFailsAndLeft(Operators.Buffered);
}
