namespace RxTokens.Tests;

/// <summary>Single-letter diagrams: a dash is a frame, a letter an item, | the completion, # a failure; [..] puts several into one frame.</summary>
internal static class Marbles
{
    public static readonly Exception Failure = new InvalidDataException("the source broke");

    public static IReadOnlyList<Marble<string>> Of(string diagram) => Of(diagram, c => c.ToString());

    public static IReadOnlyList<Marble<T>> Of<T>(string diagram, Func<char, T> value)
    {
        var marbles = new List<Marble<T>>();
        long frame = 0;
        var inGroup = false;
        foreach (var c in diagram)
        {
            switch (c)
            {
                case '-': break;
                case '[': inGroup = true; break;
                case ']': inGroup = false; break;
                case '|': marbles.Add(Marble.End<T>(frame)); break;
                case '#': marbles.Add(Marble.Error<T>(frame, Failure)); break;
                default: marbles.Add(Marble.Next(frame, value(c))); break;
            }

            if (!inGroup)
                frame++;
        }

        return marbles;
    }

    /// <summary>For example <c>1:a 3:b 4:|</c>.</summary>
    public static string Show<T>(IEnumerable<Marble<T>> marbles) =>
        string.Join(' ', marbles.Select(m => m.Notification.Kind == System.Reactive.NotificationKind.OnError
            ? $"{m.Frame}:#{m.Notification.Exception!.GetType().Name}"
            : m.Notification.HasValue && m.Notification.Value is System.Collections.IEnumerable list and not string
                ? $"{m.Frame}:{string.Concat(list.Cast<object>())}"
                : m.ToString()));
}
