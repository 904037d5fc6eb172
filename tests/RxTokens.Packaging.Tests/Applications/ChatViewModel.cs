using System.ComponentModel;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using System.Runtime.CompilerServices;
using NUnit.Framework;
using RxTokens;

namespace Applications;

/// <summary>What a window shows of an answer: its text, sixty times a second, and what its buttons do.</summary>
public sealed class ChatViewModel(SynchronizationContext ui, FrameClock frames) : INotifyPropertyChanged
{
    private readonly BehaviorSubject<bool> _isRunning = new(true);
    private CancellationTokenSource _stop = new();

    public event PropertyChangedEventHandler? PropertyChanged;

    public string Text
    {
        get;
        private set => Set(ref field, value);
    } = "";

    public bool IsAnswering
    {
        get;
        private set => Set(ref field, value);
    }

    public bool IsPaused
    {
        get;
        set
        {
            Set(ref field, value);
            _isRunning.OnNext(!value);
        }
    }

    public void Stop() => _stop.Cancel();

    public async Task AskAsync(IAsyncEnumerable<string> answer)
    {
        _stop = new CancellationTokenSource();
        Text = "";
        IsAnswering = true;
        try
        {
            // Behind the valve: an answer that is paused can be stopped, too.
            await answer.Valve(_isRunning).TakeUntil(_stop.Token).Conflate().PerFrame(frames).RenderOnAsync(ui, text => Text += text);
        }
        finally
        {
            IsAnswering = false;
        }
    }

    private void Set<T>(ref T field, T value, [CallerMemberName] string? property = null)
    {
        if (EqualityComparer<T>.Default.Equals(field, value))
            return;

        field = value;
        PropertyChanged?.Invoke(this, new PropertyChangedEventArgs(property));
    }
}

public class ChatViewModelTests
{
    private static Task Show(
        string answer, string text, string isAnswering, Action<ChatViewModel, MarbleTest>? act = null, params string[] ui) => MarbleTest.RunAsync(async m =>
    {
        var chat = new ChatViewModel(m.UiThread(ui), new FrameClock(TimeSpan.FromMilliseconds(4), m.Clock));
        m.Expect(Changes(chat, nameof(chat.Text), () => chat.Text)).ToBe(text);
        m.Expect(Changes(chat, nameof(chat.IsAnswering), () => chat.IsAnswering)).ToBe(isAnswering, [("t", true), ("f", false)]);
        act?.Invoke(chat, m);
        await m.Delay(0); // to frame 0, where the expectations subscribe
        await chat.AskAsync(m.Pull(answer));
    });

    private static IObservable<T> Changes<T>(ChatViewModel chat, string property, Func<T> value) =>
        Observable.FromEventPattern<PropertyChangedEventHandler, PropertyChangedEventArgs>(h => chat.PropertyChanged += h, h => chat.PropertyChanged -= h)
            .Where(change => change.EventArgs.PropertyName == property)
            .Select(_ => value());

    [Test]
    public Task TheText_GrowsAFrameAtATime() =>
        Show("abc--d-e|", text: "a---{abc}---{abcde}", isAnswering: "t @12 f");

    [Test]
    public Task AUiThreadThatIsBusy_GetsAllOfItAfterwards() =>
        Show("abc--d-e-f|", ui: ["-^ @21 !"], text: "a @21 [{abc}{abcdef}]", isAnswering: "t @24 f");

    [Test]
    public Task Stop_KeepsTheText() =>
        Show("abc--d-e|", text: "a---{abc}", isAnswering: "t-------f", act: (chat, m) => m.At(3, chat.Stop));

    [Test]
    public Task WhileItIsPaused_NothingIsRead() =>
        Show("abc--d-e|", text: "a---{abc} @20 {abcd}---{abcde}", isAnswering: "t @28 f", act: (chat, m) =>
        {
            m.At(3, () => chat.IsPaused = true);
            m.At(20, () => chat.IsPaused = false);
        });

    [Test]
    public Task StoppedWhileItIsPaused_ItEnds() =>
        Show("abc--d-e|", text: "a---{abc}", isAnswering: "t---------f", act: (chat, m) =>
        {
            m.At(3, () => chat.IsPaused = true);
            m.At(10, chat.Stop);
        });

    [Test]
    public Task AskedAgain_ItStartsAfresh() => MarbleTest.RunAsync(async m =>
    {
        var chat = new ChatViewModel(m.UiThread(), new FrameClock(TimeSpan.FromMilliseconds(4), m.Clock));
        m.At(2, chat.Stop);
        await chat.AskAsync(m.Pull("a---b|"));
        Assert.That((chat.Text, m.Frame), Is.EqualTo(("a", 4L)));
        await chat.AskAsync(m.Pull("xy|"));
        Assert.That((chat.Text, chat.IsAnswering), Is.EqualTo(("xy", false)));
    });

    [Test]
    public async Task PausedAndStoppedInTheInstantOfATokenAndAFrame_InWhateverOrder_ItEndsWithWhatItHasSaid()
    {
        var texts = new HashSet<string>();
        await MarbleTest.ExploreAsync(async m =>
        {
            var chat = new ChatViewModel(m.UiThread(), new FrameClock(TimeSpan.FromMilliseconds(4), m.Clock));
            m.At(4, () => chat.IsPaused = true);
            m.At(4, chat.Stop);
            await chat.AskAsync(m.Pull("ab--c-d|"));

            texts.Add(chat.Text);
            Assert.That(chat.IsAnswering, Is.False);
        });

        Assert.That(texts, Is.EquivalentTo(new[] { "ab", "abc" }));
    }
}
