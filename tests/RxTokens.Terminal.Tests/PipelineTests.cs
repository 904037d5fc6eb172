using System.ClientModel.Primitives;
using System.Reactive;
using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using System.Reactive.Threading.Tasks;
using System.Runtime.CompilerServices;
using OpenAI.Chat;
using Terminal;

namespace RxTokens.Terminal.Tests;

/// <summary>The pipeline in virtual time: single-threaded, and the same in each run.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class PipelineTests : IAsyncDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly HistoricalScheduler _clock = new(Start);
    private readonly List<DateTimeOffset> _frames = [];
    private readonly Subject<char> _keys = new();
    private readonly Controls _controls;
    private readonly CancellationTokenSource _leaving = new();
    private int _said; // tokens by the model
    private int _counted; // tokens by the other pane
    private int _stallsAfter = int.MaxValue;

    public PipelineTests() => _controls = new Controls(_keys.Buffered(1));

    public async ValueTask DisposeAsync()
    {
        await _controls.DisposeAsync();
        _keys.Dispose();
        _leaving.Dispose();
    }

    [TestCase("Conflate", 500)]
    [TestCase("Conflate", 5000)]
    [TestCase("Wait", 500)]
    [TestCase("DropOldest", 500)]
    [TestCase("Latest", 500)]
    [TestCase("Push", 500)]
    public void At_most_60_frames_a_second_are_drawn(string strategy, int rate)
    {
        var (drawing, _) = Draw(Enum.Parse<Strategy>(strategy), Answer(tokens: 2 * rate, every: TimeSpan.FromSeconds(1.0 / rate)), Options.ShortestFrame);
        _clock.AdvanceBy(TimeSpan.FromMinutes(5));

        Assert.That(drawing.IsCompletedSuccessfully);
        Assert.Multiple(() =>
        {
            Assert.That(_frames.Select(frame => (frame - Start).Ticks / Options.ShortestFrame.Ticks), Is.Unique, "one text in each frame of the clock");
            Assert.That(_frames.Count(frame => frame >= Start.AddSeconds(0.5) && frame < Start.AddSeconds(1.5)), Is.InRange(59, 60), "and not many fewer");
        });
    }

    [Test]
    public void The_first_token_is_drawn_at_once()
    {
        var (_, _) = Draw(Strategy.Conflate, Answer(tokens: 10, every: TimeSpan.FromMilliseconds(300)), Options.ShortestFrame);
        _clock.AdvanceBy(TimeSpan.FromSeconds(1));

        Assert.That(_frames.Select(frame => (frame - Start).TotalMilliseconds), Is.EqualTo(new[] { 300, 600, 900 }));
    }

    [Test]
    public void Conflate_shows_all_and_never_holds_the_model()
    {
        var (drawing, figures) = Draw(Strategy.Conflate, Answer(tokens: 100, every: TimeSpan.FromMilliseconds(10)), TimeSpan.FromMilliseconds(100));
        _clock.AdvanceBy(TimeSpan.FromSeconds(3));

        var now = figures.Now;
        Assert.Multiple(() =>
        {
            Assert.That(drawing.IsCompletedSuccessfully);
            Assert.That(figures.TextShown, Is.EqualTo(figures.TextReceived));
            Assert.That(now.Held, Is.EqualTo(TimeSpan.Zero));
            Assert.That((now.Read, now.Shown, now.Dropped, now.Waiting), Is.EqualTo((100, 100, 0, 0)));
            Assert.That(now.Merged, Is.EqualTo(100 - _frames.Count));
            Assert.That(now.PeakWaiting, Is.LessThanOrEqualTo(21), "two frames' worth: the one that is drawn and the one that gathers");
        });
    }

    [Test]
    public void Wait_holds_the_model_for_exactly_as_long_as_the_screen_needs()
    {
        var (drawing, figures) = Draw(Strategy.Wait, Answer(tokens: 20, every: TimeSpan.Zero), TimeSpan.FromMilliseconds(100));
        _clock.AdvanceBy(TimeSpan.FromSeconds(10));

        Assert.Multiple(() =>
        {
            Assert.That(drawing.IsCompletedSuccessfully);
            Assert.That(_frames, Has.Count.EqualTo(20));
            Assert.That(figures.TextShown, Is.EqualTo(figures.TextReceived));
            Assert.That(figures.Now.Held, Is.InRange(TimeSpan.FromMilliseconds(1300), TimeSpan.FromMilliseconds(1500)), "19 frames, less those for the buffer");
        });
    }

    [TestCase("Conflate")]
    [TestCase("Wait")]
    [TestCase("DropOldest")]
    [TestCase("DropNewest")]
    [TestCase("Latest")]
    [TestCase("Push")]
    public void The_other_pane_counts_every_token_whatever_is_shown(string strategy)
    {
        var (drawing, _) = Draw(Enum.Parse<Strategy>(strategy), Thinking(tokens: 100, every: TimeSpan.FromMilliseconds(10)), TimeSpan.FromMilliseconds(50));
        _clock.AdvanceBy(TimeSpan.FromMinutes(1));

        Assert.That(drawing.IsCompletedSuccessfully);
        Assert.That(_counted, Is.EqualTo(100));
    }

    [Test]
    public void The_other_pane_may_stall_and_nothing_is_late_or_lost()
    {
        _stallsAfter = 10;
        var (drawing, figures) = Draw(Strategy.Conflate, Thinking(tokens: 100, every: TimeSpan.FromMilliseconds(10)), Options.ShortestFrame);

        _clock.AdvanceTo(Start.AddMilliseconds(1000));
        Assert.That((_counted, figures.Now.Read, figures.Now.Held), Is.EqualTo((10, 100, TimeSpan.Zero)));
        _clock.AdvanceBy(TimeSpan.FromMilliseconds(40));
        Assert.That(drawing.IsCompletedSuccessfully, "and nobody waits for it at the end");
        Assert.That(figures.TextShown, Is.EqualTo(figures.TextReceived));
    }

    [Test]
    public void Who_leaves_leaves_with_both_panes()
    {
        _stallsAfter = 10;
        var (drawing, _) = Draw(Strategy.Conflate, Thinking(tokens: 100, every: TimeSpan.FromMilliseconds(10)), Options.ShortestFrame);
        _clock.AdvanceTo(Start.AddMilliseconds(305));

        _leaving.Cancel();
        _clock.AdvanceBy(TimeSpan.FromMinutes(1));

        Assert.That(drawing.IsCanceled);
        Assert.That(_said, Is.EqualTo(30));
    }

    [Test]
    public void Nothing_posts_what_the_clock_runs() => Assert.That(SynchronizationContext.Current, Is.Null);

    [Test]
    public async Task A_silent_source_is_given_up_after_the_limit()
    {
        var reading = Never().LimitSilence(TimeSpan.FromSeconds(10), signs: Observable.Never<Unit>(), _clock).GetAsyncEnumerator().MoveNextAsync().AsTask();

        _clock.AdvanceBy(TimeSpan.FromSeconds(9.9));
        Assert.That(reading.IsCompleted, Is.False);
        _clock.AdvanceBy(TimeSpan.FromSeconds(0.2));
        await Assert.ThrowsAsync<TimeoutException>(async () => await reading.WaitAsync(TimeSpan.FromSeconds(5)));
    }

    [Test]
    public async Task A_sign_of_life_that_makes_no_item_counts_until_there_is_none_for_the_limit()
    {
        using var signs = new Subject<Unit>();
        var reading = Never().LimitSilence(TimeSpan.FromSeconds(10), signs, _clock).GetAsyncEnumerator().MoveNextAsync().AsTask();
        foreach (var second in (double[])[3, 9, 18, 27])
            _clock.Schedule(Start.AddSeconds(second), () => signs.OnNext(Unit.Default));

        _clock.AdvanceTo(Start.AddSeconds(36.9));
        Assert.That(reading.IsCompleted, Is.False);
        _clock.AdvanceTo(Start.AddSeconds(37.1));
        await Assert.ThrowsAsync<TimeoutException>(async () => await reading.WaitAsync(TimeSpan.FromSeconds(5)));
    }

    [Test]
    public async Task A_slow_screen_is_not_a_silent_server()
    {
        await using var items = Answer(tokens: 3, every: TimeSpan.Zero)
            .LimitSilence(TimeSpan.FromSeconds(10), signs: Observable.Never<Unit>(), _clock).GetAsyncEnumerator();

        Assert.That(await items.MoveNextAsync());
        _clock.AdvanceBy(TimeSpan.FromMinutes(10));
        Assert.That(await items.MoveNextAsync());
    }

    [Test]
    public void An_answer_without_a_finish_reason_was_cut_off_and_what_came_is_drawn()
    {
        var cut = Answer(tokens: 5, every: TimeSpan.FromMilliseconds(1)).Where(update => update.FinishReason is null);
        var (drawing, figures) = Draw(Strategy.Conflate, cut, TimeSpan.FromMilliseconds(100));
        _clock.AdvanceBy(TimeSpan.FromSeconds(1));

        Assert.That(drawing.Exception?.InnerException, Is.TypeOf<CutOffException>());
        Assert.That(figures.Now.Shown, Is.EqualTo(5));
    }

    [Test]
    public void A_pause_holds_the_model_and_loses_nothing()
    {
        var (drawing, figures) = Draw(Strategy.Conflate, Thinking(tokens: 100, every: TimeSpan.FromMilliseconds(10)), Options.ShortestFrame);

        _clock.AdvanceTo(Start.AddMilliseconds(305));
        _keys.OnNext('p');
        Assert.That(_controls.IsPaused);
        _clock.AdvanceBy(TimeSpan.FromMinutes(10));
        Assert.That((_said, figures.Now.Shown, drawing.IsCompleted), Is.EqualTo((31, 30, false)), "one was being thought of");
        Assert.That(figures.Now.Held, Is.EqualTo(TimeSpan.FromMinutes(10) - TimeSpan.FromMilliseconds(5)));

        _keys.OnNext('p');
        _clock.AdvanceBy(TimeSpan.FromMilliseconds(690));
        Assert.That(figures.Now.Read, Is.EqualTo(100));
        _clock.AdvanceBy(TimeSpan.FromMilliseconds(20));
        Assert.That(drawing.IsCompletedSuccessfully);
        Assert.That(figures.TextShown, Is.EqualTo(figures.TextReceived));
    }

    [TestCase(Strategy.Conflate)]
    [TestCase(Strategy.Wait)]
    [TestCase(Strategy.Push)]
    public void A_stop_leaves_the_model_and_draws_what_was_read(object strategy)
    {
        var (drawing, figures) = Draw((Strategy)strategy, Thinking(tokens: 100, every: TimeSpan.FromMilliseconds(10)), TimeSpan.FromMilliseconds(50));

        _clock.AdvanceTo(Start.AddMilliseconds(95));
        _keys.OnNext('s');
        var read = figures.Now.Read;
        Assert.That(figures.Now.Shown, Is.LessThan(read), "the screen is behind");

        _clock.AdvanceBy(TimeSpan.FromMinutes(1));
        Assert.That(drawing.IsCompletedSuccessfully);
        Assert.That((_said, figures.Now.Read, figures.Now.Shown), Is.EqualTo((read, read, read)));
        Assert.That(figures.TextShown, Is.EqualTo(figures.TextReceived));
    }

    [Test]
    public void A_stop_ends_a_pause()
    {
        var (drawing, figures) = Draw(Strategy.Conflate, Thinking(tokens: 100, every: TimeSpan.FromMilliseconds(10)), Options.ShortestFrame);

        _clock.AdvanceTo(Start.AddMilliseconds(95));
        _keys.OnNext('p');
        _clock.AdvanceBy(TimeSpan.FromSeconds(1));
        _keys.OnNext('s');
        _clock.AdvanceBy(TimeSpan.FromSeconds(1));
        _keys.OnNext('p');

        Assert.That(drawing.IsCompletedSuccessfully);
        Assert.That((figures.Now.Read, figures.Now.Shown), Is.EqualTo((10, 10)), "the one that the pause has held, too");
        Assert.That(_controls.IsPaused, Is.False, "there is nothing to pause");
    }

    [Test]
    public void A_server_that_goes_silent_is_given_up_with_one_line_and_what_came_is_drawn()
    {
        var (drawing, figures) = Draw(Strategy.Conflate, Thinking(tokens: 5, every: TimeSpan.FromMilliseconds(10), silentFor: 2 * Limit), Options.ShortestFrame);

        _clock.AdvanceTo(Start.AddMilliseconds(50) + Limit - TimeSpan.FromTicks(1));
        Assert.That(drawing.IsCompleted, Is.False);
        _clock.AdvanceBy(TimeSpan.FromMilliseconds(20));

        Assert.That(figures.Now.Shown, Is.EqualTo(5));
        Assert.That(
            Failures.Describe(drawing.Exception!.InnerException!, new Peer(new Uri("http://localhost"), Proxy: null), figures.Now, Limit),
            Is.EqualTo("the server went silent after 5 tokens: nothing came for 10 s (--timeout)"));
    }

    private (Task Drawing, Figures Figures) Draw(Strategy strategy, IAsyncEnumerable<StreamingChatCompletionUpdate> answer, TimeSpan period)
    {
        var figures = new Figures(_clock, strategy);
        var drawing = answer.MeasureHeld(figures).Steer(_controls.Stop, _controls.IsOpen, Limit, signs: Observable.Never<Unit>(), _clock).DrawAsync(
            strategy, 5, figures, recording: null, new Screen(this, figures), _clock, new FrameClock(period, _clock), _controls.Stop, _leaving.Token);
        return (drawing, figures);
    }

    /// <summary>Notes its frames, and counts the tokens for as long as it is to.</summary>
    private sealed class Screen(PipelineTests test, Figures figures) : IScreen
    {
        public void Draw(string text)
        {
            test._frames.Add(test._clock.Now);
            figures.OnDrawn(text);
        }

        public void Think(string text)
        {
        }

        public async Task CountAsync(IAsyncEnumerable<int> tokens, CancellationToken cancellationToken)
        {
            await foreach (var count in tokens.WithCancellation(cancellationToken))
            {
                test._counted += count;
                if (test._counted >= test._stallsAfter)
                    await Observable.Never<int>().ToTask(cancellationToken);
            }
        }

        public void Dispose()
        {
        }
    }

    /// <summary>A model that says a token in each interval, or whenever it is asked.</summary>
    private IAsyncEnumerable<StreamingChatCompletionUpdate> Answer(int tokens, TimeSpan every)
    {
        var updates = Enumerable.Range(0, tokens).Select(i => Update($"t{i} ", null)).Append(Update(null, ChatFinishReason.Stop));
        return every == TimeSpan.Zero
            ? updates.ToAsyncEnumerable()
            : updates.ToObservable().Zip(Observable.Interval(every, _clock), (update, _) => update).Buffered(int.MaxValue);
    }

    /// <summary>A model that thinks for so long about each token that it is asked for, and before the end, if it is to be silent.</summary>
    private async IAsyncEnumerable<StreamingChatCompletionUpdate> Thinking(
        int tokens, TimeSpan every, TimeSpan? silentFor = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (var i = 0; i < tokens; i++)
        {
            await Observable.Timer(every, _clock).ToTask(cancellationToken);
            _said++;
            yield return Update($"t{i} ", null);
        }

        if (silentFor is { } silence)
            await Observable.Timer(silence, _clock).ToTask(cancellationToken);
        yield return Update(null, ChatFinishReason.Stop);
    }

    private static StreamingChatCompletionUpdate Update(string? text, ChatFinishReason? finishReason) =>
        ModelReaderWriter.Read<StreamingChatCompletionUpdate>(BinaryData.FromObjectAsJson(new
        {
            id = "x",
            created = 0,
            model = "m",
            choices = new[] { new { index = 0, delta = new { content = text }, finish_reason = finishReason is null ? null : "stop" } },
        }))!;

    private static async IAsyncEnumerable<string> Never([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        yield return "";
    }
}
