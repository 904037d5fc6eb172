namespace RxTokens;

/// <summary>A failure as it is written in a message.</summary>
internal static class ErrorName
{
    public static string Of(Exception error) => $"{error.GetType().Name}(\"{error.Message}\")";
}
