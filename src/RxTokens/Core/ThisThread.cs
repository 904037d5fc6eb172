using System.Runtime.CompilerServices;

namespace RxTokens;

/// <summary>Tells threads apart for a little less than <see cref="Environment.CurrentManagedThreadId"/> costs; it is asked for every result.</summary>
internal static class ThisThread
{
    private static int _last;

    [ThreadStatic]
    private static int _number;

    /// <summary>A number that no other thread has; never 0.</summary>
    public static int Number
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            var number = _number;
            return number != 0 ? number : Assign();
        }
    }

    private static int Assign() => _number = Interlocked.Increment(ref _last);
}
