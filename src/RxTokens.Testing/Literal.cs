using System.Globalization;
using System.Numerics;

namespace RxTokens;

/// <summary>A letter or name that means itself, as a value of a type.</summary>
internal static class Literal
{
    public static T Parse<T>(MarbleDiagram diagram, MarbleSymbol symbol)
    {
        try
        {
            return (T)Parse(typeof(T), symbol.Text);
        }
        catch (Exception failure) when (failure is FormatException or OverflowException or ArgumentException or InvalidCastException)
        {
            throw new MarbleSyntaxException(
                "MG017", $"'{symbol.Text}' is no {Name(typeof(T))}", $"say what it means: [(\"{symbol.Text}\", …)]",
                diagram.Syntax.Name ?? MarbleScanner.NameOf(diagram.Row), diagram.Text, symbol.Index, Length(diagram, symbol), symbol.Time, diagram.Syntax.FrameSize);
        }
    }

    private static int Length(MarbleDiagram diagram, MarbleSymbol symbol) =>
        diagram.Text[symbol.Index] == '{' ? symbol.Text.Length + 2 : symbol.Text.Length;

    private static string Name(Type type) =>
        type.IsGenericType ? $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>" : type.Name;

    private static object Parse(Type type, string text)
    {
        var culture = CultureInfo.InvariantCulture;
        var bare = Nullable.GetUnderlyingType(type) ?? type;
        return bare switch
        {
            _ when bare == typeof(string) || bare == typeof(object) => text,
            _ when bare.IsEnum => Enum.Parse(bare, text),
            _ when bare == typeof(Guid) => Guid.Parse(text, culture),
            _ when bare == typeof(TimeSpan) => TimeSpan.Parse(text, culture),
            _ when bare == typeof(DateTimeOffset) => DateTimeOffset.Parse(text, culture),
            _ when bare == typeof(DateOnly) => DateOnly.Parse(text, culture),
            _ when bare == typeof(TimeOnly) => TimeOnly.Parse(text, culture),
            _ when bare == typeof(BigInteger) => BigInteger.Parse(text, culture),
            _ => Convert.ChangeType(text, bare, culture),
        };
    }
}
