using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace RxTokens;

public static partial class TokenStream
{
    /// <summary>Reads while a valve is open: a hidden tab, a pane that is scrolled away, or a Pause button holds the model.</summary>
    /// <remarks>
    /// <code>
    /// source  -a-b-c-d|
    /// isOpen  --f---t--        // f: closed, t: open
    /// result  -a----[bc]d|    // Valve(isOpen): b was being read when the valve was closed
    /// </code>
    /// <para><b>Open</b> until <paramref name="isOpen"/> says otherwise; what it says inside its <c>Subscribe</c>, at the first request, counts before the
    /// first read. To say the same twice changes nothing.</para>
    /// <para><b>Demand:</b> while it is closed nothing is read. What a read that is under way brings, an item, the end or a failure, waits for the
    /// opening: one item at the most. Nothing is read ahead.</para>
    /// <para><b>Errors:</b> a failure of <paramref name="isOpen"/> fails the stream. If it completes while the valve is closed, nothing can open it any
    /// more, and the stream fails with an <see cref="InvalidOperationException"/> that says so, after the item that waits. If it completes while the
    /// valve is open, it stays open.</para>
    /// <para><b>Disposal:</b> leaving and cancelling do not wait for the opening; an item that waits then is dropped, and counted by
    /// <c>rxtokens.items.dropped</c>. Unsubscribes from <paramref name="isOpen"/> at the end. Else as <see cref="Through"/>.</para>
    /// <para><b>Threading:</b> <paramref name="isOpen"/> may speak on any thread, one call at a time. A consumer that waits resumes where its item arrived, or
    /// inside the call that opens the valve.</para>
    /// <code>
    /// // Conceptually (but that isOpen may fail):
    /// public static async IAsyncEnumerable&lt;T> Valve&lt;T>(this IAsyncEnumerable&lt;T> source, IObservable&lt;bool> isOpen)
    /// {
    ///     using var state = new BehaviorSubject&lt;bool>(true);
    ///     using var subscription = isOpen.Subscribe(state.OnNext);
    ///     await using var reading = source.GetAsyncEnumerator();
    ///     while (true)
    ///     {
    ///         await state.FirstAsync(open => open);
    ///         var read = reading.MoveNextAsync().AsTask();
    ///         await Task.WhenAny(read); // an item, the end, or a failure
    ///         await state.FirstAsync(open => open);
    ///         if (!await read)
    ///             yield break;
    ///         yield return reading.Current;
    ///     }
    /// }
    /// </code>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <param name="source">The pull source.</param>
    /// <param name="isOpen">Says true to open the valve, false to close it.</param>
    /// <returns>A pull stream; each enumeration reads the source anew.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="isOpen"/> is null.</exception>
    public static IAsyncEnumerable<TSource> Valve<TSource>(this IAsyncEnumerable<TSource> source, IObservable<bool> isOpen)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(isOpen);

        return new ValveStream<TSource>(source, isOpen);
    }
}

[DebuggerDisplay("Valve({_isOpen})")]
internal sealed class ValveStream<T>(IAsyncEnumerable<T> source, IObservable<bool> isOpen) : OutletStream<T>
{
    private readonly IObservable<bool> _isOpen = isOpen;

    public override IOutlet<T> Start(CancellationToken cancellationToken) => new ValveOutlet<T>(source, _isOpen, cancellationToken);
}

/// <summary>Keeps the item that lands while the valve is closed; the source's end waits as its disposal does.</summary>
/// <remarks>
/// <code>
/// field         written by                  read by       ordered by
/// _valve        constructor                 everyone      readonly; what is in it says so itself
/// _isShut       isOpen, one call at a time  the runner    volatile, before its note News: it may be seen before that is
/// _isEnding     the runner, to true         isOpen        volatile: who completes at the same time is early or late
/// all others    the runner                  the runner    the turn
/// </code>
/// </remarks>
internal sealed class ValveOutlet<T>(IAsyncEnumerable<T> source, IObservable<bool> isOpen, CancellationToken cancellationToken)
    : OneByOne<T>(source, cancellationToken, mayBeHeld: true), IObserver<bool>
{
    private readonly PushSource<bool> _valve = new(isOpen);
    private volatile bool _isShut;
    private volatile bool _isEnding; // the end has been let through, and the source is disposed
    private bool _hasItem;
    private T _item = default!;

    /// <summary>What has ended the stream itself ends the waiting, too.</summary>
    private bool IsPassing => !_isShut || !IsOpen;

    protected override void OnStart() => Trampoline.Subscribe(this, static self => self._valve.Subscribe(self));

    // An item that waits is handed out first: the opening is seen before its note is.
    protected override bool MayRead() => IsAsking && !_isShut && !_hasItem;

    protected override bool OnItem(T item)
    {
        (_hasItem, _item) = (true, item);
        if (IsAsking && TryTake(out var taken))
            Serve(taken);
        return MayRead();
    }

    protected override bool TryTake([MaybeNullWhen(false)] out T item)
    {
        item = _item;
        if (!_hasItem || !IsPassing)
            return false;

        (_hasItem, _item) = (false, default!);
        return true;
    }

    protected override void Discard()
    {
        if (_hasItem)
            Discard(_item);
        (_hasItem, _item) = (false, default!);
    }

    protected override bool MayDispose() => _isEnding = IsPassing && base.MayDispose();

    protected override void OnClosed() => Unsubscribe();

    protected override void OnEnd() => Unsubscribe();

    private void Unsubscribe()
    {
        try
        {
            _valve.Unsubscribe();
        }
        catch (Exception thrown)
        {
            FailedToCleanUp(thrown);
        }
    }

    protected override void Interrupt()
    {
        CancelSource();
        Unobserved.Cancel(_valve, static valve => valve.Unsubscribe());
    }

    void IObserver<bool>.OnNext(bool value)
    {
        _isShut = !value;
        if (!IsInside)
        {
            Post(Note.News);
            return;
        }

        Post(Note.News);
        LookAtNotes(); // it may be a loop inside its Subscribe, which only we can see the end of
    }

    void IObserver<bool>.OnError(Exception error) => EndPush(error);

    void IObserver<bool>.OnCompleted()
    {
        if (_isShut && !_isEnding)
            EndPush(new InvalidOperationException("The valve is closed, and isOpen has completed: nothing can open it any more."));
    }
}
