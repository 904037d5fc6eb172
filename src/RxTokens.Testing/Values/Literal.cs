using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Numerics;
using System.Reflection;
using System.Text;

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

    public static string Name(Type type) =>
        type.IsGenericType ? $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>" : type.Name;

    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "What was trimmed away can be given by values.")]
    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "What was trimmed away can be given by values.")]
    private static object Parse(Type type, string text)
    {
        var culture = CultureInfo.InvariantCulture;
        var bare = Nullable.GetUnderlyingType(type) ?? type;
        return bare switch
        {
            _ when bare == typeof(string) || bare == typeof(object) => text,
            _ when bare == typeof(Rune) => Rune.TryGetRuneAt(text, 0, out var rune) && rune.Utf16SequenceLength == text.Length ? rune : throw new FormatException(),
            _ when bare.IsEnum => Enum.Parse(bare, text),
            _ when bare == typeof(Guid) => Guid.Parse(text, culture),
            _ when bare == typeof(TimeSpan) => TimeSpan.Parse(text, culture),
            _ when bare == typeof(DateTime) => DateTime.Parse(text, culture, DateTimeStyles.RoundtripKind),
            _ when bare == typeof(DateTimeOffset) => DateTimeOffset.Parse(text, culture),
            _ when bare == typeof(DateOnly) => DateOnly.Parse(text, culture),
            _ when bare == typeof(TimeOnly) => TimeOnly.Parse(text, culture),
            _ when bare == typeof(BigInteger) => BigInteger.Parse(text, culture),
            _ when !typeof(IConvertible).IsAssignableFrom(bare) && Parser() is { } parse => parse.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [text, culture], culture)!,
            _ => Convert.ChangeType(text, bare, culture),
        };

        // What IParsable asks for, under its own name or under that of the interface.
        MethodInfo? Parser() => Array.Find(
            bare.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic),
            m => (m is { Name: "Parse", IsPublic: true } || m.Name.EndsWith(">.Parse", StringComparison.Ordinal))
                && m.ReturnType == bare && m.GetParameters() is [var first, var second]
                && first.ParameterType == typeof(string) && second.ParameterType == typeof(IFormatProvider));
    }
}
