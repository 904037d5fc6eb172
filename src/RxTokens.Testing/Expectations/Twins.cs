using System.Reactive;

namespace RxTokens;

/// <summary>Compares what two streams have said.</summary>
internal static class Twins
{
    /// <param name="name">What the stream is called whose expectation it is.</param>
    /// <param name="other">The stream that it is to be like.</param>
    /// <param name="actual">What it has said.</param>
    /// <param name="letters">One letter for what is the same in both.</param>
    /// <param name="frameSize">How long a frame is.</param>
    public static Finding? Find<T>(
        string name, (string Name, IReadOnlyList<Marble<T>> Marbles) other, IReadOnlyList<Marble<T>> actual, Letters<T> letters, TimeSpan frameSize)
    {
        var expected = other.Marbles;
        var finding = new Comparison(name, MarbleRow.Expected, letters.Symbols(expected), letters.Symbols(actual))
        {
            Same = (x, y) => Same(expected[x].Notification, actual[y].Notification),
            Types = (x, y) => (TypeOf(expected[x].Notification), TypeOf(actual[y].Notification)),
            Describe = symbol => symbol.Kind == MarbleKind.Error ? $"OnError({symbol.Text})" : Words.Of(symbol),
            Note = other.Name,
        }.Find(frameSize);
        return finding is null ? null : finding with { Legend = letters.Legend, IsToAccept = false };
    }

    private static bool Same<T>(Notification<T> expected, Notification<T> actual) => expected.Kind == actual.Kind && expected.Kind switch
    {
        NotificationKind.OnNext => Alike.Values(expected.Value, actual.Value),
        NotificationKind.OnError => Alike.Errors(expected.Exception!, actual.Exception!),
        _ => true,
    };

    private static string TypeOf<T>(Notification<T> notification) =>
        (notification.HasValue ? notification.Value?.GetType() : notification.Exception?.GetType())?.Name ?? "null";
}
