namespace RxTokens;

/// <summary>Adds up what is asked for: <see cref="long.MaxValue"/> is without bound, and stays so.</summary>
internal static class Amount
{
    public static long Sum(long amount, long more) => more > long.MaxValue - amount ? long.MaxValue : amount + more;
}
