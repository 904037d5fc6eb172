using System.Reactive.Concurrency;
using System.Text;
using NUnit.Framework;
using RxTokens;

namespace Applications;

/// <summary>Passes a model's answer on as server-sent events. The model has time limits, its client has none: a slow one holds the model.</summary>
public sealed class SseProxy(IScheduler clock)
{
    public async Task RunAsync(IAsyncEnumerable<string> answer, Stream response, CancellationToken requestAborted)
    {
        try
        {
            await foreach (var token in answer
                .Detach()
                .Timeout(first: TimeSpan.FromMilliseconds(20), between: TimeSpan.FromMilliseconds(10), clock)
                .Buffered(4)
                .WithCancellation(requestAborted))
            {
                await SendAsync($"data: {token.ReplaceLineEndings("\ndata: ")}\n\n");
            }

            await SendAsync("data: [DONE]\n\n");
        }
        catch (TimeoutException)
        {
            await SendAsync("event: error\ndata: the model is silent\n\n");
        }

        async Task SendAsync(string text)
        {
            await response.WriteAsync(Encoding.UTF8.GetBytes(text), requestAborted);
            await response.FlushAsync(requestAborted);
        }
    }
}

/// <summary>One answer for all clients that watch it: late ones get the text so far, slow ones hold nobody, and a page that reloads does not end it.</summary>
public sealed class SharedAnswer(IAsyncEnumerable<string> answer, IScheduler clock)
{
    private readonly SharedStream<string> _shared = answer.ShareText(grace: TimeSpan.FromMilliseconds(30), clock);

    public Task RunAsync(Stream response, CancellationToken requestAborted) => new SseProxy(clock).RunAsync(_shared.JoinConflated(), response, requestAborted);
}

public class SseProxyTests
{
    /// <summary>A connection over which each write takes its time.</summary>
    private sealed class Connection(MarbleTest m, TimeSpan time) : MemoryStream
    {
        public string Text => Encoding.UTF8.GetString(ToArray());

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Delay(time, m.TimeProvider, cancellationToken);
            Write(buffer.Span);
        }
    }

    private static readonly TimeSpan Quick = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(50);

    [Test]
    public Task EachToken_IsAnEvent() => MarbleTest.RunAsync(async m =>
    {
        var response = new Connection(m, Quick);
        await new SseProxy(m.Clock).RunAsync(m.Pull("a--n-c|", [("a", "Hello"), ("n", "\r\n"), ("c", "world")]), response, default);

        Assert.That(response.Text, Is.EqualTo("data: Hello\n\ndata: \ndata: \n\ndata: world\n\ndata: [DONE]\n\n"));
    });

    [Test]
    public Task ASlowClient_HoldsTheModel_AndIsNotTimedOut() => MarbleTest.RunAsync(async m =>
    {
        var response = new Connection(m, Slow);
        var answer = m.Pull("abcdefgh|");
        m.ExpectPulls(answer).ToSumTo(5, atFrame: 49);
        await new SseProxy(m.Clock).RunAsync(answer, response, default);

        Assert.That(response.Text, Is.EqualTo(string.Concat("abcdefgh".Select(c => $"data: {c}\n\n")) + "data: [DONE]\n\n"));
        Assert.That(m.Frame, Is.EqualTo(9 * 50));
    });

    [Test]
    public Task AClientThatLeaves_CancelsTheModel([Values] bool isDeaf) => MarbleTest.RunAsync(async m =>
    {
        using var aborted = new CancellationTokenSource();
        var answer = m.Pull("ab @15 c|");
        answer.IgnoresCancellation = isDeaf;
        m.At(9, aborted.Cancel);
        var proxying = new SseProxy(m.Clock).RunAsync(answer, new Connection(m, Quick), aborted.Token);

        await Assert.ThatAsync(() => proxying, Throws.InstanceOf<OperationCanceledException>());
        Assert.That((m.Frame, answer.Cancellations.Single()), Is.EqualTo((9L, 9L)));
        await m.Delay(10);
        Assert.That(answer.Disposals, Is.EqualTo(new[] { isDeaf ? 15 : 9 }));
    });

    [Test]
    public Task ALateClient_AndASlowOne_HoldNobody() => MarbleTest.RunAsync(async m =>
    {
        var (first, late, slow) = (new Connection(m, Quick), new Connection(m, Quick), new Connection(m, Slow));
        var answer = m.Pull("a----b----c----d|");
        var shared = new SharedAnswer(answer, m.Clock);
        var clients = new List<Task> { shared.RunAsync(first, default), shared.RunAsync(slow, default) };
        await m.Delay(7);
        clients.Add(shared.RunAsync(late, default));
        await clients[0];
        Assert.That(m.Frame, Is.EqualTo(17), "as soon as its end is written");
        await Task.WhenAll(clients);

        Assert.That(first.Text, Is.EqualTo("data: a\n\ndata: b\n\ndata: c\n\ndata: d\n\ndata: [DONE]\n\n"));
        Assert.That(late.Text, Is.EqualTo("data: ab\n\ndata: c\n\ndata: d\n\ndata: [DONE]\n\n"));
        Assert.That(slow.Text.Replace("data: ", "", StringComparison.Ordinal).ReplaceLineEndings(""), Is.EqualTo("abcd[DONE]"));
        Assert.That(answer.Enumerations, Has.Count.EqualTo(1));
    });

    [Test]
    public Task WhenAllHaveLeft_TheModelIsCancelled_AfterAWhile() => MarbleTest.RunAsync(async m =>
    {
        using var aborted = new CancellationTokenSource();
        var answer = m.Pull("a---------b---------c---------d---------e---------f");
        var shared = new SharedAnswer(answer, m.Clock);
        m.At(5, aborted.Cancel);
        await Assert.ThatAsync(() => shared.RunAsync(new Connection(m, Quick), aborted.Token), Throws.InstanceOf<OperationCanceledException>());
        await m.Delay(29);
        Assert.That((m.Frame, answer.Disposals.Count), Is.EqualTo((34L, 0)));
        await m.Delay(2);
        Assert.That(answer.Disposals, Is.EqualTo(new[] { 35 }));
    });

    [Test]
    public Task AModelThatIsSilent_IsSaidSo_BehindWhatItHasSaid() => MarbleTest.RunAsync(async m =>
    {
        var response = new Connection(m, Slow);
        await new SseProxy(m.Clock).RunAsync(m.Pull("abc @90 d|"), response, default);

        Assert.That(response.Text, Is.EqualTo("data: a\n\ndata: b\n\ndata: c\n\nevent: error\ndata: the model is silent\n\n"));
    });
}
