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
