using System.Text.Json.Serialization.Metadata;

namespace RxTokens;

public static partial class StreamRecording
{
    /// <summary>Reads a recording of text from a file.</summary>
    /// <param name="path">The file, in UTF-8.</param>
    /// <returns>The recording; a failure it ended with is a <see cref="RecordedException"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="path"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="path"/> is empty.</exception>
    /// <exception cref="IOException">The file cannot be read; a <see cref="FileNotFoundException"/> if there is none.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    /// <exception cref="RecordingFormatException">The file is not a recording, one of a later version, or one of other items.</exception>
    public static StreamRecording<string> Load(string path) => Load(path, ItemFormat.Text);

    /// <summary>Reads a recording from a file.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="path">The file, in UTF-8.</param>
    /// <param name="itemType">How an item is read: of a <c>JsonSerializerContext</c>.</param>
    /// <returns>The recording; a failure it ended with is a <see cref="RecordedException"/>.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="path"/> is empty.</exception>
    /// <exception cref="IOException">The file cannot be read; a <see cref="FileNotFoundException"/> if there is none.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    /// <exception cref="RecordingFormatException">The file is not a recording, one of a later version, or one of other items.</exception>
    public static StreamRecording<T> Load<T>(string path, JsonTypeInfo<T> itemType) => Load(path, ItemFormat.Of(itemType));

    /// <summary>Reads a recording of text.</summary>
    /// <param name="reader">Where the lines come from; it is read to its end, and not closed.</param>
    /// <returns>The recording; a failure it ended with is a <see cref="RecordedException"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="reader"/> is null.</exception>
    /// <exception cref="RecordingFormatException">It is not a recording, one of a later version, or one of other items.</exception>
    public static StreamRecording<string> Load(TextReader reader) => Load(reader, ItemFormat.Text);

    /// <summary>Reads a recording.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="reader">Where the lines come from; it is read to its end, and not closed.</param>
    /// <param name="itemType">How an item is read: of a <c>JsonSerializerContext</c>.</param>
    /// <returns>The recording; a failure it ended with is a <see cref="RecordedException"/>.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="RecordingFormatException">It is not a recording, one of a later version, or one of other items.</exception>
    public static StreamRecording<T> Load<T>(TextReader reader, JsonTypeInfo<T> itemType) => Load(reader, ItemFormat.Of(itemType));

    private static StreamRecording<T> Load<T>(string path, ItemFormat<T> format)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);

        return new RecordingReader<T>(Path.GetFileName(path), format).Read(File.ReadAllText(path));
    }

    private static StreamRecording<T> Load<T>(TextReader reader, ItemFormat<T> format)
    {
        ArgumentNullException.ThrowIfNull(reader);

        return new RecordingReader<T>("recording", format).Read(reader.ReadToEnd());
    }
}
