using System.Text.Json;

namespace RxTokens.Tests;

/// <summary>
/// A case from RxJS's own operator tests, as data. They are read from <c>shared/vectors</c> beside the repository, or from the
/// folder in <c>RXTOKENS_VECTORS</c>.
/// </summary>
public sealed record Vector
{
    private const string FileName = "rxjs-marbles.json";

    public const string Absent = $"There is no shared/vectors/{FileName} beside the repository, and RXTOKENS_VECTORS names no folder with it.";

    private static readonly Lazy<IReadOnlyList<Vector>?> Read = new(() =>
        FindFile() is { } path ? JsonSerializer.Deserialize<IReadOnlyList<Vector>>(File.ReadAllText(path), JsonSerializerOptions.Web) : null);

    /// <summary>All there are; null without the file.</summary>
    public static IReadOnlyList<Vector>? All => Read.Value;

    public required string Id { get; init; }

    public required string Operator { get; init; }

    public required IReadOnlyList<JsonElement> Params { get; init; }

    public bool Static { get; init; }

    public IReadOnlyList<VectorStep>? Pipeline { get; init; }

    /// <summary>The name of the main source, or an <c>$obs</c>; nothing for a static operator.</summary>
    public JsonElement Source { get; init; }

    /// <summary>The sources, in the order in which hot ones speak within a frame.</summary>
    public required OrderedDictionary<string, VectorSource> Sources { get; init; }

    public string? Subscription { get; init; }

    public required string Expected { get; init; }

    public IReadOnlyDictionary<string, JsonElement>? ExpectedValues { get; init; }

    public JsonElement ExpectedError { get; init; }

    /// <summary>What the expected windows say, each counted from when it was opened.</summary>
    public IReadOnlyDictionary<string, VectorSource>? ExpectedInner { get; init; }

    public required IReadOnlyDictionary<string, IReadOnlyList<string>> ExpectedSubs { get; init; }

    public required VectorRxNet RxNet { get; init; }

    /// <summary>The operators from the source on.</summary>
    public IEnumerable<VectorStep> Steps => Pipeline ?? [new VectorStep { Op = Operator, Args = Params, Static = Static }];

    public override string ToString() => Id;

    /// <summary>The file; null if there is none.</summary>
    public static string? FindFile()
    {
        var folder = Environment.GetEnvironmentVariable("RXTOKENS_VECTORS") ?? Path.Combine(Repository.Root, "..", "shared", "vectors");
        return Path.Combine(folder, FileName) is var path && File.Exists(path) ? path : null;
    }
}

/// <summary>One operator and its arguments.</summary>
public sealed record VectorStep
{
    public required string Op { get; init; }

    public required IReadOnlyList<JsonElement> Args { get; init; }

    public bool Static { get; init; }
}

/// <summary>What a source says.</summary>
public sealed record VectorSource
{
    public required string Kind { get; init; }

    public required string Marbles { get; init; }

    public IReadOnlyDictionary<string, JsonElement>? Values { get; init; }

    public JsonElement Error { get; init; }
}

/// <summary>What Rx.NET makes of a case.</summary>
public sealed record VectorRxNet
{
    /// <summary><c>same</c>, <c>differs</c>, or <c>none</c>: there is no such operator.</summary>
    public required string Status { get; init; }

    /// <summary>The operator and its overload.</summary>
    public string? Api { get; init; }

    /// <summary>Why there is none.</summary>
    public string? Why { get; init; }

    /// <summary>If it differs: what comes out, such as <c>3:N["a",1] 8:C</c>.</summary>
    public string? Frames { get; init; }

    /// <summary>If it differs: the subscriptions, such as <c>e1=[0,12] e2=[4,9],[13,∞]</c>; null if these are the same.</summary>
    public string? Subs { get; init; }
}
