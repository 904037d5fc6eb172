using System.Text.Json;
using System.Text.Json.Serialization;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>A case of <c>text-cases.json</c>: a text or its chunks, the parameters, and what is right.</summary>
public sealed record TextCase(
    [property: JsonPropertyName("op")] string Operator,
    string Id,
    string? Text,
    [property: JsonPropertyName("textU16")] ushort[]? Units,
    JsonElement Chunks,
    JsonElement Cuts,
    JsonElement Params,
    JsonElement Expected,
    [property: JsonPropertyName("expectedU16")] ushort[][]? ExpectedUnits,
    JsonElement[]? Accept,
    string? Result,
    string Note)
{
    private static readonly JsonSerializerOptions Options = new() { PropertyNameCaseInsensitive = true };

    private static readonly string Folder =
        Environment.GetEnvironmentVariable("RXTOKENS_VECTORS") is { Length: > 0 } named ? named : Path.Combine(Repository, "..", "shared", "vectors");

    private static readonly Lazy<IReadOnlyList<TextCase>?> Loaded = new(() =>
        File.Exists(Path.Combine(Folder, "text-cases.json"))
            ? JsonSerializer.Deserialize<List<TextCase>>(File.ReadAllText(Path.Combine(Folder, "text-cases.json")), Options)
            : null);

    /// <summary>All cases, or null where the file is not there.</summary>
    public static IReadOnlyList<TextCase>? All => Loaded.Value;

    private static string Repository
    {
        get
        {
            var folder = new DirectoryInfo(TestContext.CurrentContext.TestDirectory);
            while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "RxTokens.sln")))
                folder = folder.Parent;
            return folder?.FullName ?? ".";
        }
    }

    /// <summary>The cases of an operator, as NUnit takes them; one that is ignored, with the reason, where the file is not there.</summary>
    public static IEnumerable<TestCaseData> Of(string @operator) => All is { } all
        ? all.Where(c => c.Operator == @operator).Select(c => new TestCaseData(c).SetName(c.Id))
        : [new TestCaseData(null!).SetName("vectors").Ignore($"There is no text-cases.json in {Folder}.")];

    /// <summary>The text, and the ways in which it is to be cut: as the case says, or every way.</summary>
    public IEnumerable<string[]> Pieces()
    {
        if (Chunks.ValueKind == JsonValueKind.Array)
            return [[.. Chunks.EnumerateArray().Select(c => c.GetString()!)]];

        var text = Text ?? new string([.. Units!.Select(u => (char)u)]);
        if (Cuts.ValueKind != JsonValueKind.Array)
            return TextLaws.Cuts(text);

        int[] places = [0, .. Cuts.EnumerateArray().Select(c => c.GetInt32()), text.Length];
        return [[.. places.Zip(places.Skip(1), (from, to) => text[from..to])]];
    }

    /// <summary>What is right: lists of strings, one or more.</summary>
    public IReadOnlyList<string[]> Right() => ExpectedUnits is { } units
        ? [[.. units.Select(u => new string([.. u.Select(c => (char)c)]))]]
        : [Strings(Expected), .. (Accept ?? []).Select(Strings)];

    public override string ToString() => Id;

    private static string[] Strings(JsonElement list) => [.. list.EnumerateArray().Select(s => s.GetString()!)];
}
