using System.Net.ServerSentEvents;

namespace RxTokens.AspNetCore.Tests;

/// <summary>A stream that gives its events ids, and says its own endings: what the pump does for it, and leaves to it.</summary>
public class OwnEndingTests
{
    [Test]
    public async Task R15_OpeningId_LeavesWithTheHeaders_BeforeTheFirstItem()
    {
        var response = new MemoryResponse();
        var (source, writer) = Script.Handed<SseItem<string>>();
        var served = ServeAsync(response, source, new() { HeadersAfter = TimeSpan.Zero });
        await response.FlushedAsync(1);
        writer.TryWrite(new("a") { EventId = "1" });
        await response.FlushedAsync(2);
        writer.Complete();
        await served;
        Assert.That(response.Flushes, Is.EqualTo(new[] { "0: id: 0//", "0: data: a/id: 1//" }), "and no end of ours");
    }

    [Test]
    public async Task R15_OpeningId_GoesBeforeAnItemThatIsThereAtOnce()
    {
        var response = new MemoryResponse();
        await ServeAsync(response, Script.Items(new SseItem<string>("a") { EventId = "1" }));
        Assert.That(response.Body, Is.EqualTo("id: 0\n\ndata: a\nid: 1\n\n"));
    }

    [TestCase(TokenEvents.End)]
    [TestCase(TokenEvents.Failure)]
    [TestCase(TokenEvents.Stopped)]
    [TestCase(TokenEvents.Quota)]
    [TestCase(TokenEvents.Interrupted)]
    public async Task AnItemThatIsAnEnding_IsTheLast(string eventType)
    {
        var response = new MemoryResponse();
        var source = Script.Repeats(new SseItem<string>("that was it", eventType) { EventId = "7" });
        await ServeAsync(response, source).WaitAsync(TestHost.Patience);
        response.StopHost();
        Assert.That(response.Body, Is.EqualTo($"id: 0\n\nevent: {eventType}\ndata: that was it\nid: 7\n\n"));
        Assert.That((source.Reads, source.Disposals), Is.EqualTo((1, 1)));
    }

    [Test]
    public async Task AnEventThatIsNoEnding_GoesOn()
    {
        var response = new MemoryResponse();
        await ServeAsync(response, Script.Items(new SseItem<string>("gone", TokenEvents.Lost), new SseItem<string>("", TokenEvents.End)));
        Assert.That(response.Body, Is.EqualTo("id: 0\n\nevent: lost\ndata: gone\n\nevent: end\ndata: \n\n"));
    }

    [Test]
    public async Task AFailureOfTheStream_IsOurs_WithoutAnId()
    {
        var response = new MemoryResponse();
        await ServeAsync(response, Script.Fails(new InvalidOperationException(), new SseItem<string>("a") { EventId = "1" }));
        Assert.That(response.Body, Is.EqualTo("id: 0\n\ndata: a\nid: 1\n\nevent: failure\ndata: {\"message\":\"The stream has failed.\"}\n\n"), "the client's position stays");
    }

    private static Task ServeAsync(MemoryResponse response, IAsyncEnumerable<SseItem<string>> source, TokenResultOptions? options = null) =>
        Serving.RunAsync(response.Context, source, new SseItems<string>(response.Context, null, EventIds.OfTheStream("0")), ServingSettings.Of(response.Context.RequestServices, options));
}
