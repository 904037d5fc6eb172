using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>The overlap of a text with what continues it, against its definition.</summary>
public class BorderTests
{
    private static readonly string[] Alphabets = ["a", "ab", "aab", "abc", "👩👨", "a\uD83D\uDC69", "aé\u0301"];

    [Test]
    public void AnyText_CutAnywhere_HasTheOverlapOfTheDefinition()
    {
        var random = new Random(7);
        for (var round = 0; round < 4000; round++)
        {
            var alphabet = Alphabets[random.Next(Alphabets.Length)];
            var least = random.Next(1, 6);
            var border = new Border<char>(least);
            var received = Text(random, alphabet, random.Next(1, 40));
            border.Received.AddRange(received);
            for (var resumed = 0; resumed < 3; resumed++)
            {
                var continuation = Continuation(random, alphabet, received);
                var overlap = Overlap(received, continuation, least);
                var what = $"{received} + {continuation}, at least {least}, round {round}";
                border.Begin();
                received = Feed(border, random, continuation, overlap, least, what);
                Assert.That(new string([.. border.Received]), Is.EqualTo(received), what);
            }
        }
    }

    private static string Feed(Border<char> border, Random random, string continuation, int overlap, int least, string what)
    {
        var received = new string([.. border.Received]);
        var fed = 0;
        while (true)
        {
            var isEnd = fed == continuation.Length;
            var next = Math.Min(continuation.Length, fed + random.Next(0, 5));
            var isKnown = border.TryClose(continuation.AsSpan(fed, next - fed), isEnd, out var hasOverlap, out var rest);
            fed = next;
            Assert.That(border.IsOpen, Is.EqualTo(!isKnown), what);

            // At the earliest: another continuation with the same beginning has another overlap.
            if (!isKnown && !isEnd)
                continue;

            Assert.That((isKnown, hasOverlap, rest.ToString()), Is.EqualTo((true, overlap > 0, continuation[overlap..fed])), what);
            Assert.That(isEnd || fed < least || overlap <= fed, Is.True, what);
            border.Received.AddRange(continuation[fed..]);
            return received + continuation[overlap..];
        }
    }

    /// <summary>Nothing is held back for which there is no reason: some way to go on would make a longer overlap.</summary>
    [Test]
    public void WhatIsKnown_IsKnownAtOnce()
    {
        var random = new Random(8);
        for (var round = 0; round < 20_000; round++)
        {
            var least = random.Next(1, 5);
            var received = Text(random, "ab", random.Next(1, 16));
            var continuation = Continuation(random, "ab", received);
            var border = new Border<char>(least);
            border.Received.AddRange(received);
            border.Begin();
            for (var fed = 1; fed <= continuation.Length; fed++)
            {
                var begun = continuation[..fed];
                var mayGrow = Enumerable.Range(least, Math.Max(0, received.Length - least + 1)).Any(length => length > fed && received[^length..].StartsWith(begun, StringComparison.Ordinal));
                var isKnown = border.TryClose(continuation.AsSpan(fed - 1, 1), isEnd: false, out _, out _);
                Assert.That(isKnown, Is.EqualTo(!mayGrow), $"{received} + {begun}, at least {least}");
                if (isKnown)
                    break;
            }
        }
    }

    [TestCase("a", "a", 1)]
    [TestCase("ab", "ab", 2)]
    [TestCase("aab", "aab", 7)]
    public void AVeryLongText_CostsTwoLooksAUnit(string period, string alphabet, int least)
    {
        const int Length = 300_000;
        var looks = 0;
        var text = new string([.. Enumerable.Range(0, Length).Select(i => period[i % period.Length])]);
        var border = new Border<Looked>(least);
        border.Received.AddRange(text.Select(c => new Looked(c, () => looks++)));
        border.Begin();
        foreach (var c in text + 'x')
        {
            if (border.TryClose([new Looked(c, () => looks++)], isEnd: false, out var hasOverlap, out var rest))
                Assert.That((hasOverlap, rest.Length), Is.EqualTo((true, c == 'x' ? 1 : 0)), alphabet);
            if (!border.IsOpen)
                break;
        }

        Assert.That(border.IsOpen, Is.False);
        Assert.That(looks, Is.LessThan(5 * Length));
    }

    /// <summary>Of the Fibonacci word, whose beginnings end in each other as often as any text's.</summary>
    [Test]
    public void TheFibonacciWord_CostsNoMore()
    {
        var (one, word) = ("b", "a");
        while (word.Length < 200_000)
            (one, word) = (word, word + one);
        var looks = 0;
        var border = new Border<Looked>(1);
        border.Received.AddRange((word + "c" + word).Select(c => new Looked(c, () => looks++)));
        border.Begin();
        var continuation = word + "d";
        var isKnown = border.TryClose([.. continuation.Select(c => new Looked(c, () => looks++))], isEnd: false, out var hasOverlap, out var rest);
        Assert.That((isKnown, hasOverlap, rest.Length), Is.EqualTo((true, true, 1)));
        Assert.That(looks, Is.LessThan(10 * word.Length));
    }

    private sealed class Looked(char letter, Action look) : IEquatable<Looked>
    {
        private readonly char _letter = letter;

        public bool Equals(Looked? other)
        {
            look();
            return other!._letter == _letter;
        }

        public override bool Equals(object? obj) => Equals(obj as Looked);

        public override int GetHashCode() => _letter;
    }

    private static string Text(Random random, string alphabet, int length) => new([.. Enumerable.Range(0, length).Select(_ => alphabet[random.Next(alphabet.Length)])]);

    private static string Continuation(Random random, string alphabet, string received) =>
        received[^Math.Min(received.Length, random.Next(0, 12))..] + Text(random, alphabet, random.Next(0, 8));

    private static int Overlap(string received, string continuation, int least)
    {
        for (var length = Math.Min(received.Length, continuation.Length); length >= least; length--)
        {
            if (received.EndsWith(continuation[..length], StringComparison.Ordinal))
                return length;
        }

        return 0;
    }
}
