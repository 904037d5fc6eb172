using System.Diagnostics;
using System.Reactive;

namespace RxTokens;

/// <summary>What a stream delivered, and when: captured from a real one, kept in a text file, replayed in virtual time, and bent.</summary>
/// <remarks>
/// <code>
/// var answer = StreamRecording.Load("answer.jsonl");
/// var tokens = m.Pull(answer.Stall(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30)));   // m is a MarbleTest
/// </code>
/// <para>It never changes: each bend is a new recording. A bend of a bend is one, too.</para>
/// <para><b>Threading:</b> any thread may read it.</para>
/// </remarks>
/// <typeparam name="T">The type of the items.</typeparam>
[DebuggerDisplay("{ToString(),nq}")]
public sealed partial class StreamRecording<T>
{
    /// <summary>Creates a recording from marbles, such as <see cref="Marble.Parse(string)"/> makes from a diagram.</summary>
    /// <param name="marbles">The items and the ending, in order of time; without an ending the recording was broken off. They are copied.</param>
    /// <param name="name">What to call it; null for no name.</param>
    /// <exception cref="ArgumentNullException"><paramref name="marbles"/> is null.</exception>
    /// <exception cref="ArgumentException">A marble is before zero, before the one in front of it, or behind an ending.</exception>
    public StreamRecording(IEnumerable<Marble<T>> marbles, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(marbles);

        var copy = marbles.ToArray();
        if (copy is [var first, ..] && first.Time < TimeSpan.Zero)
            throw new ArgumentException($"Marble 0 ({first}) comes before the recording begins.", nameof(marbles));
        if (Array.FindIndex(copy, IsEnding) is var end and >= 0 && end < copy.Length - 1)
            throw new ArgumentException($"Marble {end + 1} ({copy[end + 1]}) comes behind the ending ({copy[end]}).", nameof(marbles));

        Marbles = Array.AsReadOnly((Marble<T>[])Marble.Check(copy));
        Items = Array.AsReadOnly([.. copy.Where(m => !IsEnding(m)).Select(m => m.Notification.Value)]);
        Name = name;
    }

    /// <summary>What it is called; null if it has no name.</summary>
    public string? Name { get; }

    /// <summary>The items and the ending, with their times since the first item was asked for, in order.</summary>
    public IReadOnlyList<Marble<T>> Marbles { get; }

    /// <summary>The items alone.</summary>
    public IReadOnlyList<T> Items { get; }

    /// <summary>The time of the ending or, where the recording was broken off, of the last item; zero if there is neither.</summary>
    public TimeSpan Duration => Marbles is [.., var last] ? last.Time : TimeSpan.Zero;

    /// <summary>
    /// Whether the stream completed or failed; false if the recording was broken off: the consumer left or cancelled, the process
    /// ended, the writer failed, or the last line of the file is cut. Such a recording never ends when it is replayed.
    /// </summary>
    public bool HasEnding => Marbles is [.., var last] && IsEnding(last);

    /// <summary>Its name, how much is in it, and how it ended.</summary>
    /// <returns>For example <c>answer: 310 items in 00:00:02.5000000, completed</c>.</returns>
    public override string ToString()
    {
        var ending = Marbles is [.., { Notification: { Kind: not NotificationKind.OnNext } last }]
            ? last.Kind == NotificationKind.OnCompleted ? "completed" : $"failed with {ErrorName.Of(last.Exception!)}"
            : "broken off";
        return $"{Name ?? "recording"}: {Items.Count} {(Items.Count == 1 ? "item" : "items")} in {Duration:c}, {ending}";
    }

    private static bool IsEnding(Marble<T> marble) => marble.Notification.Kind != NotificationKind.OnNext;
}

/// <summary>Captures streams with the times of their items, and keeps them in files.</summary>
/// <remarks>
/// <para>A file is lines of JSON: a header, a line for each item with the milliseconds since the first one was asked for, and the ending.</para>
/// <code>
/// {"recording":"rxtokens","version":1,"name":"answer"}
/// {"ms":212.0417,"item":"Hello"}
/// {"ms":212.3,"item":" world"}
/// {"ms":250,"end":"completed"}
/// </code>
/// <para>The milliseconds have up to four decimals, which are ticks: times survive exactly. A failure is
/// <c>{"ms":250,"end":"failed","type":"System.TimeoutException","message":"…"}</c>. A text that is not well-formed UTF-16, such as half
/// an emoji at a chunk's border, is the list of its code units: <c>{"ms":9,"item":[55357]}</c>. Properties that are not known are
/// ignored, and so are blank lines.</para>
/// <para>A file without an ending was broken off. A last line that stops in the middle and has no line break is what an interrupted
/// write leaves: it counts as not written, and the recording as broken off.</para>
/// </remarks>
public static partial class StreamRecording;
