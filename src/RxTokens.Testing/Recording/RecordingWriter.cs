using System.Buffers;
using System.Reactive;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace RxTokens;

/// <summary>Writes a recording line by line.</summary>
internal sealed class RecordingWriter<T>(TextWriter output, ItemFormat<T> format)
{
    /// <summary>It is for people to read, and never part of a web page.</summary>
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> _line = new();

    public void WriteHeader(string? name) => WriteLine(json =>
    {
        json.WriteString(RecordingWords.Recording, RecordingWords.Format);
        json.WriteNumber(RecordingWords.Version, RecordingWords.PresentVersion);
        if (name is null)
            return;
        json.WritePropertyName(RecordingWords.Name);
        JsonText.Write(json, name);
    });

    public void Write(Marble<T> marble) => WriteLine(json =>
    {
        json.WriteNumber(RecordingWords.Milliseconds, marble.Time.Ticks / (decimal)TimeSpan.TicksPerMillisecond);
        switch (marble.Notification.Kind)
        {
            case NotificationKind.OnNext:
                json.WritePropertyName(RecordingWords.Item);
                format.Write(json, marble.Notification.Value);
                break;
            case NotificationKind.OnCompleted:
                json.WriteString(RecordingWords.End, RecordingWords.Completed);
                break;
            case NotificationKind.OnError:
                var error = marble.Notification.Exception!;
                json.WriteString(RecordingWords.End, RecordingWords.Failed);
                json.WriteString(RecordingWords.Type, (error as RecordedException)?.OriginalType ?? error.GetType().FullName);
                json.WritePropertyName(RecordingWords.Message);
                JsonText.Write(json, error.Message ?? "");
                break;
        }
    });

    private void WriteLine(Action<Utf8JsonWriter> write)
    {
        _line.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(_line, Options))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        output.Write(Encoding.UTF8.GetString(_line.WrittenSpan) + "\n");
        output.Flush();
    }
}

/// <summary>The words of the file.</summary>
internal static class RecordingWords
{
    public const int PresentVersion = 1;

    public const string Recording = "recording";
    public const string Format = "rxtokens";
    public const string Version = "version";
    public const string Name = "name";
    public const string Milliseconds = "ms";
    public const string Item = "item";
    public const string End = "end";
    public const string Completed = "completed";
    public const string Failed = "failed";
    public const string Type = "type";
    public const string Message = "message";
}
