using System.Reactive.Concurrency;
using System.Reactive.Subjects;
using System.Runtime.CompilerServices;
using NUnit.Framework;
using RxTokens;

namespace Applications;

/// <summary>A chat in a console: an answer has time limits, can be stopped and paused, and is drawn a frame at a time.</summary>
public sealed class ConsoleChat(TextWriter console, FrameClock frames, IScheduler clock) : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly BehaviorSubject<bool> _isRunning = new(true);

    public void Pause() => _isRunning.OnNext(_stop.IsCancellationRequested); // what has been stopped does not wait

    public void Resume() => _isRunning.OnNext(true);

    public void Stop()
    {
        _stop.Cancel();
        Resume(); // the end is behind the valve, too
    }

    public async Task ShowAsync(IAsyncEnumerable<string> answer, CancellationToken quit = default)
    {
        try
        {
            await answer
                .Detach()
                .RetryBeforeFirst(retries: 1, (_, _) => TimeSpan.FromMilliseconds(5), clock, failure => failure is IOException)
                .TakeUntil(_stop.Token)
                .Timeout(first: TimeSpan.FromMilliseconds(20), between: TimeSpan.FromMilliseconds(10), clock)
                .Valve(_isRunning)
                .Conflate()
                .PerFrame(frames)
                .RenderOnAsync(clock, console.Write, quit);
            console.Write(_stop.IsCancellationRequested ? "(stopped)" : "(end)");
        }
        catch (TimeoutException)
        {
            console.Write("(the model is silent)");
        }
        catch (IOException)
        {
            console.Write("(the connection broke)");
        }
    }

    public void Dispose()
    {
        _stop.Dispose();
        _isRunning.Dispose();
    }
}

public class ConsoleChatTests
{
    private sealed class Terminal : StringWriter
    {
        public Subject<string> Written { get; } = new();

        public override void Write(string? value) => Written.OnNext(value!);
    }

    private static Task Show(string answer, string screen, string pulls, Action<ConsoleChat, MarbleTest>? act = null, bool isDeaf = false) => MarbleTest.RunAsync(async m =>
    {
        using var terminal = new Terminal();
        using var chat = new ConsoleChat(terminal, new FrameClock(TimeSpan.FromMilliseconds(4), m.Clock), m.Clock);
        var tokens = m.Pull(answer, name: "answer");
        tokens.IgnoresCancellation = isDeaf;
        m.Expect(terminal.Written).ToBe(screen);
        m.ExpectPulls(tokens).ToBe(pulls);
        act?.Invoke(chat, m);
        await chat.ShowAsync(tokens);
    });

    [Test]
    public Task AnAnswer_IsDrawnAFrameAtATime() =>
        Show("abc--d-e|", screen: "a---{bc}---{de}---{(end)}", pulls: "[^2]11--1-1!");

    [Test]
    public Task Stop_KeepsTheText() =>
        Show("ab----c|", screen: "a---b---{(stopped)}", pulls: "[^2]1[x!]", act: (chat, m) => m.At(2, chat.Stop));

    [Test]
    public Task Pause_HoldsTheModel() =>
        Show("ab-c-d|", screen: "a---b @20 c---d---{(end)}", pulls: "[^2]1 @20 [2!]", act: (chat, m) =>
        {
            m.At(2, chat.Pause);
            m.At(20, chat.Resume);
        });

    [Test]
    public Task Stop_WhileItIsPaused_Ends() =>
        Show("ab-c-d|", screen: "a---b----c--{(stopped)}", pulls: "[^2]1-------[x!]", act: (chat, m) =>
        {
            m.At(2, chat.Pause);
            m.At(9, chat.Stop);
        });

    [Test]
    public Task AModelThatIsSilent_AndDeaf_KeepsNobody([Values] bool isDeaf) =>
        Show("a-- 100ms b|", screen: "a @10 {(the model is silent)}", pulls: isDeaf ? "[^2] @10 x @103 !" : "[^2] @10 [x!]", isDeaf: isDeaf);

    [Test]
    public Task AConnectionThatBreaks_IsTriedAgain_IfNothingHasBeenShown() => MarbleTest.RunAsync(async m =>
    {
        using var terminal = new Terminal();
        using var chat = new ConsoleChat(terminal, new FrameClock(TimeSpan.FromMilliseconds(4), m.Clock), m.Clock);
        var tries = new Queue<IAsyncEnumerable<string>>([m.Pull("-#", error: new IOException()), m.Pull("a-b-#", error: new IOException())]);
        m.Expect(terminal.Written).ToBe("------a-b---{(the connection broke)}");
        await chat.ShowAsync(Requests());

        async IAsyncEnumerable<string> Requests([EnumeratorCancellation] CancellationToken cancelled = default)
        {
            await foreach (var token in tries.Dequeue().WithCancellation(cancelled))
                yield return token;
        }
    });

    [Test]
    public Task Quit_WaitsForNobody([Values] bool isDeaf) => MarbleTest.RunAsync(async m =>
    {
        using var chat = new ConsoleChat(new StringWriter(), new FrameClock(TimeSpan.FromMilliseconds(4), m.Clock), m.Clock);
        using var quit = new CancellationTokenSource();
        var tokens = m.Pull("a-----------b|");
        tokens.IgnoresCancellation = isDeaf;
        m.At(5, quit.Cancel);

        await Assert.ThatAsync(() => chat.ShowAsync(tokens, quit.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(m.Frame, Is.EqualTo(5));
    });
}
