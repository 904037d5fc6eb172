using System.Reactive.Subjects;
using NUnit.Framework;

namespace RxTokens.Tests.Issues;

/// <summary>What still waits when the consumer leaves or the enumeration is cancelled goes to onDropped, in order: items may own something (ReactiveX/RxJava#7458, #7457, reactor-core#1155).</summary>
public class WhatWaitsIsDroppedTests
{
    private static IEnumerable<TestCaseData> Pull()
    {
        foreach (var overflow in new[] { Overflow.DropOldest, Overflow.DropWrite, Overflow.Fail })
        {
            yield return new TestCaseData(
                (Func<IAsyncEnumerable<string>, Action<string>, IAsyncEnumerable<string>>)((s, drop) => s.Buffered(8, overflow, onDropped: drop)))
                .SetArgDisplayNames($"Buffered {overflow}");
        }

        yield return new TestCaseData(
            (Func<IAsyncEnumerable<string>, Action<string>, IAsyncEnumerable<string>>)((s, drop) => s.KeepLatest(drop))).SetArgDisplayNames("KeepLatest");
    }

    private static IEnumerable<TestCaseData> Push()
    {
        foreach (var overflow in Enum.GetValues<Overflow>().Where(o => o != Overflow.Wait))
        {
            yield return new TestCaseData(
                (Func<IObservable<string>, Action<string>, IAsyncEnumerable<string>>)((s, drop) => s.Buffered(8, overflow, drop)))
                .SetArgDisplayNames($"Buffered {overflow}");
        }

        yield return new TestCaseData(
            (Func<IObservable<string>, Action<string>, IAsyncEnumerable<string>>)((s, drop) => s.KeepLatest(drop))).SetArgDisplayNames("KeepLatest");
    }

    [TestCaseSource(nameof(Pull))]
    public void OverAPullSource_WhatWaitsIsDroppedWhenTheConsumerLeaves(Func<IAsyncEnumerable<string>, Action<string>, IAsyncEnumerable<string>> over)
    {
        foreach (var cancels in new[] { false, true })
        {
            var clock = new VirtualClock();
            var dropped = "";
            using var cancellation = new CancellationTokenSource();
            var consumer = clock.Consume(over(clock.Pull("abcd------e|"), x => dropped += x), cancellation.Token).AskAt(0);
            clock.AdvanceToFrame(5);
            if (cancels)
                cancellation.Cancel();
            var leaving = consumer.Leave();
            clock.Start();

            Assert.That(dropped, Is.EqualTo("bcd"), cancels ? "cancelled" : "left");
            Assert.That(leaving.IsCompletedSuccessfully, Is.True);
        }
    }

    [TestCaseSource(nameof(Pull))]
    public void OverAPullSource_WhatWaitsIsDroppedWhenACancelledConsumerComesBack(Func<IAsyncEnumerable<string>, Action<string>, IAsyncEnumerable<string>> over)
    {
        var clock = new VirtualClock();
        var dropped = "";
        using var cancellation = new CancellationTokenSource();
        var consumer = clock.Consume(over(clock.Pull("abcd------e|"), x => dropped += x), cancellation.Token).AskAt(0);
        clock.AdvanceToFrame(5);
        cancellation.Cancel();
        _ = consumer.Ask();

        Assert.That(Marbles.Show(consumer.Received), Is.EqualTo("0:a 5:#OperationCanceledException"));
        Assert.That(dropped, Is.EqualTo("bcd"));
        _ = consumer.Leave();
        Assert.That(dropped, Is.EqualTo("bcd"), "once");
    }

    [TestCaseSource(nameof(Pull))]
    public void OverAPullSource_NothingIsDroppedThatWasDelivered(Func<IAsyncEnumerable<string>, Action<string>, IAsyncEnumerable<string>> over)
    {
        var clock = new VirtualClock();
        var dropped = "";
        var consumer = clock.Consume(over(clock.Pull("abcd|"), x => dropped += x));
        var all = consumer.AskForAll();
        clock.Start();

        Assert.That(all.IsCompletedSuccessfully, Is.True);
        Assert.That((string.Concat(consumer.Items), dropped), Is.EqualTo(("abcd", "")));
    }

    [TestCaseSource(nameof(Push))]
    public void OverAPushSource_WhatWaitsIsDroppedWhenTheConsumerLeaves(Func<IObservable<string>, Action<string>, IAsyncEnumerable<string>> over)
    {
        foreach (var cancels in new[] { false, true })
        {
            using var source = new Subject<string>();
            var dropped = "";
            using var cancellation = new CancellationTokenSource();
            var consumer = new VirtualClock().Consume(over(source, x => dropped += x), cancellation.Token);
            _ = consumer.Ask();
            foreach (var item in "abcd")
                source.OnNext($"{item}");
            if (cancels)
                cancellation.Cancel();

            Assert.That(consumer.Leave().IsCompletedSuccessfully, Is.True);
            Assert.That(dropped, Is.EqualTo("bcd"), cancels ? "cancelled" : "left");
        }
    }

    [TestCaseSource(nameof(Pull))]
    public void AnItemInWhoseReadTheEnumerationIsCancelled_IsDroppedToo(Func<IAsyncEnumerable<string>, Action<string>, IAsyncEnumerable<string>> over)
    {
        foreach (var isReady in new[] { true, false })
        {
            using var cancellation = new CancellationTokenSource();
            var source = new Cancelling(cancellation, isReady);
            var dropped = "";
            var consumer = new VirtualClock().Consume(over(source, x => dropped += x), cancellation.Token);
            _ = consumer.Ask();
            source.Land();
            source.Land();

            Assert.That((string.Concat(consumer.Items), dropped), Is.EqualTo(("a", "b")), isReady ? "ready" : "landed");
            Assert.That(consumer.Leave().IsCompletedSuccessfully, Is.True);
            Assert.That((dropped, source.Disposals), Is.EqualTo(("b", 1)));
        }
    }

    [TestCaseSource(nameof(Pull))]
    public void AnOnDroppedThatThrowsForSuchAnItem_IsToldWhenTheConsumerLeaves(Func<IAsyncEnumerable<string>, Action<string>, IAsyncEnumerable<string>> over)
    {
        using var cancellation = new CancellationTokenSource();
        var source = new Cancelling(cancellation, isReady: true);
        var consumer = new VirtualClock().Consume(over(source, _ => throw Marbles.Failure), cancellation.Token);
        _ = consumer.Ask();

        Assert.That(async () => await consumer.Leave(), Throws.Exception.SameAs(Marbles.Failure));
        Assert.That(source.Disposals, Is.EqualTo(1));
    }

    /// <summary>Has its own enumeration cancelled while it hands out its second item.</summary>
    private sealed class Cancelling(CancellationTokenSource cancellation, bool isReady) : IAsyncEnumerable<string>, IAsyncEnumerator<string>
    {
        private TaskCompletionSource<bool>? _read;
        private int _reads;

        public int Disposals { get; private set; }

        public string Current
        {
            get
            {
                if (_reads == 2)
                    cancellation.Cancel();
                return $"{"abcd"[_reads - 1]}";
            }
        }

        public IAsyncEnumerator<string> GetAsyncEnumerator(CancellationToken cancellationToken = default) => this;

        public ValueTask<bool> MoveNextAsync()
        {
            _reads++;
            if (isReady)
                return new(true);

            _read = new();
            return new(_read.Task);
        }

        public void Land() => _read?.TrySetResult(true);

        public ValueTask DisposeAsync()
        {
            Disposals++;
            return default;
        }
    }
}
