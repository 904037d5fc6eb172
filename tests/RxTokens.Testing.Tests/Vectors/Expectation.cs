using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace RxTokens.Tests;

/// <summary>What a vector expects of Rx.NET: what RxJS gives, or, where that is known to differ, what was recorded.</summary>
internal sealed partial record Expectation
{
    public required string Diagram { get; init; }

    public ExpectedValues<object?>? Values { get; init; }

    public required ExpectedError Error { get; init; }

    /// <summary>The rows of the subscriptions of each source.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<string>> Subscriptions { get; init; }

    public static Expectation Of(Vector vector, Functions functions)
    {
        var subscriptions = vector.RxNet.Subs is { } subs ? ReadSubscriptions(subs) : vector.ExpectedSubs;
        return vector.RxNet.Frames is { } frames ? Recorded(frames, subscriptions, functions) : new Expectation
        {
            Diagram = vector.Expected,
            Values = Map(vector.ExpectedValues, value => ValueOf(value)),
            Error = vector.ExpectedError is { ValueKind: JsonValueKind.Object } error && error.TryGetProperty("$errorType", out var type)
                ? TypeOf(type.GetString()!)
                : Functions.Error(vector.ExpectedError),
            Subscriptions = subscriptions,
        };

        object? ValueOf(JsonElement value)
        {
            if (!Functions.IsStream(value))
                return functions.Value(value);

            var inner = vector.ExpectedInner![value.GetProperty("$source").GetString()!];
            return Marble.Inner<object?>(inner.Marbles, Map(inner.Values, functions.Value), Functions.Error(inner.Error));
        }
    }

    public static MarbleValues<object?>? Map(IReadOnlyDictionary<string, JsonElement>? map, Func<JsonElement, object?> valueOf) =>
        map is null ? null : MarbleValues.Create<object?>([.. map.Select(pair => (pair.Key, valueOf(pair.Value)))]);

    /// <summary>A diagram of what was recorded, such as <c>3:N["a",1] 8:obs(2:N"b" 5:C) 8:E"error"</c>.</summary>
    private static Expectation Recorded(string frames, IReadOnlyDictionary<string, IReadOnlyList<string>> subscriptions, Functions functions)
    {
        var diagram = "";
        var length = 0;
        var values = new Dictionary<string, object?>();
        ExpectedError error = Functions.Error(default);
        var marbles = RecordedMarble().Matches(frames);
        if (marbles.Sum(m => m.Length) + Math.Max(0, marbles.Count - 1) != frames.Length)
            throw new NotSupportedException(frames);

        foreach (var group in marbles.GroupBy(m => Frame(m.Groups["frame"])))
        {
            diagram += $"{new string('-', group.Key - length)}[{string.Concat(group.Select(Symbol))}]";
            length = group.Key + 1;
        }

        return new Expectation { Diagram = diagram, Values = values, Error = error, Subscriptions = subscriptions };

        string Symbol(Match marble)
        {
            var groups = marble.Groups;
            if (groups["message"].Success)
                error = new MarbleException(groups["message"].Value);
            else if (groups["type"].Success)
                error = TypeOf(groups["type"].Value);
            else if (groups["end"].Success)
                return "|";
            else
                return Add(groups["window"].Success ? Inner(groups["window"].Value) : functions.Value(JsonElement.Parse(groups["value"].Value)));

            return "#";
        }

        ExpectedItem Inner(string window)
        {
            var said = Recorded(window, subscriptions, functions);
            return Marble.Inner(said.Diagram, said.Values, said.Error);
        }

        string Add(object? value)
        {
            var name = $"value {values.Count + 1}";
            values.Add(name, value);
            return $"{{{name}}}";
        }
    }

    /// <summary>Rows of what was recorded, such as <c>e1=[0,12] e2=[4,9],[13,∞] e3=</c>.</summary>
    private static Dictionary<string, IReadOnlyList<string>> ReadSubscriptions(string subscriptions) =>
        subscriptions.Split(' ').Select(source => source.Split('=')).ToDictionary(
            source => source[0],
            source => (IReadOnlyList<string>)[.. RecordedSubscription().Matches(source[1]).Select(m => Row(Frame(m.Groups[1]), m.Groups[2]))]);

    private static string Row(int subscribed, Group unsubscribed) => new string('-', subscribed) + unsubscribed.Value switch
    {
        "∞" => "^",
        _ when Frame(unsubscribed) == subscribed => "(^!)",
        _ => $"^{new string('-', Frame(unsubscribed) - subscribed - 1)}!",
    };

    private static int Frame(Group frame) => int.Parse(frame.Value, CultureInfo.InvariantCulture);

    private static Type TypeOf(string errorType) => errorType switch
    {
        "TimeoutError" => typeof(TimeoutException),
        "ArgumentOutOfRangeError" => typeof(ArgumentOutOfRangeException),
        "EmptyError" or "NotFoundError" or "SequenceError" or "InvalidOperation" => typeof(InvalidOperationException),
        _ => throw new NotSupportedException($"$errorType {errorType}"),
    };

    [GeneratedRegex("""(?<frame>\d+):(?:N(?<value>.+?)|(?<end>C)|E"(?<message>.*?)"|E<type:(?<type>\w+)>|obs\((?<window>.*?)\))(?= \d+:|$)""")]
    private static partial Regex RecordedMarble();

    [GeneratedRegex(@"\[(\d+),(\d+|∞)\]")]
    private static partial Regex RecordedSubscription();
}
