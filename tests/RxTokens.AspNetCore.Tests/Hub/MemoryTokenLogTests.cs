using Microsoft.Extensions.Time.Testing;

namespace RxTokens.AspNetCore.Tests;

/// <summary>What a log promises, in memory: atomic, one producer, bounded in characters and in time.</summary>
public class MemoryTokenLogTests
{
    private static readonly TimeSpan Keep = TimeSpan.FromSeconds(60);

    private FakeTimeProvider _clock = null!;
    private MemoryTokenLog _log = null!;

    [SetUp]
    public void SetUp() => _log = new MemoryTokenLog(100, Keep, _clock = new FakeTimeProvider());

    private static async Task<TokenLogEntry> NextAsync(IAsyncEnumerator<TokenLogEntry> reader)
    {
        Assert.That(await reader.MoveNextAsync().AsTask().WaitAsync(TestHost.Patience), Is.True);
        return reader.Current;
    }

    // Arguments

    [Test]
    public void WhatIsOutOfRange_IsSaidWithItsValue()
    {
        Assert.That(() => new MemoryTokenLog(0, Keep), Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains("0"));
        Assert.That(() => new MemoryTokenLog(1, TimeSpan.Zero), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => new MemoryTokenLog(1, TimeSpan.FromDays(2)), Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains("2.00:00:00"));
        Assert.That(() => _log.ReadAsync("a", -1), Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains("-1"));
    }

    // Reading

    [Test]
    public async Task AReader_GetsAllThatHasComeInOne_ThenWhatComes_ThenHowItHasEnded()
    {
        var fence = await _log.BeginAsync("a");
        await _log.AppendAsync("a", fence, "Hel");
        await _log.AppendAsync("a", fence, "lo");
        await using var reader = _log.ReadAsync("a", 1).GetAsyncEnumerator();
        Assert.That(await NextAsync(reader), Is.EqualTo(new TokenLogEntry("ello", 5, false, null)));
        var next = NextAsync(reader);
        Assert.That(next.IsCompleted, Is.False);
        await _log.AppendAsync("a", fence, "!");
        Assert.That(await next, Is.EqualTo(new TokenLogEntry("!", 6, false, null)));
        Assert.That(await _log.EndAsync("a", fence, TokenLogEnd.Complete), Is.True);
        Assert.That(await NextAsync(reader), Is.EqualTo(new TokenLogEntry("", 6, false, TokenLogEnd.Complete)));
        Assert.That(await reader.MoveNextAsync(), Is.False);
    }

    [Test]
    public async Task AReaderThatHasMoreThanThereIs_IsToldHowItHasEnded()
    {
        var fence = await _log.BeginAsync("a");
        await _log.AppendAsync("a", fence, "abc");
        await using var waiting = _log.ReadAsync("a", 7).GetAsyncEnumerator();
        var next = NextAsync(waiting);
        await _log.EndAsync("a", fence, TokenLogEnd.Complete);
        Assert.That(await next, Is.EqualTo(new TokenLogEntry("", 7, false, TokenLogEnd.Complete)));
        await using var late = _log.ReadAsync("a", 7).GetAsyncEnumerator();
        Assert.That(await NextAsync(late), Is.EqualTo(new TokenLogEntry("", 7, false, TokenLogEnd.Complete)));
    }

    /// <summary>An append falls before, within or after each step of each reader, who may begin at any time: each has each character once, in order.</summary>
    [Test]
    public async Task R02_WhateverFallsBetween_EachReaderHasEachCharacterOnce()
    {
        for (var seed = 0; seed < 10_000; seed++)
        {
            var random = new Random(seed);
            var log = new MemoryTokenLog(1000, Keep, _clock);
            var fence = await log.BeginAsync("a");
            var written = "";
            var hasEnded = false;
            var readers = new List<Reader>();
            for (var step = 0; step < 14; step++)
            {
                switch (random.Next(4))
                {
                    case 0 when !hasEnded:
                        var text = string.Concat(Enumerable.Range(written.Length, random.Next(1, 4)).Select(n => (char)('A' + n)));
                        await log.AppendAsync("a", fence, text);
                        written += text;
                        break;
                    case 1 when !hasEnded && step > 8:
                        hasEnded = await log.EndAsync("a", fence, TokenLogEnd.Complete);
                        break;
                    case 2:
                        readers.Add(new Reader(log, random.Next(written.Length + 1)));
                        break;
                    default:
                        if (readers.Count > 0)
                            readers[random.Next(readers.Count)].Step();
                        break;
                }
            }

            if (!hasEnded)
                await log.EndAsync("a", fence, TokenLogEnd.Complete);
            foreach (var reader in readers)
                Assert.That(await reader.ToEndAsync(), Is.EqualTo(written[reader.Position..]), $"seed {seed}");
        }
    }

    private sealed class Reader(MemoryTokenLog log, int position)
    {
        private readonly IAsyncEnumerator<TokenLogEntry> _reading = log.ReadAsync("a", position).GetAsyncEnumerator();
        private Task<bool>? _step;
        private string _text = "";
        private TokenLogEnd? _end;

        public int Position => position;

        /// <summary>Begins a read; or takes what that has brought, if it has.</summary>
        public void Step()
        {
            if (_end is not null)
                return;
            if (_step is null)
                _step = _reading.MoveNextAsync().AsTask();
            else if (_step.IsCompleted)
                Take();
        }

        public async Task<string> ToEndAsync()
        {
            while (_end is null)
            {
                _step ??= _reading.MoveNextAsync().AsTask();
                await _step.WaitAsync(TestHost.Patience);
                Take();
            }

            return _text;
        }

        private void Take()
        {
            Assert.That(_step!.Result, Is.True);
            _step = null;
            var entry = _reading.Current;
            Assert.That((entry.IsLost, entry.Position), Is.EqualTo((false, (long)(position + _text.Length + entry.Text.Length))));
            _text += entry.Text;
            _end = entry.End;
        }
    }

    [Test]
    public async Task ReadersBesideAProducer_OnThreadsOfTheirOwn_HaveTheWhole()
    {
        for (var round = 0; round < 200; round++)
        {
            var log = new MemoryTokenLog(10_000, Keep, _clock);
            var fence = await log.BeginAsync("a");
            var readers = Enumerable.Range(0, 3).Select(_ => Task.Run(() => ReadAllAsync(log))).ToArray();
            for (var n = 0; n < 50; n++)
                await log.AppendAsync("a", fence, $"{n},");
            await log.EndAsync("a", fence, TokenLogEnd.Complete);
            foreach (var text in await Task.WhenAll(readers).WaitAsync(TestHost.Patience))
                Assert.That(text, Is.EqualTo(string.Concat(Enumerable.Range(0, 50).Select(n => $"{n},"))));
        }
    }

    private static async Task<string> ReadAllAsync(ITokenLog log, long position = 0)
    {
        var text = "";
        await foreach (var entry in log.ReadAsync("a", position))
            text += entry.Text;
        return text;
    }

    [Test]
    public async Task ReadingIsCancelled_WhileItWaits()
    {
        await _log.BeginAsync("a");
        using var cancellation = new CancellationTokenSource();
        await using var reader = _log.ReadAsync("a", 0, cancellation.Token).GetAsyncEnumerator();
        var next = reader.MoveNextAsync().AsTask();
        cancellation.Cancel();
        Assert.That(async () => await next.WaitAsync(TestHost.Patience), Throws.InstanceOf<OperationCanceledException>());
    }

    // One producer

    [Test]
    public async Task R13_TheSecondProducer_IsRefused_AndTheTextIsTheFirstOnes()
    {
        var first = await _log.BeginAsync("a");
        await _log.AppendAsync("a", first, "one");
        Assert.That(async () => await _log.BeginAsync("a"), Throws.TypeOf<TokenLogConflictException>().With.Message.Contains("'a'"));
        Assert.That(async () => await _log.AppendAsync("a", first + 1, "two"), Throws.TypeOf<TokenLogConflictException>());
        Assert.That(await _log.EndAsync("a", first + 1, TokenLogEnd.Complete), Is.False);
        await _log.EndAsync("a", first, TokenLogEnd.Complete);
        Assert.That(await ReadAllAsync(_log), Is.EqualTo("one"));
    }

    [Test]
    public async Task TheProducerOfAForgottenLog_IsNotThatOfTheNextOfItsKey()
    {
        var first = await _log.BeginAsync("a");
        _clock.Advance(Keep);
        var second = await _log.BeginAsync("a");
        Assert.That(async () => await _log.AppendAsync("a", first, "old"), Throws.TypeOf<TokenLogConflictException>());
        await _log.AppendAsync("a", second, "new");
        Assert.That((await _log.FindAsync("a"))!.Position, Is.EqualTo(3));
    }

    [Test]
    public async Task TheFirstWhoEndsIt_SaysHow()
    {
        var fence = await _log.BeginAsync("a");
        var stopped = new TokenLogEnd(TokenEvents.Stopped);
        Assert.That(await _log.EndAsync("a", fence: null, stopped), Is.True, "from outside");
        Assert.That(await _log.EndAsync("a", fence, TokenLogEnd.Complete), Is.False);
        Assert.That(async () => await _log.AppendAsync("a", fence, "more"), Throws.TypeOf<TokenLogConflictException>().With.Message.Contains("ended"));
        Assert.That((await _log.FindAsync("a"))!.End, Is.EqualTo(stopped));
    }

    // Bounds

    [Test]
    public async Task R05_WhoIsBehindWhatIsKept_IsToldSo([Values(0, 5000, 20_000)] int position)
    {
        var log = new MemoryTokenLog(10_000, Keep, _clock);
        var fence = await log.BeginAsync("a");
        var text = string.Concat(Enumerable.Range(0, 5000).Select(n => $"{n:0000} "));
        for (var at = 0; at < text.Length; at += 50)
            await log.AppendAsync("a", fence, text.Substring(at, 50));
        await log.EndAsync("a", fence, TokenLogEnd.Complete);
        await using var reader = log.ReadAsync("a", position).GetAsyncEnumerator();
        var entry = await NextAsync(reader);
        var start = Math.Max(position, 15_000);
        Assert.That((entry.IsLost, entry.Position, entry.Text), Is.EqualTo((position < 15_000, 25_000L, text[start..])));
        Assert.That((await log.FindAsync("a"))!.Start, Is.EqualTo(15_000));
    }

    /// <summary>Whoever is slow: what an entry brings is what it says it is, follows what the reader had or is said to be lost, and is whole characters.</summary>
    [Test]
    public async Task ASlowReader_HasEachCharacter_OrIsToldThatItIsLost()
    {
        var losses = 0;
        string[] pieces = ["a", "bc", "😀", "x😀😁y", new string('z', 7), new string('w', 2050)];
        for (var seed = 0; seed < 2000; seed++)
        {
            var random = new Random(seed);
            var log = new MemoryTokenLog(random.Next(3) switch { 0 => 1, 1 => random.Next(1, 12), _ => 2048 }, Keep, _clock);
            var fence = await log.BeginAsync("a");
            var written = "";
            var had = 0;
            await using var reader = log.ReadAsync("a", 0).GetAsyncEnumerator();
            for (var step = 0; step < 30; step++)
            {
                for (var n = random.Next(1, 5); n > 0; n--)
                {
                    var piece = pieces[random.Next(pieces.Length)];
                    await log.AppendAsync("a", fence, piece);
                    written += piece;
                }

                if (random.Next(3) > 0)
                    continue;
                var entry = await NextAsync(reader);
                var start = (int)entry.Position - entry.Text.Length;
                Assert.That((entry.Position, entry.Text), Is.EqualTo(((long)written.Length, written[start..])), $"seed {seed}");
                Assert.That(start > had, Is.EqualTo(entry.IsLost), $"seed {seed}");
                Assert.That(start, Is.GreaterThanOrEqualTo(had), $"seed {seed}");
                Assert.That(entry.Text.Length > 0 && char.IsLowSurrogate(entry.Text[0]), Is.False, $"seed {seed}");
                had = (int)entry.Position;
                losses += entry.IsLost ? 1 : 0;
            }
        }

        Assert.That(losses, Is.GreaterThan(1000));
    }

    [Test]
    public async Task WhatIsKept_DoesNotBeginWithHalfOfAPair([Values(0, 1)] int shift)
    {
        var fence = await _log.BeginAsync("a");
        await _log.AppendAsync("a", fence, new string('x', shift));
        for (var n = 0; n < 3000; n++)
            await _log.AppendAsync("a", fence, "😀");
        await _log.AppendAsync("a", fence, "y");
        var state = (await _log.FindAsync("a"))!;
        Assert.That(state.Position - state.Start, Is.EqualTo(99).Or.EqualTo(100));
        await _log.EndAsync("a", fence, TokenLogEnd.Complete);
        var kept = await ReadAllAsync(_log);
        Assert.That(kept, Has.Length.EqualTo(state.Position - state.Start));
        Assert.That(char.IsLowSurrogate(kept[0]), Is.False);
    }

    [Test]
    public async Task WhatIsKept_IsBounded()
    {
        var log = new MemoryTokenLog(100_000, Keep, _clock);
        var fence = await log.BeginAsync("a");
        var piece = new string('x', 1000);
        for (var n = 0; n < 200; n++)
            await log.AppendAsync("a", fence, piece);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var n = 0; n < 2000; n++)
            await log.AppendAsync("a", fence, piece);
        Assert.That(GC.GetTotalMemory(forceFullCollection: true) - before, Is.LessThan(100_000), "of 4 MB that were added");
        GC.KeepAlive(log);
    }

    // Time

    [Test]
    public async Task R08_ATextWhoseProducerIsDead_EndsForWhoWaits()
    {
        var fence = await _log.BeginAsync("a");
        await _log.AppendAsync("a", fence, "half");
        await using var reader = _log.ReadAsync("a", 0).GetAsyncEnumerator();
        await NextAsync(reader);
        var next = NextAsync(reader);
        _clock.Advance(Keep - TimeSpan.FromMilliseconds(1));
        Assert.That(next.IsCompleted, Is.False);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.That((await next).End, Is.EqualTo(TokenLogEnd.Interrupted));
        Assert.That(_log.Count, Is.Zero);
        Assert.That(await _log.FindAsync("a"), Is.Null);
    }

    [Test]
    public async Task R08_ASignOfLife_KeepsIt()
    {
        var fence = await _log.BeginAsync("a");
        for (var n = 0; n < 10; n++)
        {
            _clock.Advance(Keep - TimeSpan.FromSeconds(1));
            await _log.AppendAsync("a", fence, "");
        }

        Assert.That(_log.Count, Is.EqualTo(1));
        _clock.Advance(Keep);
        Assert.That(_log.Count, Is.Zero);
    }

    [Test]
    public async Task R07_WhoIsAtTheEndOfAForgottenText_IsToldHowItHasEnded()
    {
        var fence = await _log.BeginAsync("a");
        await _log.AppendAsync("a", fence, "all");
        await using var reader = _log.ReadAsync("a", 0).GetAsyncEnumerator();
        await using var slow = _log.ReadAsync("a", 0).GetAsyncEnumerator();
        await NextAsync(reader);
        await _log.EndAsync("a", fence, TokenLogEnd.Complete);
        await _log.RemoveAsync("a");
        Assert.That((await NextAsync(reader)).End, Is.EqualTo(TokenLogEnd.Complete));
        Assert.That(await NextAsync(slow), Is.EqualTo(new TokenLogEntry("all", 3, false, TokenLogEnd.Complete)), "who follows it has what it needs");
        Assert.That((await NextAsync(_log.ReadAsync("a", 0).GetAsyncEnumerator())).End, Is.EqualTo(TokenLogEnd.Interrupted), "who comes now has not");
    }
}
