using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace RxTokens.AspNetCore.Tests;

/// <summary>Stalls are figures: of each response, and of all.</summary>
[NonParallelizable]
public class MetricsTests
{
    [Test]
    public async Task AResponse_IsMeasured_InVirtualTime()
    {
        using var figures = new Figures();
        using var activity = new Activity("request").Start();
        var response = new MemoryResponse();
        var (source, writer) = Script.Handed<string>();
        var served = response.Serve(TokenResults.ServerSentEvents(source));
        Assert.That(figures.Of("rxtokens.responses.active"), Is.EqualTo(1));

        for (var (item, seconds) = (1, 2); item <= 2; item++, seconds += 3)
        {
            response.Fill();
            writer.TryWrite("ab");
            await response.FlushedAsync(item);
            await Task.Delay(20); // the pump waits for the client by now
            response.Clock.Advance(TimeSpan.FromSeconds(seconds));
            response.Drain();
            await figures.UntilAsync("rxtokens.response.wait", item);
        }

        writer.Complete();
        await served;

        Assert.That(figures.All("rxtokens.response.wait"), Is.EqualTo(new[] { 2.0, 5.0 }));
        Assert.That(figures.All("rxtokens.response.waited"), Is.EqualTo(new[] { 7.0 }));
        Assert.That(figures.All("rxtokens.response.longest_wait"), Is.EqualTo(new[] { 5.0 }));
        Assert.That(figures.Of("rxtokens.response.events"), Is.EqualTo(2));
        Assert.That(figures.Of("rxtokens.response.bytes"), Is.EqualTo(response.Body.Length));
        Assert.That(figures.Of("rxtokens.responses.active"), Is.Zero);
        Assert.That(figures.Of("rxtokens.responses.ended", "ended"), Is.EqualTo(1));

        Assert.That(activity.TagObjects.ToDictionary(tag => tag.Key, tag => tag.Value), Is.EquivalentTo(new Dictionary<string, object?>
        {
            ["rxtokens.events"] = 2L, ["rxtokens.bytes"] = (long)response.Body.Length, ["rxtokens.waits"] = 2L,
            ["rxtokens.waited"] = 7.0, ["rxtokens.longest_wait"] = 5.0, ["rxtokens.ending"] = "ended",
        }));
    }

    [Test]
    public async Task Endings_AreCountedByReason()
    {
        using var figures = new Figures();
        await new MemoryResponse().Serve(TokenResults.ServerSentEvents(Script.Items("a")));
        await new MemoryResponse().Serve(TokenResults.ServerSentEvents(Script.Fails(new InvalidOperationException(), "a")));
        foreach (var end in (Action<MemoryResponse>[])[response => response.StopHost(), response => response.Leave()])
        {
            var response = new MemoryResponse();
            var served = response.Serve(TokenResults.ServerSentEvents(Script.Waits("a")));
            await response.FlushedAsync(1);
            end(response);
            await served;
        }

        foreach (var reason in new[] { "ended", "failed", "stopped", "gone" })
            Assert.That(figures.Of("rxtokens.responses.ended", reason), Is.EqualTo(1), reason);
        Assert.That(figures.Of("rxtokens.responses.active"), Is.Zero);
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task MergedItems_AreCounted_WhereConflateIsLast(bool isText)
    {
        using var figures = new Figures();
        using var activity = new Activity("request").Start();
        var response = new MemoryResponse();
        var source = Script.Items("a", "b", "c", "d"); // ready at once, but the client is not
        response.Fill();
        var served = response.Serve(isText
            ? TokenResults.ServerSentEvents(source.Conflate())
            : TokenResults.JsonLines(source.Conflate((before, text) => before + text)));
        await response.FlushedAsync(1);
        await Task.Delay(20);
        response.Drain();
        await served;
        var items = response.Flushes.Count - (isText ? 1 : 0);
        Assert.That(figures.Of("rxtokens.response.merged"), Is.EqualTo(4 - items));
        Assert.That(activity.GetTagItem("rxtokens.merged"), Is.EqualTo(4L - items));
        Assert.That(items, Is.LessThan(4), "some were merged");
    }

    /// <summary>What the meter has said since.</summary>
    private sealed class Figures : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly List<(string Name, double Value, string? Reason)> _said = [];

        public Figures()
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == "RxTokens.AspNetCore")
                    listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, value, tags));
            _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, value, tags));
            _listener.Start();
        }

        public double Of(string name, string? reason = null) => Said(name).Where(s => reason is null || s.Reason == reason).Sum(s => s.Value);

        public IEnumerable<double> All(string name) => Said(name).Select(s => s.Value).ToList();

        public async Task UntilAsync(string name, int count)
        {
            for (var i = 0; Said(name).Count < count; i++)
            {
                Assert.That(i, Is.LessThan(2000), $"{name} has not come {count} times");
                await Task.Delay(5);
            }
        }

        public void Dispose() => _listener.Dispose();

        private List<(string Name, double Value, string? Reason)> Said(string name)
        {
            lock (_said)
                return [.. _said.Where(s => s.Name == name)];
        }

        private void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            lock (_said)
                _said.Add((instrument.Name, value, tags.Length == 1 ? (string?)tags[0].Value : null));
        }
    }
}
