namespace RxTokens.Exploration;

/// <summary>
/// One thread is inside a query at a time, which in Rx's operators a lock sees to; the thread that is inside may not enter it once more, from which
/// no lock would keep it.
/// </summary>
internal sealed class OneInside(Scene scene)
{
    private int _inside;

    public void Do(Action work)
    {
        var self = Environment.CurrentManagedThreadId;
        Scene.Require(_inside != self, "the query is told of something by the thread on which it speaks");
        if (!scene.WaitUntil(() => _inside == 0))
            return;

        _inside = self;
        work();
        _inside = 0;
    }
}
