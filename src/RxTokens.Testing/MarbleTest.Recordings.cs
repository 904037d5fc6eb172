using System.Reactive;

namespace RxTokens;

public sealed partial class MarbleTest
{
    /// <summary>A pull source that delivers what was recorded: an item is available at its time, counted from the enumeration's start, and delivered when it is asked for.</summary>
    /// <remarks><para>A recording without an ending never ends.</para></remarks>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="recording">The recording, bent or not.</param>
    /// <param name="name">What failures and pictures call it; the recording's name if not given.</param>
    /// <returns>The source, which records how it is used.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="recording"/> is null.</exception>
    public PullProbe<T> Pull<T>(StreamRecording<T> recording, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(recording);

        name ??= recording.Name ?? NextName();
        var source = new PullProbe<T>(_timeline, recording.Marbles, name, Diagram(recording, name));
        _sources.Add(source);
        return source;
    }

    /// <summary>What a recording looks like in a picture.</summary>
    private static MarbleDiagram Diagram<T>(StreamRecording<T> recording, string name)
    {
        var letters = new Letters<T>(null, []);
        var symbols = recording.Marbles.Select(marble => marble.Notification.Kind switch
        {
            NotificationKind.OnNext => new MarbleSymbol(marble.Time, MarbleKind.Value, letters.Of(marble.Notification.Value), 1, 0),
            NotificationKind.OnError => new MarbleSymbol(marble.Time, MarbleKind.Error, "#", 1, 0),
            _ => new MarbleSymbol(marble.Time, MarbleKind.Completion, "|", 1, 0),
        });
        return new MarbleDiagram(name, MarbleRow.Cold, [.. symbols], recording.Duration);
    }
}
