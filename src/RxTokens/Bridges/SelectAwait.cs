using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace RxTokens;

/// <summary>In which order the results of functions that run at the same time are delivered.</summary>
public enum AwaitOrder
{
    /// <summary>That of the items they were made of.</summary>
    Source,

    /// <summary>That in which the functions finish.</summary>
    Completion,
}

public static partial class TokenStream
{
    /// <summary>Applies an asynchronous function to each item, up to <paramref name="maxConcurrency"/> at a time, and starts none that nobody asked for.</summary>
    /// <remarks>
    /// <code>
    /// source    abc|
    /// result 1  --a-b   -[c|]    // SelectAwait(x => …), of 2 frames each: one at a time
    /// result 2  --ab[c|]         // the same with maxConcurrency: 2
    /// </code>
    /// <para><b>Demand:</b> reads the source only while the consumer waits and fewer than <paramref name="maxConcurrency"/> items are in
    /// work or finished and not yet taken. So with 1 it reads nothing ahead, else at most <paramref name="maxConcurrency"/> − 1 items.
    /// What is in work goes on while the consumer is busy.</para>
    /// <para><b>Order:</b> the source's, unless <paramref name="order"/> says that of completion.</para>
    /// <para><b>Errors:</b> when the function fails, results before the failing one are delivered (in order, or those already finished),
    /// the others in work are cancelled and awaited, the source is disposed, then the failure arrives. What fails after it, or after the
    /// consumer has left, is told too: in one <see cref="AggregateException"/> behind the first, or by <c>DisposeAsync</c>.</para>
    /// <para><b>Disposal:</b> cancels the functions in work and a pending read, and awaits both; then the source is disposed, once, as soon as
    /// the consumer asks again or has left. Cancelling the enumeration does the same, cancels the source's token at once, and ends with
    /// <see cref="OperationCanceledException"/>.</para>
    /// <para><b>Threading:</b> the function is started on the thread that completes the source's read, one start at a time. A waiting consumer
    /// resumes on the thread that completes the function.</para>
    /// <code>
    /// // Conceptually (the functions' token aside):
    /// public static async IAsyncEnumerable&lt;R> SelectAwait&lt;T, R>(
    ///     this IAsyncEnumerable&lt;T> source, Func&lt;T, ValueTask&lt;R>> selector, int maxConcurrency, bool isOrdered)
    /// {
    ///     var (work, finishing) = (Channel.CreateUnbounded&lt;Task&lt;R>>(), new Queue&lt;TaskCompletionSource&lt;R>>());
    ///     var (mayRead, open) = (new TaskCompletionSource(), 0);
    ///     using var reading = ReadWhenAsked().AsObservable().Subscribe(
    ///         item => work.Writer.TryWrite(Start(item)), failure => work.Writer.Complete(failure), () => work.Writer.Complete());
    ///     do
    ///     {
    ///         while (work.Reader.TryRead(out var next))
    ///         {
    ///             if (!next.IsCompleted &amp;&amp; open &lt; maxConcurrency)
    ///                 mayRead.TrySetResult();
    ///             var result = await next;
    ///             open--;
    ///             if (mayRead.Task.IsCompleted)
    ///                 mayRead = new();
    ///             yield return result;
    ///         }
    ///
    ///         mayRead.TrySetResult(); // nothing is in work
    ///     }
    ///     while (await work.Reader.WaitToReadAsync());
    ///
    ///     async IAsyncEnumerable&lt;T> ReadWhenAsked([EnumeratorCancellation] CancellationToken leaving = default)
    ///     {
    ///         await mayRead.Task.WaitAsync(leaving);
    ///         await foreach (var item in source.WithCancellation(leaving))
    ///         {
    ///             if (++open == maxConcurrency &amp;&amp; mayRead.Task.IsCompleted)
    ///                 mayRead = new();
    ///             yield return item;
    ///             await mayRead.Task.WaitAsync(leaving);
    ///         }
    ///     }
    ///
    ///     Task&lt;R> Start(T item)
    ///     {
    ///         var result = selector(item).AsTask();
    ///         if (isOrdered)
    ///             return result;
    ///         finishing.Enqueue(new());
    ///         var place = finishing.Last().Task;
    ///         result.ContinueWith(finished => finishing.Dequeue().SetFromTask(finished), TaskContinuationOptions.ExecuteSynchronously);
    ///         return place; // of whichever finishes next
    ///     }
    /// }
    /// </code>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <typeparam name="TResult">The type of the results.</typeparam>
    /// <param name="source">The pull source.</param>
    /// <param name="selector">The function; its token is cancelled when its result is no longer wanted.</param>
    /// <param name="maxConcurrency">The most items in work, or finished and not taken; at least 1.</param>
    /// <param name="order">In which order the results are delivered.</param>
    /// <returns>A pull stream; each enumeration reads the source anew.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="selector"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxConcurrency"/> is less than 1, or <paramref name="order"/> is no value of <see cref="AwaitOrder"/>.</exception>
    public static IAsyncEnumerable<TResult> SelectAwait<TSource, TResult>(
        this IAsyncEnumerable<TSource> source,
        Func<TSource, CancellationToken, ValueTask<TResult>> selector,
        int maxConcurrency,
        AwaitOrder order = AwaitOrder.Source)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(selector);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxConcurrency, 1);
        if (!Enum.IsDefined(order))
            throw new ArgumentOutOfRangeException(nameof(order), order, "Not a value of AwaitOrder.");

        return new SelectAwaitStream<TSource, TResult>(source, selector, maxConcurrency, order);
    }
}

[DebuggerDisplay("SelectAwait({_selector.Method}, {_maxConcurrency}, {_order})")]
internal sealed class SelectAwaitStream<T, R>(
    IAsyncEnumerable<T> source, Func<T, CancellationToken, ValueTask<R>> selector, int maxConcurrency, AwaitOrder order) : OutletStream<R>
{
    private readonly Func<T, CancellationToken, ValueTask<R>> _selector = selector;
    private readonly int _maxConcurrency = maxConcurrency;
    private readonly AwaitOrder _order = order;

    public override IOutlet<R> Start(CancellationToken cancellationToken) =>
        new SelectAwaitOutlet<T, R>(source, _selector, _maxConcurrency, _order, cancellationToken);
}

/// <summary>Keeps the items in work in a queue; the consumer is served from its head.</summary>
/// <remarks>
/// <code>
/// field            written by                     read by       ordered by
/// _cancellation    constructor                    functions     readonly
/// _finished        functions add, on any thread;  the runner    the queue itself; the note News
///                  the runner takes
/// a Job's outcome  its function, once             the runner    before it is added to _finished
/// all others       the runner                     the runner    the turn
/// </code>
/// </remarks>
internal sealed class SelectAwaitOutlet<T, R>(
    IAsyncEnumerable<T> source, Func<T, CancellationToken, ValueTask<R>> selector, int maxConcurrency, AwaitOrder order, CancellationToken cancellationToken)
    : Outlet<T, R>(source, cancellationToken)
{
    private readonly CancellationTokenSource _cancellation = new();
    private readonly ConcurrentQueue<Job> _finished = new();

    private readonly Queue<Job> _results = new(); // in the order of delivery: all, or those that have finished
    private int _running;
    private Job? _failed; // whose failure is the stream's
    private bool _isFailing; // a result that will be delivered is a failure: nothing more is begun

    /// <summary>One item in work.</summary>
    private sealed class Job(SelectAwaitOutlet<T, R> outlet)
    {
        public readonly SelectAwaitOutlet<T, R> Outlet = outlet;
        public R Result = default!;
        public Exception? Failure;

        // The runner's.
        public bool IsFinished;
        public bool IsFailureTold;
    }

    protected override bool IsPushedTo => false;

    protected override bool MayRead() => IsAsking && !_isFailing && _running + Waiting < maxConcurrency;

    // In the source's order those in work are among the results.
    private int Waiting => order == AwaitOrder.Source ? _results.Count - _running : _results.Count;

    protected override bool OnItem(T item)
    {
        var job = new Job(this);
        _running++;
        if (order == AwaitOrder.Source)
            _results.Enqueue(job);

        Begin(job, item);
        return MayRead();
    }

    private void Begin(Job job, T item)
    {
        try
        {
            var work = selector(item, _cancellation.Token);
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

        OnFinished(job);
        if (IsAsking && TryTake(out var result))
            Serve(result);
        FailIfDue();
    }

    /// <summary>A function has ended, on whatever thread.</summary>
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

        _finished.Enqueue(job);
        PostFromTask(Note.News);
    }

    protected override void OnNews(Note notes)
    {
        while (_finished.TryDequeue(out var job))
            OnFinished(job);
        FailIfDue();
    }

    private void OnFinished(Job job)
    {
        _running--;
        job.IsFinished = true;
        if (IsOpen)
        {
            _isFailing |= job.Failure is not null;
            if (order == AwaitOrder.Completion)
                _results.Enqueue(job);
            return;
        }

        // What gives way to our cancellation has not failed.
        job.IsFailureTold = true;
        if (job.Failure is { } failure and not OperationCanceledException)
            FailedToCleanUp(failure);
    }

    /// <summary>Fails with the failure that nothing unfinished comes before, if there is one.</summary>
    private void FailIfDue()
    {
        if (!_isFailing || !IsOpen)
            return;

        foreach (var job in _results)
        {
            if (!job.IsFinished)
                return;
            if (job.Failure is not { } failure)
                continue;

            _failed = job;
            Fail(failure);
            TellOtherFailures();
            return;
        }
    }

    /// <summary>Of several failures one is the stream's; the others are told beside it, but for those that only give way to a cancellation.</summary>
    private void TellOtherFailures()
    {
        foreach (var job in _results)
        {
            if (!job.IsFinished || job.IsFailureTold || job == _failed || job.Failure is not { } failure)
                continue;
            job.IsFailureTold = true;
            if (failure is not OperationCanceledException)
                FailedToCleanUp(failure);
        }
    }

    protected override bool TryTake([MaybeNullWhen(false)] out R item)
    {
        if (!_results.TryPeek(out var head) || !head.IsFinished || head.Failure is not null)
        {
            item = default;
            return false;
        }

        _results.Dequeue();
        item = head.Result;
        return true;
    }

    protected override void Discard()
    {
        // Also the stream's own failure, which nobody will ask for: what a function has begun may be left undone.
        _failed = null;
        TellOtherFailures();
        _results.Clear();
    }

    protected override void OnClosed() => Unobserved.Cancel(_cancellation);

    protected override bool MayDispose() => _running == 0 && base.MayDispose();
}
