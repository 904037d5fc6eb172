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
    public Task AModelThatIsSilent_IsSaidSo_BehindWhatItHasSaid() => MarbleTest.RunAsync(async m =>
    {
        var response = new Connection(m, Slow);
        await new SseProxy(m.Clock).RunAsync(m.Pull("abc @90 d|"), response, default);

        Assert.That(response.Text, Is.EqualTo("data: a\n\ndata: b\n\ndata: c\n\nevent: error\ndata: the model is silent\n\n"));
    });
}
