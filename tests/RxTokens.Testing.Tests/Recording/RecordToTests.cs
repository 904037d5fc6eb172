using System.Reactive.Linq;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>What is enumerated through RecordTo is what the source delivers, read when it is asked for, and written line by line.</summary>
public class RecordToTests
{
    private readonly VirtualClock _clock = new();
    private readonly LineWriter _file = new();

    [SetUp]
    public void IsolateClock() => _file.GetStringBuilder().Clear();

    [Test]
    public void Arguments_AreChecked()
    {
        var source = _clock.Pull("a|");

        Assert.That(() => ((IAsyncEnumerable<string>)null!).RecordTo(_file, TimeProvider.System), Throws.ArgumentNullException);
        Assert.That(() => source.RecordTo(null!, TimeProvider.System), Throws.ArgumentNullException);
        Assert.That(() => source.RecordTo(_file, (TimeProvider)null!), Throws.ArgumentNullException);
        Assert.That(() => source.RecordTo(_file, TimeProvider.System, itemType: null!), Throws.ArgumentNullException);
    }
}
