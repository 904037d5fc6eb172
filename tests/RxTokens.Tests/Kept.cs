using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>What something that is kept keeps.</summary>
internal static class Kept
{
    /// <summary>So that no forgotten stack slot keeps anything.</summary>
    public static void OnAThreadOfItsOwn(ThreadStart work)
    {
        var thread = new Thread(work);
        thread.Start();
        thread.Join();
    }

    public static void AssertKeepsNone(object kept, IEnumerable<WeakReference> objects, string? what = null)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.That(objects.Count(o => o.IsAlive), Is.Zero, what);
        GC.KeepAlive(kept);
    }
}
