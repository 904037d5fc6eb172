using System.Globalization;
using System.Reactive;
using System.Text.Json;

namespace RxTokens.Tests;

/// <summary>What a window says, counted from when it was opened, as vectors have it recorded: <c>2:N"b" 5:C</c>.</summary>
internal sealed class Window : IEquatable<Window>
{
    private readonly Func<string> _marbles;

    private Window(Func<string> marbles) => _marbles = marbles;

    public static Window Expected(string marbles) => new(() => marbles);

    /// <summary>Subscribes to a window and records what it says.</summary>
    public static Window Record(MarbleTest m, IObservable<object?> window)
    {
        var opened = TimeSpan.FromTicks(m.Clock.Clock);
        var recorder = m.Clock.Record<object?>();
        window.Subscribe(recorder);
        return new Window(() => Render(recorder.Received.Select(marble => marble with { Time = marble.Time - opened })));
    }

    public static string Render(IEnumerable<Marble<object?>> marbles) => string.Join(' ', marbles.Select(m =>
        string.Create(CultureInfo.InvariantCulture, $"{m.Time.TotalMilliseconds}:{Render(m.Notification)}")));

    public bool Equals(Window? other) => ToString() == other?.ToString();

    public override bool Equals(object? obj) => Equals(obj as Window);

    public override int GetHashCode() => ToString().GetHashCode();

    public override string ToString() => _marbles();

    private static string Render(Notification<object?> notification) => notification.Kind switch
    {
        NotificationKind.OnNext => $"N{JsonSerializer.Serialize(notification.Value)}",
        NotificationKind.OnError => $"E{JsonSerializer.Serialize(notification.Exception!.Message)}",
        _ => "C",
    };
}
