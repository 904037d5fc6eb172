using System.Reactive.Subjects;
using NUnit.Framework;

namespace RxTokens.Tests.Issues;

/// <summary>Text that waits may be longer than a string can be.</summary>
public class HugeTextTests
{
    [Test]
    [Explicit("needs 5 GB of memory")]
    public void MoreTextThanAStringCanHold_IsDeliveredInPartsOrFails_AndDoesNotBreakTheStream()
    {
        using var source = new Subject<string>();
        var chunk = new string('a', 1 << 20);
        var consumer = new VirtualClock().Consume(source.Conflate(maxChars: int.MaxValue));
        _ = consumer.Ask();
        for (var i = 0; i <= 1025; i++)
            source.OnNext(chunk);
        source.OnCompleted();
        for (var i = 0; i < 4 && !consumer.HasEnded; i++)
            _ = consumer.Ask();

        Assert.That(consumer.HasEnded, Is.True);
        var failure = consumer.Received[^1].Notification.Exception;
        if (failure is null)
            Assert.That(consumer.Items.Sum(text => (long)text.Length), Is.EqualTo(1026L << 20));
        else
            Assert.That(failure, Is.TypeOf<BackpressureException>().Or.TypeOf<OutOfMemoryException>());

        // The next request finds the end, not one before it that never returned.
        _ = consumer.Ask();
        Assert.That(consumer.Received[^1].Notification.Kind, Is.EqualTo(System.Reactive.NotificationKind.OnCompleted));
        Assert.That(consumer.Leave().IsCompletedSuccessfully, Is.True);
    }
}
