using System.Text.Json.Serialization.Metadata;

namespace RxTokens;

public static partial class StreamRecording
{
    /// <summary>Writes a recording of text, to be read by <see cref="Load(TextReader)"/>.</summary>
    /// <param name="recording">The recording.</param>
    /// <param name="writer">Where the lines go, each ended by a line feed and flushed. It stays open, and what it throws comes through.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static void Save(this StreamRecording<string> recording, TextWriter writer) => Save(recording, writer, ItemFormat.Text);

    /// <summary>Writes a recording, to be read by <see cref="Load{T}(TextReader, JsonTypeInfo{T})"/>.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="recording">The recording.</param>
    /// <param name="writer">Where the lines go, each ended by a line feed and flushed. It stays open, and what it throws comes through.</param>
    /// <param name="itemType">How an item is written: of a <c>JsonSerializerContext</c>.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="NotSupportedException">The type has something in it that cannot be written as JSON.</exception>
    /// <exception cref="InvalidOperationException">An item is too deep for JSON: in a circle, for example.</exception>
    public static void Save<T>(this StreamRecording<T> recording, TextWriter writer, JsonTypeInfo<T> itemType) =>
        Save(recording, writer, ItemFormat.Of(itemType));

    private static void Save<T>(StreamRecording<T> recording, TextWriter writer, ItemFormat<T> format)
    {
        ArgumentNullException.ThrowIfNull(recording);
        ArgumentNullException.ThrowIfNull(writer);

        var lines = new RecordingWriter<T>(writer, format);
        lines.WriteHeader(recording.Name);
        foreach (var marble in recording.Marbles)
            lines.Write(marble);
    }
}
