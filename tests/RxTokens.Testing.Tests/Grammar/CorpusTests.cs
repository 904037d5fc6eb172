using System.Text.Json;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>
/// The diagrams of RxJS's own operator tests mean what they mean there. They are read from <c>shared/vectors</c> beside the
/// repository, or from the folder in <c>RXTOKENS_VECTORS</c>.
/// </summary>
public class CorpusTests
{
    private int _count;
    private List<string> _refused = [];

    [Test]
    public void DiagramsOfRxJs_MeanTheSame()
    {
        var path = Vector.FindFile();
        if (path is null)
            Assert.Ignore(Vector.Absent);

        (_count, _refused) = (0, []);
        using var cases = JsonDocument.Parse(File.ReadAllText(path));
        foreach (var record in cases.RootElement.EnumerateArray())
            CheckRecord(record, record.GetProperty("id").GetString()!);

        TestContext.Out.WriteLine($"{_count} diagrams of {cases.RootElement.GetArrayLength()} records");
        Assert.That(_refused, Is.Empty);
        Assert.That(_count, Is.GreaterThan(2000));
    }

    private void CheckRecord(JsonElement record, string id)
    {
        foreach (var source in record.GetProperty("sources").EnumerateObject())
            CheckSource(source.Value, $"{id} {source.Name}");
        if (record.TryGetProperty("expectedInner", out var inner))
        {
            foreach (var source in inner.EnumerateObject())
                CheckSource(source.Value, $"{id} inner {source.Name}");
        }

        CheckValues(record.GetProperty("expected"), MarbleRow.Expected, record, "expectedValues", record.GetProperty("expectedFrames"), $"{id} expected");
        if (record.TryGetProperty("subscription", out var subscription))
            CheckSubscription(subscription.GetString()!, MarbleRow.Subscription, $"{id} subscription");
        foreach (var source in record.GetProperty("expectedSubs").EnumerateObject())
        {
            foreach (var row in source.Value.EnumerateArray())
                CheckSubscription(row.GetString()!, MarbleRow.ExpectedSubscription, $"{id} subscriptions of {source.Name}");
        }
    }

    private void CheckSource(JsonElement source, string name)
    {
        var row = source.GetProperty("kind").GetString() == "hot" ? MarbleRow.Hot : MarbleRow.Cold;
        CheckValues(source.GetProperty("marbles"), row, source, "values", source.GetProperty("frames"), name);
    }

    private void CheckValues(JsonElement marbles, MarbleRow row, JsonElement owner, string values, JsonElement frames, string name)
    {
        var keys = owner.TryGetProperty(values, out var map) && map.ValueKind == JsonValueKind.Object ? map.EnumerateObject().Select(v => v.Name).ToList() : null;
        Check(marbles.GetString()!, row, new MarbleSyntax { Keys = keys, Name = name }, frames.GetString()!);
    }

    private void CheckSubscription(string marbles, MarbleRow row, string name)
    {
        Check(marbles, row, new MarbleSyntax { Name = name }, $"subscribe {FrameOf('^')} unsubscribe {FrameOf('!')}");

        // All there is in these rows: spaces, dashes and at most one group, (^!), which stands for one frame.
        string FrameOf(char symbol)
        {
            var frames = marbles.Replace(" ", "").Replace("(^!)", symbol.ToString());
            return frames.Contains(symbol) ? $"{frames.IndexOf(symbol)}" : "None";
        }
    }

    private void Check(string marbles, MarbleRow row, MarbleSyntax syntax, string expected)
    {
        _count++;
        try
        {
            Assert.That(Diagrams.Read(marbles, row, syntax), Is.EqualTo(expected), $"{syntax.Name}: {marbles}");
        }
        catch (MarbleSyntaxException error)
        {
            _refused.Add(error.Message);
        }
    }
}
