namespace RxTokens;

/// <summary>A failure as it is written in a message: on one line.</summary>
internal static class ErrorName
{
    public static string Of(Exception error) => $"{error.GetType().Name}(\"{Printable.Of(error.Message)}\")";
}
