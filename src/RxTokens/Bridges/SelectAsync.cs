using System.Diagnostics.CodeAnalysis;

namespace RxTokens;

public static partial class TokenStream
{
    /// <summary>Applies an asynchronous function to each item, up to <paramref name="maxConcurrency"/> at a time, and starts none that nobody asked for.</summary>
    /// <remarks>
    /// <code>
    /// source    abc|
    /// result 1  --a-b   -[c|]    // SelectAsync(x => …), of 2 frames each: one at a time
    /// result 2  --ab[c|]         // the same with maxConcurrency: 2
    /// </code>
    /// <para><b>Demand:</b> reads the source only while the consumer waits and fewer than <paramref name="maxConcurrency"/> items are in
    /// work or finished and not yet taken. So with 1 it reads nothing ahead, else at most <paramref name="maxConcurrency"/> − 1 items.
    /// What is in work goes on while the consumer is busy.</para>
    /// <para><b>Order:</b> the source's, where <paramref name="ordered"/>; else the order in which the function finishes.</para>
    /// <para><b>Errors:</b> when the function fails, results before the failing one are delivered (in order, or those already finished),
    /// the others in work are cancelled and awaited, the source is disposed, then the failure arrives. Where several fail, it is the first.</para>
    /// <para><b>Disposal:</b> cancels the functions in work and the source's token, awaits them, disposes the source once, then returns.
    /// Cancelling the enumeration does the same and ends it with <see cref="OperationCanceledException"/>.</para>
    /// <para><b>Threading:</b> the function is started on the thread that completes the source's read, one start at a time. A waiting consumer
    /// resumes on the thread that completes the function.</para>
    /// </remarks>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <typeparam name="R">The type of the results.</typeparam>
    /// <param name="source">The pull source.</param>
    /// <param name="selector">The function; its token is cancelled when its result is no longer wanted.</param>
    /// <param name="maxConcurrency">The most items in work, or finished and not taken; at least 1.</param>
    /// <param name="ordered">Whether results keep the source's order.</param>
    /// <returns>A pull stream; each enumeration reads the source anew.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="selector"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxConcurrency"/> is less than 1.</exception>
    public static IAsyncEnumerable<R> SelectAsync<T, R>(
        this IAsyncEnumerable<T> source, Func<T, CancellationToken, ValueTask<R>> selector, int maxConcurrency = 1, bool ordered = true)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(selector);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxConcurrency, 1);

        return new SelectAsyncStream<T, R>(source, selector, maxConcurrency, ordered);
    }
}

internal sealed class SelectAsyncStream<T, R>(
    IAsyncEnumerable<T> source, Func<T, CancellationToken, ValueTask<R>> selector, int maxConcurrency, bool ordered) : OutletStream<R>
{
    public override Outlet<R> Start(CancellationToken cancellationToken) =>
        new SelectAsyncOutlet<T, R>(source, selector, maxConcurrency, ordered, cancellationToken);
}

/// <summary>Keeps the items in work in a queue; the consumer is served from its head, or from wherever one has finished.</summary>
internal sealed class SelectAsyncOutlet<T, R> : Outlet<R>
{
    private readonly Func<T, CancellationToken, ValueTask<R>> _selector;
    private readonly int _maxConcurrency;
    private readonly bool _ordered;
    private readonly Reader _pump;
    private readonly CancellationTokenSource _cancellation = new();
    private readonly Queue<Job> _jobs = new();

    private int _open; // in work, or finished and not taken
    private bool _hasFailed;
    private int _running;
    private bool _sourceEnded;
    private Ending _ending = Ending.Clean;

    public SelectAsyncOutlet(
        IAsyncEnumerable<T> source, Func<T, CancellationToken, ValueTask<R>> selector, int maxConcurrency, bool ordered, CancellationToken cancellationToken)
        : base(cancellationToken)
    {
        _selector = selector;
        _maxConcurrency = maxConcurrency;
        _ordered = ordered;
        _pump = new Reader(this, source);
    }

    private sealed class Reader(SelectAsyncOutlet<T, R> outlet, IAsyncEnumerable<T> source) : Pump<T>(source)
    {
        protected override bool MayPull() => outlet.MayPull();

        protected override bool OnItem(T item)
        {
            outlet.OnItem(item);
            return outlet.MayPull();
        }

        protected override void OnEnd(Ending ending) => outlet.OnEnd(ending);

        protected override void OnRest() => outlet.Resume();
    }

    /// <summary>One item in work. Unordered ones enter the queue when they have finished.</summary>
    private sealed class Job(SelectAsyncOutlet<T, R> outlet)
    {
        public readonly SelectAsyncOutlet<T, R> Outlet = outlet;
        public bool IsFinished;
        public R Result = default!;
        public Exception? Failure;
    }

    protected override bool TryTakeLocked([MaybeNullWhen(false)] out R item)
    {
        if (!_jobs.TryPeek(out var head) || !head.IsFinished || head.Failure is not null)
        {
            item = default;
            return false;
        }

        _jobs.Dequeue();
        _open--;
        item = head.Result;
        return true;
    }

    protected override void ClearLocked() => _jobs.Clear();

    protected override void Start()
    {
        // The source is read when the request that follows wakes the pump.
    }

    protected override void Request() => _pump.Wake();

    protected override void Stop()
    {
        Unobserved.Cancel(_cancellation);
        _pump.Stop();
    }

    private bool MayPull()
    {
        // One look at both: a result that is taken makes room, but it also answers the request there was.
        lock (Gate)
            return IsAskedFor && !IsClosed && !_hasFailed && _open < _maxConcurrency;
    }

    private void OnItem(T item)
    {
        var job = new Job(this);
        lock (Gate)
        {
            if (IsClosed)
                return;

            _running++;
            _open++;
            if (_ordered)
                _jobs.Enqueue(job);
        }

        Begin(job, item);
    }

    private void OnEnd(Ending ending)
    {
        lock (Gate)
        {
            _sourceEnded = true;
            _ending = ending;
            EndIfDoneLocked();
        }
    }

    private void Begin(Job job, T item)
    {
        try
        {
            var work = _selector(item, _cancellation.Token);
            if (!work.IsCompleted)
            {
                // Not an await: that goes on on the pool wherever the function ends under a synchronization context, and a virtual clock,
                // which has one, would not know of it.
                _ = work.AsTask().ContinueWith(
                    static (task, state) => ((Job)state!).Outlet.OnWorked((Job)state, task), job, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
                return;
            }

            job.Result = work.GetAwaiter().GetResult();
        }
        catch (Exception failure)
        {
            job.Failure = failure;
        }

        // We are inside the pump, which goes on and resumes the consumer by itself.
        Finish(job);
    }

    private void OnWorked(Job job, Task<R> work)
    {
        try
        {
            job.Result = work.GetAwaiter().GetResult();
        }
        catch (Exception failure)
        {
            job.Failure = failure;
        }

        Finish(job);

        // A function may also end inside the pump: while its task is being asked for, or inside the source's read. The pump then goes on by itself.
        if (_pump.TryWakeFromInside())
            return;
        _pump.Wake();
        Resume();
    }

    private void Finish(Job job)
    {
        Exception? failed;
        lock (Gate)
        {
            _running--;
            _hasFailed |= job.Failure is not null;
            job.IsFinished = true;
            if (!_ordered && !IsClosed)
                _jobs.Enqueue(job);

            failed = FirstFailureLocked();
            ServeLocked();
            EndIfDoneLocked(failed);
        }

        if (failed is not null)
        {
            Fail(failed);
            lock (Gate)
                EndIfDoneLocked();
        }
    }

    /// <summary>The failure that nothing unfinished comes before, if there is one.</summary>
    private Exception? FirstFailureLocked()
    {
        if (!_hasFailed)
            return null;

        foreach (var job in _jobs)
        {
            if (!job.IsFinished || job.Failure is not null)
                return job.Failure;
        }

        return null;
    }

    private void EndIfDoneLocked(Exception? failed = null)
    {
        if (_sourceEnded && _running == 0 && failed is null)
            EndLocked(_ending);
    }
}
