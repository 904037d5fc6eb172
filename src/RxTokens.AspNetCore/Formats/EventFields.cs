using System.Buffers;
using System.Globalization;
using System.Text;

namespace RxTokens;

/// <summary>The fields of a server-sent event, as <see cref="System.Net.ServerSentEvents.SseFormatter"/> writes them, but without a string or a stream in between.</summary>
/// <remarks>https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation</remarks>
internal static class EventFields
{
    /// <summary>A comment: nothing to a client, but a sign of life on the way.</summary>
    public static void WriteComment(IBufferWriter<byte> output) => output.Write(":\n\n"u8);

    public static void WriteEvent(IBufferWriter<byte> output, string? eventType)
    {
        if (eventType is null or "message")
            return;

        output.Write("event: "u8);
        WriteText(output, eventType);
        output.Write("\n"u8);
    }

    /// <summary>A line of data for each line of the text: CR, LF and both together end one, for so does a client read them.</summary>
    public static void WriteData(IBufferWriter<byte> output, ReadOnlySpan<char> text)
    {
        while (true)
        {
            var length = text.IndexOfAny('\r', '\n');
            output.Write("data: "u8);
            WriteText(output, length < 0 ? text : text[..length]);
            output.Write("\n"u8);
            if (length < 0)
                return;

            text = text[length..] is ['\r', '\n', .. var rest] ? rest : text[(length + 1)..];
        }
    }

    /// <summary>Data that has no line ends.</summary>
    public static void WriteLine(IBufferWriter<byte> output, ReadOnlySpan<byte> data)
    {
        output.Write("data: "u8);
        output.Write(data);
        output.Write("\n"u8);
    }

    public static void WriteId(IBufferWriter<byte> output, string? id)
    {
        if (id is null)
            return;

        output.Write("id: "u8);
        WriteText(output, id);
        output.Write("\n"u8);
    }

    public static void WriteRetry(IBufferWriter<byte> output, TimeSpan? retry)
    {
        if (retry is not { } time)
            return;

        output.Write("retry: "u8);
        Span<byte> digits = stackalloc byte[20];
        ((long)time.TotalMilliseconds).TryFormat(digits, out var length, provider: CultureInfo.InvariantCulture);
        output.Write(digits[..length]);
        output.Write("\n"u8);
    }

    public static void WriteEnd(IBufferWriter<byte> output) => output.Write("\n"u8);

    /// <exception cref="ArgumentException">A client would ignore the id, or read another field in it.</exception>
    public static string? CheckedId(string? id)
    {
        if (id is not null && id.AsSpan().IndexOfAny('\0', '\r', '\n') >= 0)
            throw new ArgumentException($"The id of an event has no NUL and no line end; this one does: {id.ReplaceLineEndings("\u2424").Replace("\0", "\u2400", StringComparison.Ordinal)}.", nameof(id));
        return id;
    }

    /// <exception cref="ArgumentException">A client would read another field in the name.</exception>
    public static string CheckedName(string name, string parameter)
    {
        ArgumentException.ThrowIfNullOrEmpty(name, parameter);
        if (name.AsSpan().IndexOfAny('\r', '\n') >= 0)
            throw new ArgumentException($"The name of an event has no line end; this one does: {name.ReplaceLineEndings("\u2424")}.", parameter);
        return name;
    }

    private static void WriteText(IBufferWriter<byte> output, ReadOnlySpan<char> text)
    {
        if (!text.IsEmpty)
            Encoding.UTF8.GetBytes(text, output);
    }
}
