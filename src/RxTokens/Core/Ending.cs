namespace RxTokens;

/// <summary>The one rule for several failures: none is lost, and none hides the first.</summary>
internal static class Ending
{
    /// <summary>The one exception to report, or null.</summary>
    /// <param name="failures">In the order in which they came.</param>
    public static Exception? Combine(params ReadOnlySpan<Exception?> failures)
    {
        List<Exception>? several = null;
        Exception? one = null;
        foreach (var failure in failures)
        {
            if (failure is null || ReferenceEquals(failure, one))
                continue;
            if (one is null)
                one = failure;
            else
                (several ??= [one]).Add(failure);
        }

        return several is null ? one : new AggregateException("The stream failed more than once. First it failed with the first of these; the others came of that, or of cleaning up.", several);
    }
}
