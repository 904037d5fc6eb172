namespace RxTokens.AspNetCore.Tests;

/// <summary>A source that is silent: headers, comments, in virtual time.</summary>
public class HeartbeatTests
{
    [Test]
    public async Task W10_SilentBeforeTheFirstItem_CommentsComeAt15And30()
    {
        var response = new MemoryResponse();
        var (source, writer) = Script.Handed<string>();
        var served = response.Serve(TokenResults.ServerSentEvents(source));
        await AdvanceAsync(response, 40, (1, 1), (15, 2), (30, 3));
        writer.TryWrite("a");
        await response.FlushedAsync(4);
        writer.Complete();
        await served;
        Assert.That(response.Flushes, Is.EqualTo(new[] { "1: ", "15: ://", "30: ://", "40: data: a/id: started//", "40: event: end/data: /id: ended//" }));
    }

    [Test]
    public async Task W10_FailureAfterAComment_IsAnEvent_AndACleanEnd()
    {
        var response = new MemoryResponse();
        var (source, writer) = Script.Handed<string>();
        var served = response.Serve(TokenResults.ServerSentEvents(source));
        await AdvanceAsync(response, 20, (1, 1), (15, 2));
        writer.Complete(new InvalidOperationException("secret"));
        await served;
        Assert.That(response.Context.Response.StatusCode, Is.EqualTo(200));
        Assert.That(response.Flushes, Is.EqualTo(new[] { "1: ", "15: ://", "20: event: failure/data: {\"message\":\"The stream has failed.\"}/id: ended//" }));
        Assert.That(response.IsAborted, Is.False);
        Assert.That((source.Disposals, source.WasMisused), Is.EqualTo((1, false)));
    }

    [Test]
    public async Task AnItem_PutsTheCommentOff()
    {
        var response = new MemoryResponse();
        var (source, writer) = Script.Handed<string>();
        var served = response.Serve(TokenResults.ServerSentEvents(source));
        await AdvanceAsync(response, 10, (1, 1));
        writer.TryWrite("a");
        await response.FlushedAsync(2);
        await AdvanceAsync(response, 16, (15, 3)); // 25: 15 after the item
        writer.Complete();
        await served;
        Assert.That(response.Flushes.Select(flush => flush.Split(':')[0]), Is.EqualTo(new[] { "1", "10", "25", "26" }));
    }

    [Test]
    public async Task WithoutHeartbeat_NothingIsSaid()
    {
        var response = new MemoryResponse();
        var (source, writer) = Script.Handed<string>();
        var served = response.Serve(TokenResults.ServerSentEvents(source, options: new() { Heartbeat = Timeout.InfiniteTimeSpan, HeadersAfter = Timeout.InfiniteTimeSpan }));
        response.Clock.Advance(TimeSpan.FromHours(1));
        writer.Complete();
        await served;
        Assert.That(response.Flushes, Is.EqualTo(new[] { "3600: event: end/data: /id: ended//" }));
    }

    [Test]
    public async Task LinesAndText_HaveNoComments()
    {
        foreach (var result in (Func<IAsyncEnumerable<string>, Microsoft.AspNetCore.Http.IResult>[])[texts => TokenResults.Text(texts), texts => TokenResults.JsonLines(texts)])
        {
            var response = new MemoryResponse();
            var (source, writer) = Script.Handed<string>();
            var served = response.Serve(result(source));
            await AdvanceAsync(response, 60, (1, 1));
            writer.Complete();
            await served;
            Assert.That(response.Flushes, Is.EqualTo(new[] { "1: " }));
        }
    }

    [Test]
    public async Task H02_SilentForLong_HeadersLeaveBefore_AndAFailureIsAnEvent()
    {
        var response = new MemoryResponse();
        var (source, writer) = Script.Handed<string>();
        var served = response.Serve(TokenResults.ServerSentEvents(source));
        await AdvanceAsync(response, 2, (1, 1));
        writer.Complete(new InvalidOperationException());
        await served;
        Assert.That(response.Flushes[0], Is.EqualTo("1: "));
        Assert.That(response.Flushes[1], Does.StartWith("2: event: failure"));
    }

    [Test]
    public async Task H02_FailureBeforeTheHeaders_IsAStatus()
    {
        var response = new MemoryResponse();
        var (source, writer) = Script.Handed<string>();
        var served = response.Serve(TokenResults.ServerSentEvents(source));
        response.Clock.Advance(TimeSpan.FromSeconds(0.9));
        writer.Complete(new InvalidOperationException("of the source"));
        Assert.That(async () => await served, Throws.InvalidOperationException.With.Message.EqualTo("of the source"), "for the application's exception handler");
        Assert.That(response.Flushes, Is.Empty);
        Assert.That(response.Context.Response.ContentType, Is.Null);
    }

    [Test]
    public async Task H02_FirstItem_TakesTheHeadersWithIt()
    {
        var response = new MemoryResponse();
        var (source, writer) = Script.Handed<string>();
        var served = response.Serve(TokenResults.ServerSentEvents(source));
        writer.TryWrite("a");
        await response.FlushedAsync(1);
        await AdvanceAsync(response, 14);
        writer.Complete();
        await served;
        Assert.That(response.Flushes[0], Is.EqualTo("0: data: a/id: started//"));
        Assert.That(response.Flushes, Has.Count.EqualTo(2));
    }

    /// <summary>Second by second; waits where a flush is expected, so that the times that are noted are those of the clock.</summary>
    internal static async Task AdvanceAsync(MemoryResponse response, int seconds, params (int Second, int Flushes)[] expected)
    {
        for (var second = 1; second <= seconds; second++)
        {
            response.Clock.Advance(TimeSpan.FromSeconds(1));
            foreach (var (_, flushes) in expected.Where(e => e.Second == second))
                await response.FlushedAsync(flushes);
            await Task.Delay(2); // for what is not expected to come to light
        }
    }
}
