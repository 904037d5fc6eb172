using Microsoft.Coyote.SystematicTesting;

namespace RxTokens.Exploration;

/// <summary>Time operators whose timer rings beside the item that arrives, the end, and who disposes.</summary>
public static class TimeQueryScenarios
{
    [Test] public static void BatchBy() => PushPlay.Alone(Queries.BatchBy);

    [Test] public static void BatchByFails() => PushPlay.Fails(Queries.BatchBy);

    [Test] public static void BatchByDisposed() => PushPlay.Disposed(Queries.BatchBy);

    [Test] public static void BatchByFailsAndDisposed() => PushPlay.FailsAndDisposed(Queries.BatchBy);

    [Test] public static void BatchByDisposedFromInside() => PushPlay.DisposedFromInside(Queries.BatchBy);

    [Test] public static void BatchByWeight() => PushPlay.Alone(Queries.BatchByWeight);

    [Test] public static void BatchByWeightFails() => PushPlay.Fails(Queries.BatchByWeight);

    [Test] public static void BatchByWeightDisposed() => PushPlay.Disposed(Queries.BatchByWeight);

    [Test] public static void BatchByWeightFailsAndDisposed() => PushPlay.FailsAndDisposed(Queries.BatchByWeight);

    [Test] public static void BatchByWeightDisposedFromInside() => PushPlay.DisposedFromInside(Queries.BatchByWeight);

    [Test] public static void ThrottleFirst() => PushPlay.Alone(Queries.ThrottleFirst);

    [Test] public static void ThrottleFirstFails() => PushPlay.Fails(Queries.ThrottleFirst);

    [Test] public static void ThrottleFirstDisposed() => PushPlay.Disposed(Queries.ThrottleFirst);

    [Test] public static void ThrottleFirstFailsAndDisposed() => PushPlay.FailsAndDisposed(Queries.ThrottleFirst);

    [Test] public static void ThrottleFirstDisposedFromInside() => PushPlay.DisposedFromInside(Queries.ThrottleFirst);

    [Test] public static void ThrottleLatest() => PushPlay.Alone(Queries.ThrottleLatest);

    [Test] public static void ThrottleLatestFails() => PushPlay.Fails(Queries.ThrottleLatest);

    [Test] public static void ThrottleLatestDisposed() => PushPlay.Disposed(Queries.ThrottleLatest);

    [Test] public static void ThrottleLatestFailsAndDisposed() => PushPlay.FailsAndDisposed(Queries.ThrottleLatest);

    [Test] public static void ThrottleLatestDisposedFromInside() => PushPlay.DisposedFromInside(Queries.ThrottleLatest);

    [Test] public static void Audit() => PushPlay.Alone(Queries.Audit);

    [Test] public static void AuditFails() => PushPlay.Fails(Queries.Audit);

    [Test] public static void AuditDisposed() => PushPlay.Disposed(Queries.Audit);

    [Test] public static void AuditFailsAndDisposed() => PushPlay.FailsAndDisposed(Queries.Audit);

    [Test] public static void AuditDisposedFromInside() => PushPlay.DisposedFromInside(Queries.Audit);

    [Test] public static void SampleFlush() => PushPlay.Alone(Queries.SampleFlush);

    [Test] public static void SampleFlushFails() => PushPlay.Fails(Queries.SampleFlush);

    [Test] public static void SampleFlushDisposed() => PushPlay.Disposed(Queries.SampleFlush);

    [Test] public static void SampleFlushFailsAndDisposed() => PushPlay.FailsAndDisposed(Queries.SampleFlush);

    [Test] public static void SampleFlushDisposedFromInside() => PushPlay.DisposedFromInside(Queries.SampleFlush);

    [Test] public static void DistinctFrames() => PushPlay.Alone(Queries.DistinctFrames);

    [Test] public static void DistinctFramesFails() => PushPlay.Fails(Queries.DistinctFrames);

    [Test] public static void DistinctFramesDisposed() => PushPlay.Disposed(Queries.DistinctFrames);

    [Test] public static void DistinctFramesFailsAndDisposed() => PushPlay.FailsAndDisposed(Queries.DistinctFrames);

    [Test] public static void DistinctFramesDisposedFromInside() => PushPlay.DisposedFromInside(Queries.DistinctFrames);
}
