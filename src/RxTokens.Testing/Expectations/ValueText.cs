using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace RxTokens;

/// <summary>A value as people want to read it: on one line, by what is in it, with symbols for what cannot be seen.</summary>
internal static class ValueText
{
    private const int Longest = 200;
    private const int Deepest = 8;
    private const string Marks = ",[](){}=\"";

    public static string Of(object? value) => Printable.Of(Cut(value is string text ? Quoted(text, "") : OfAny(value)));

    /// <summary>The same as a diagram has it: a string is its characters, whatever they are.</summary>
    public static string Raw(object? value) => value is string text ? text : Cut(OfAny(value));

    /// <summary>A value that cannot be read must not hide the failure that it is in.</summary>
    private static string OfAny(object? value)
    {
        try
        {
            return Of(value, 0);
        }
        catch (Exception failure)
        {
            return $"{value!.GetType().Name}, which cannot be shown: {ErrorName.Of(failure)}";
        }
    }

    private static string Of(object? value, int depth)
    {
        var culture = CultureInfo.InvariantCulture;
        return value switch
        {
            null => "null",
            string text => Quoted(Cut(text), Marks),
            ReadOnlyMemory<char> or Memory<char> => Quoted(Cut(value.ToString() ?? ""), depth == 0 ? "" : Marks),
            DateTime or DateTimeOffset or DateOnly or TimeOnly => ((IFormattable)value).ToString("O", culture),
            IFormattable f => f.ToString(null, culture),
            ITuple or IEnumerable or ValueType when depth == Deepest => "…",
            ITuple tuple => Join('(', Enumerable.Range(0, tuple.Length).Select(i => Of(tuple[i], depth + 1)), ')'),
            IDictionary map => Join('[', map.Keys.Cast<object>().Select(key => $"{Of(key, depth + 1)}: {Of(map[key], depth + 1)}"), ']'),
            _ => Content.Unwrap(value) is IEnumerable items ? Items(items, depth) : Other(value, depth),
        };
    }

    private static string Items(IEnumerable items, int depth)
    {
        var texts = items.Cast<object?>().Select(item => Of(item, depth + 1));

        // A set has no order, but two of them are compared more easily if they are in one.
        return Content.Of(items).IsSet ? Join('{', texts.Take(1000).Order(StringComparer.Ordinal), '}') : Join('[', texts, ']');
    }

    private static string Other(object value, int depth)
    {
        if (StreamOf(value.GetType()) is { } stream)
            return stream;
        if (Content.Of(value).Members is not { } members)
            return Cut(value.ToString() ?? "");
        if (depth == Deepest)
            return "…";

        var type = value.GetType();
        var name = type.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false) ? "" : $"{type.Name.Split('`')[0]} ";
        return $"{name}{{ {Join(null, members.Select(member => $"{member.Name} = {Of(Read(member, value), depth + 1)}"), null)} }}";
    }

    public static bool IsObservable(object value) => IsObservable(value.GetType());

    private static bool IsObservable(Type type) => Content.Implements(type, typeof(IObservable<>));

    /// <summary>What nobody can look into without using it up.</summary>
    private static string? StreamOf(Type type) =>
        IsObservable(type) ? "an observable"
        : Content.Implements(type, typeof(IAsyncEnumerable<>)) ? "a pull stream"
        : null;

    private static object? Read(MemberInfo member, object value)
    {
        try
        {
            return member is PropertyInfo property ? property.GetValue(value) : ((FieldInfo)member).GetValue(value);
        }
        catch (TargetInvocationException failure)
        {
            return failure.InnerException?.GetType().Name;
        }
    }

    /// <summary>No more items than are shown, however many there are.</summary>
    private static string Join(char? open, IEnumerable<string> items, char? close)
    {
        var text = new StringBuilder().Append(open);
        var isFirst = true;
        foreach (var item in items)
        {
            if (text.Length > Longest)
                break;
            text.Append(isFirst ? "" : ", ").Append(item);
            isFirst = false;
        }

        return Cut(text.Append(close).ToString());
    }

    /// <summary>In quotes where one would not see where it begins and ends.</summary>
    private static string Quoted(string text, string marks) =>
        text.Length == 0 || char.IsWhiteSpace(text[0]) || char.IsWhiteSpace(text[^1]) || text.AsSpan().ContainsAny(marks) ? $"\"{text}\"" : text;

    private static string Cut(string text) =>
        text.Length <= Longest ? text : $"{text.AsSpan(0, char.IsHighSurrogate(text[Longest - 1]) ? Longest - 1 : Longest)}…";
}
