using System.Globalization;

namespace RxTokens.Tests;

/// <summary>The diagrams of these tests: # is <see cref="Failure"/>.</summary>
internal static class Marbles
{
    public static readonly Exception Failure = new InvalidDataException("the source broke");

    public static IReadOnlyList<Marble<string>> Of(string diagram) => Marble.Parse<string>(diagram, error: Failure);

    public static IReadOnlyList<Marble<T>> Of<T>(string diagram, Func<char, T> value) =>
        [.. Of(diagram).Select(m => new Marble<T>(m.Time, m.Notification.Accept(
            item => System.Reactive.Notification.CreateOnNext(value(item[0])),
            System.Reactive.Notification.CreateOnError<T>,
            System.Reactive.Notification.CreateOnCompleted<T>)))];

    /// <summary>For example <c>1:a 3:b 4:|</c>.</summary>
    public static string Show<T>(IEnumerable<Marble<T>> marbles) => string.Join(' ', marbles.Select(Show));

    private static string Show<T>(Marble<T> marble)
    {
        var time = marble.Time.TotalMilliseconds.ToString(CultureInfo.InvariantCulture);
        return marble.Notification.Kind == System.Reactive.NotificationKind.OnError ? $"{time}:#{marble.Notification.Exception!.GetType().Name}"
            : marble.Notification.HasValue && marble.Notification.Value is System.Collections.IEnumerable list and not string ? $"{time}:{string.Concat(list.Cast<object>())}"
            : marble.ToString();
    }
}
