using System.Globalization;
using System.Reactive;
using System.Text;
using System.Text.Json;

namespace RxTokens;

/// <summary>Reads a recording, and says in which line something is wrong.</summary>
internal sealed class RecordingReader<T>(string source, ItemFormat<T> format)
{
    private const decimal MostMilliseconds = long.MaxValue / (decimal)TimeSpan.TicksPerMillisecond;

    private readonly List<Marble<T>> _marbles = [];
    private int _lineNumber;
    private string _line = "";

    public StreamRecording<T> Read(string text)
    {
        var lines = text.Split('\n');
        string? name = null;
        var hasHeader = false;
        foreach (var line in lines)
        {
            _lineNumber++;
            _line = line;
            if (string.IsNullOrWhiteSpace(line))
                continue;

            using var document = Parse(out var broken);
            if (document is null && hasHeader && _lineNumber == lines.Length && IsCut(line))
                break;
            if (document?.RootElement is not { ValueKind: JsonValueKind.Object } json)
                throw Expected(hasHeader ? "a JSON object" : Header, broken);

            if (!hasHeader)
                name = ReadHeader(json);
            else
                _marbles.Add(ReadMarble(json));
            hasHeader = true;
        }

        if (!hasHeader)
            throw Expected(Header);
        return new StreamRecording<T>(_marbles, name);
    }

    private static string Header =>
        $$"""the header {"{{RecordingWords.Recording}}":"{{RecordingWords.Format}}","{{RecordingWords.Version}}":{{RecordingWords.PresentVersion}}}""";

    private JsonDocument? Parse(out Exception? broken)
    {
        broken = null;
        try
        {
            return JsonDocument.Parse(_line, new JsonDocumentOptions { MaxDepth = 1000 });
        }
        catch (Exception failure) when (failure is JsonException or ArgumentException) // the latter for half a surrogate pair
        {
            broken = failure;
            return null;
        }
    }

    /// <summary>Whether a line is the beginning of one, and nothing worse.</summary>
    private static bool IsCut(string line)
    {
        var json = new Utf8JsonReader(Encoding.UTF8.GetBytes(line), isFinalBlock: false, state: default);
        try
        {
            while (json.Read())
            {
                // On to where it stops.
            }

            return line.TrimStart().StartsWith('{');
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private string? ReadHeader(JsonElement json)
    {
        if (!TryGetText(json, RecordingWords.Recording, out var recording) || recording != RecordingWords.Format)
            throw Expected(Header);
        if (!json.TryGetProperty(RecordingWords.Version, out var number) || number.ValueKind != JsonValueKind.Number
            || !number.TryGetInt32(out var version) || version < 1)
            throw Expected($"\"{RecordingWords.Version}\" to be a whole number from 1 on");
        if (version > RecordingWords.PresentVersion)
        {
            throw Error(string.Create(
                CultureInfo.InvariantCulture, $"a recording of version {version}; this RxTokens.Testing reads up to version {RecordingWords.PresentVersion}"));
        }

        if (!json.TryGetProperty(RecordingWords.Name, out var name) || name.ValueKind == JsonValueKind.Null)
            return null;
        return TryGetText(json, RecordingWords.Name, out var text) ? text : throw Expected($"\"{RecordingWords.Name}\" to be a text");
    }

    private Marble<T> ReadMarble(JsonElement json)
    {
        if (_marbles is [.., { Notification.Kind: not NotificationKind.OnNext }])
            throw Expected("nothing behind the ending");

        var time = ReadTime(json);
        var hasItem = json.TryGetProperty(RecordingWords.Item, out var item);
        if (hasItem == json.TryGetProperty(RecordingWords.End, out _))
            throw Expected($"either \"{RecordingWords.Item}\" or \"{RecordingWords.End}\"");

        return new Marble<T>(time, hasItem ? Notification.CreateOnNext(ReadItem(item)) : ReadEnding(json));
    }

    private TimeSpan ReadTime(JsonElement json)
    {
        if (!json.TryGetProperty(RecordingWords.Milliseconds, out var number) || number.ValueKind != JsonValueKind.Number
            || !number.TryGetDecimal(out var milliseconds) || milliseconds is < 0 or > MostMilliseconds)
            throw Expected($"\"{RecordingWords.Milliseconds}\" to be a number of milliseconds from 0 on");

        var time = TimeSpan.FromTicks((long)decimal.Round(milliseconds * TimeSpan.TicksPerMillisecond));
        if (_marbles is [.., { Time: var before }] && time < before)
        {
            var earliest = before.Ticks / (decimal)TimeSpan.TicksPerMillisecond;
            throw Expected(string.Create(CultureInfo.InvariantCulture, $"\"{RecordingWords.Milliseconds}\" to be {earliest} or later, as on the line before"));
        }

        return time;
    }

    private T ReadItem(JsonElement item)
    {
        try
        {
            return format.Read(item);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or FormatException or NotSupportedException)
        {
            throw Expected($"\"{RecordingWords.Item}\" to be a {typeof(T).Name}", failure);
        }
    }

    private Notification<T> ReadEnding(JsonElement json)
    {
        TryGetText(json, RecordingWords.End, out var end);
        if (end == RecordingWords.Completed)
            return Notification.CreateOnCompleted<T>();
        if (end != RecordingWords.Failed)
            throw Expected($"\"{RecordingWords.End}\" to be \"{RecordingWords.Completed}\" or \"{RecordingWords.Failed}\"");
        if (!TryGetText(json, RecordingWords.Type, out var type) || !TryGetText(json, RecordingWords.Message, out var message))
            throw Expected($"\"{RecordingWords.Type}\" and \"{RecordingWords.Message}\" of the failure, as texts");

        return Notification.CreateOnError<T>(new RecordedException(type, message));
    }

    private static bool TryGetText(JsonElement json, string property, out string text)
    {
        text = "";
        if (!json.TryGetProperty(property, out var value) || value.ValueKind is not (JsonValueKind.String or JsonValueKind.Array))
            return false;
        try
        {
            text = JsonText.Read(value);
            return true;
        }
        catch (Exception failure) when (failure is InvalidOperationException or FormatException)
        {
            return false;
        }
    }

    private RecordingFormatException Expected(string expected, Exception? cause = null) =>
        Error($"expected {expected}, found: {RecordingFormatException.Excerpt(_line)}", cause);

    private RecordingFormatException Error(string problem, Exception? cause = null) => new(source, _lineNumber, problem, cause);
}
