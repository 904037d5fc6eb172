using System.Collections;
using System.Globalization;
using System.Reactive.Linq;
using System.Text.Json;

namespace RxTokens.Tests;

/// <summary>A function of a vector, of as many arguments as its operator has for it.</summary>
internal delegate object? Function(params object?[] args);

/// <summary>What stands for values, observables and functions in a vector, made real. Numbers are doubles, as there.</summary>
internal sealed class Functions(MarbleTest m, Func<string, IObservable<object?>> source)
{
    public static TimeSpan Milliseconds(JsonElement number) => TimeSpan.FromMilliseconds(number.GetDouble());

    /// <summary>What <c>#</c> means. What RxJS says it throws without saying what, is called error.</summary>
    public static Exception Error(JsonElement error) => new MarbleException(error.ValueKind switch
    {
        JsonValueKind.Undefined or JsonValueKind.Null => "error",
        JsonValueKind.Object => error.GetProperty("$error").GetString()!,
        _ => error.GetString()!,
    });

    public static bool IsFunction(JsonElement json) => Has(json, "$fn", out _);

    public static bool IsStream(JsonElement json) => Has(json, "$source", out _) || Has(json, "$obs", out _);

    public object? Value(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.True or JsonValueKind.False => json.GetBoolean(),
        JsonValueKind.Number => json.GetDouble(),
        JsonValueKind.String => json.GetString(),
        JsonValueKind.Array => List(json),
        _ => Stream(json),
    };

    public object?[] List(JsonElement json) => [.. json.EnumerateArray().Select(Value)];

    public IObservable<object?> Stream(JsonElement json)
    {
        if (Has(json, "$source", out var name))
            return source(name.GetString()!);

        return json.GetProperty("$obs").GetString() switch
        {
            "empty" => Observable.Empty<object?>(),
            "never" => Observable.Never<object?>(),
            "of" => List(json.GetProperty("values")).ToObservable(),
            "throw" => Observable.Throw<object?>(Error(json.TryGetProperty("error", out var error) ? error : default)),
            var other => throw new NotSupportedException($"$obs {other}"),
        };
    }

    public Function Function(JsonElement json) => json.GetProperty("$fn").GetString() switch
    {
        "identity" => args => args[0],
        "second" => args => args[1],
        "const" => Const(Value(json.GetProperty("value"))),
        "obs" => Const(Stream(json.GetProperty("obs"))),
        "source" => Const(source(json.GetProperty("source").GetString()!)),
        "successive" => Successive([.. json.GetProperty("sources").EnumerateArray().Select(name => source(name.GetString()!))]),
        "lookup" => Lookup(json.GetProperty("map").EnumerateObject().ToDictionary(p => p.Name, p => source(p.Value.GetString()!))),
        "sourceTimes" => Times(source(json.GetProperty("source").GetString()!)),
        "timer" => Timer(Milliseconds(json.GetProperty("due"))),
        "return" => args => Observable.Return(args[0]),
        "equals" => Equal(Value(json.GetProperty("value")), isEqual: true),
        "notEquals" => Equal(Value(json.GetProperty("value")), isEqual: false),
        "numCompare" => Compare(json.GetProperty("op").GetString()!, json.GetProperty("value").GetDouble()),
        "modEquals" => Remainder(json.GetProperty("mod").GetDouble(), json.GetProperty("value").GetDouble()),
        "mod2" => args => Number(args[0]) % 2,
        "equal2" => args => Equals(args[0], args[1]),
        "joinSpace" => args => string.Join(' ', Many(args).Select(Text)),
        "add" => args => args.Aggregate(Add),
        "addTuple" => args => Many(args).Aggregate(Add),
        "append" => args => (object?[])[.. ((IEnumerable)args[0]!).Cast<object?>(), args[1]],
        "tuple" => args => args,
        "suffix" => Suffix(json.GetProperty("value").GetString()!),
        "prefix" => Prefix(json.GetProperty("value").GetString()!),
        "throw" => Throw(Error(json.GetProperty("error"))),
        "throwIf" => ThrowIf(0, Value(json.GetProperty("value")), Error(json.GetProperty("error")), Function(json.GetProperty("else"))),
        "throwIfSecond" => ThrowIf(1, Value(json.GetProperty("value")), Error(json.GetProperty("error")), Function(json.GetProperty("else"))),
        var other => throw new NotSupportedException($"$fn {other}"),
    };

    private static bool Has(JsonElement json, string name, out JsonElement value)
    {
        value = default;
        return json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out value);
    }

    private static Function Const(object? value) => _ => value;

    private static Function Successive(IObservable<object?>[] sources)
    {
        var next = 0;
        return _ => sources[next++];
    }

    private static Function Lookup(Dictionary<string, IObservable<object?>> map) => args => map[(string)args[0]!];

    private static Function Times(IObservable<object?> source) => args => source.Select(x => (object?)(Number(x) * Number(args[0])));

    private Function Timer(TimeSpan due) => _ => Observable.Timer(due, m.Clock).Select(n => (object?)(double)n);

    private static Function Equal(object? value, bool isEqual) => args => Equals(args[0], value) == isEqual;

    private static Function Compare(string comparison, double value) => comparison switch
    {
        "<" => args => Number(args[0]) < value,
        "<=" => args => Number(args[0]) <= value,
        ">" => args => Number(args[0]) > value,
        ">=" => args => Number(args[0]) >= value,
        _ => throw new NotSupportedException($"numCompare {comparison}"),
    };

    private static Function Remainder(double divisor, double value) => args => Number(args[0]) % divisor == value;

    private static Function Suffix(string suffix) => args => Text(args[0]) + suffix;

    private static Function Prefix(string prefix) => args => prefix + Text(args[0]);

    private static Function Throw(Exception error) => _ => throw error;

    private static Function ThrowIf(int index, object? value, Exception error, Function otherwise) =>
        args => Equals(args[index], value) ? throw error : otherwise(args);

    /// <summary>Several values, one by one or in a list.</summary>
    private static IEnumerable<object?> Many(object?[] args) => args is [IEnumerable list and not string] ? list.Cast<object?>() : args;

    private static object? Add(object? x, object? y) => x is double a && y is double b ? a + b : Text(x) + Text(y);

    /// <summary>As in JavaScript, what is no number is NaN.</summary>
    private static double Number(object? value) =>
        value is double number ? number
        : double.TryParse(Text(value), CultureInfo.InvariantCulture, out var parsed) ? parsed
        : double.NaN;

    private static string Text(object? value) => Convert.ToString(value, CultureInfo.InvariantCulture)!;
}
