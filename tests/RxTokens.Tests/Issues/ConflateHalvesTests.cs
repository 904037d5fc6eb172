using System.Reactive.Disposables;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using System.Threading.Channels;
using NUnit.Framework;

namespace RxTokens.Tests.Issues;

/// <summary>A piece of text that ended with half a surrogate pair went to the consumer as it was, who could not show or encode it.</summary>
public class ConflateHalvesTests
{
    private const string High = "\uD83D", Low = "\uDE00";

    private static readonly Func<IAsyncEnumerable<string>, IAsyncEnumerable<string>> Pull = source => source.Conflate(1000);
    private static readonly Func<IAsyncEnumerable<string>, IAsyncEnumerable<string>> Joined = source => source.ShareText().JoinConflated();


    [TestCase(false)]
    [TestCase(true)]
    public async Task AHalf_ThatComesWhileTheConsumerWaits_WaitsForItsOther(bool isShared)
    {
        var pieces = Channel.CreateUnbounded<string>();
        await using var reading = (isShared ? Joined : Pull)(pieces.Reader.ReadAllAsync()).GetAsyncEnumerator();

        var first = reading.MoveNextAsync();
        pieces.Writer.TryWrite("a" + High);
        Assert.That(await first, Is.True);
        Assert.That(reading.Current, Is.EqualTo("a"));
        var second = reading.MoveNextAsync();
        pieces.Writer.TryWrite(Low + High);
        Assert.That(await second, Is.True);
        Assert.That(reading.Current, Is.EqualTo(High + Low));
        var third = reading.MoveNextAsync();
        pieces.Writer.Complete();
        Assert.That(await third, Is.True);
        Assert.That(reading.Current, Is.EqualTo(High));
        Assert.That(await reading.MoveNextAsync(), Is.False);
    }

    [Test]
    public async Task AHalf_ThatIsPushedWhileTheConsumerWaits_WaitsForItsOther()
    {
        using var source = new Subject<string>();
        await using var reading = source.Conflate().GetAsyncEnumerator();

        var first = reading.MoveNextAsync();
        source.OnNext(High);
        Assert.That(first.IsCompleted, Is.False);
        source.OnNext(Low + "b");
        Assert.That(await first, Is.True);
        Assert.That(reading.Current, Is.EqualTo(High + Low + "b"));
    }

    [Test]
    public void AHalf_ThatWaitsWithOtherText_StaysBehind() => MarbleTest.Run(m =>
    {
        MarbleValues<string> pieces = [("a", "x"), ("b", "y" + High), ("c", Low), ("d", "z" + High)];
        const string Source = "a-b-  --c-d|", Requests = "1---1 --1----11";
        MarbleValues<string> result = [("1", "x"), ("2", "y"), ("3", High + Low), ("4", "z" + High)];

        m.Expect(m.Pull(Source, pieces).Conflate(), Requests).ToBe("1---2--3----4|", result);
        m.Expect(m.Hot(Source, pieces).Conflate(), Requests).ToBe("1---2--3----4|", result);
    });

    [Test]
    public void ALoneHalf_ArrivesBeforeAFailure() => MarbleTest.Run(m =>
    {
        MarbleValues<string> pieces = [("a", "x" + High)];
        MarbleValues<string> result = [("1", "x"), ("2", High)];

        m.Expect(m.Pull("a--#", pieces).Conflate(), "1-1-1").ToBe("1--2#", result);
        m.Expect(m.Hot("a--#", pieces).Conflate(), "1-1-1").ToBe("1--2#", result);
        m.Expect(m.Pull("a--#", pieces).Conflate(), "1---11").ToBe("1---2#", result);
    });

    [Test]
    public async Task ALoneHalf_ArrivesBeforeTheFailureOfTooMuchText()
    {
        using var source = new Subject<string>();
        await using var reading = source.Conflate(3).GetAsyncEnumerator();
        var first = reading.MoveNextAsync();
        source.OnNext("x");
        Assert.That(await first, Is.True);
        source.OnNext("yz" + High);
        source.OnNext("z");

        Assert.That(await reading.MoveNextAsync(), Is.True);
        Assert.That(reading.Current, Is.EqualTo("yz" + High));
        Assert.That(async () => await reading.MoveNextAsync(), Throws.InstanceOf<BackpressureException>());
    }

    [Test]
    public async Task ASource_ThatSpeaksInsideItsSubscribe_IsNotHalvedEither()
    {
        var source = Observable.Create<string>(observer =>
        {
            foreach (var piece in new[] { High, Low, "a" + High, "", Low + High })
                observer.OnNext(piece);
            observer.OnCompleted();
            return Disposable.Empty;
        });

        Assert.That(string.Concat(await source.Conflate().ToListAsync()), Is.EqualTo(High + Low + "a" + High + Low + High));
    }

    [Test]
    public void AnyText_CutAnywhere_AskedForAtAnyTime_ArrivesWhole_AndNoPairIsSplit() => TextLaws.ForAll(TextLaws.Texts, (text, pieces) =>
    {
        foreach (var busy in new[] { 1, 2, 3, 7 })
        {
            using var source = new Subject<string>();
            var told = new List<string>();
            var reading = source.Conflate(int.MaxValue).GetAsyncEnumerator();
            var asked = reading.MoveNextAsync();
            for (var i = 0; i < pieces.Length; i++)
            {
                source.OnNext(pieces[i]);
                if (i % busy == 0)
                    Take();
            }

            source.OnCompleted();
            while (Take())
            {
            }

            Assert.That(string.Concat(told), Is.EqualTo(text));
            TextLaws.AssertNoPairIsSplit(told);

            bool Take()
            {
                if (!asked.IsCompleted || !asked.Result)
                    return false;
                told.Add(reading.Current);
                asked = reading.MoveNextAsync();
                return true;
            }
        }
    });
}
