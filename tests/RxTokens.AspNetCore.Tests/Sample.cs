using System.Text.Json;
using System.Text.Json.Serialization;

namespace RxTokens.AspNetCore.Tests;

public record Sample(int Number, string? Text);

public record Unserializable() : Sample(0, null)
{
    public int Fails => throw new InvalidOperationException("not to be written");
}

[JsonSourceGenerationOptions(WriteIndented = true)]
[JsonSerializable(typeof(Sample))]
[JsonSerializable(typeof(string))]
internal sealed partial class SampleJson : JsonSerializerContext;

internal sealed class RawConverter : JsonConverter<Sample>
{
    public override Sample Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();

    public override void Write(Utf8JsonWriter writer, Sample value, JsonSerializerOptions options) => writer.WriteRawValue("{\n\"a\":\r\n\"event: steal\"}");
}
