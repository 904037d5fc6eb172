using System.Diagnostics;

namespace RxTokens;

/// <summary>One enumeration of a source for many consumers; <see cref="TokenStream"/>'s <c>Share</c> makes it.</summary>
/// <remarks>
/// <para>Each consumer that joins says what happens when it falls behind: it holds the source back (<see cref="Join"/>, or the stream as it is), gets what it missed merged into
/// one item (<c>JoinConflated</c>), loses items, or fails, alone. The source is read when somebody asks and none of those who hold it back is full; and ahead of that as far as all have room, where all
/// hold it back, so that nobody loses by it.</para>
/// <para>Operators go behind a joined stream as behind any other: <c>shared.Join(4).Through(…)</c>, <c>shared.AsObservable()</c>.</para>
/// </remarks>
/// <typeparam name="T">The type of the items.</typeparam>
[DebuggerDisplay("Share: {ConsumerCount} consumers")]
public sealed class SharedStream<T> : IAsyncEnumerable<T>
{
    private readonly SharedSource<T> _source;

    internal SharedStream(SharedSource<T> source)
    {
        _source = source;
        Plain = new JoinedStream<T>(source, 1, Overflow.Wait, onDropped: null);
    }

    /// <summary>How many consumers have joined and not left yet. The end makes them leave where they wait for it, else when they ask. From any thread.</summary>
    public int ConsumerCount => _source.Consumers;

    internal OutletStream<T> Plain { get; }

    internal SharedSource<T> Source => _source;

    /// <summary>Joins, as <c>Join(1)</c> does: one item may wait for this consumer, then the source does.</summary>
    /// <param name="cancellationToken">Ends this consumer's enumeration, and no other.</param>
    /// <returns>The consumer's enumerator. It has joined, and leaves when it is disposed.</returns>
    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default) => Plain.Start(cancellationToken);

    /// <summary>Joins as a consumer for whom a number of items may wait.</summary>
    /// <remarks>
    /// <code>
    /// source    abc-d|
    /// result 1  abc-d|         // another consumer
    /// requests  1-----1-1-1-1
    /// result 2  a-----b-c-d-|    // Join(capacity: 4)
    /// </code>
    /// <para><b>Demand:</b> the consumer joins at <c>GetAsyncEnumerator</c>. It holds the source back only by <see cref="Overflow.Wait"/>, and then also when
    /// it asks for nothing: once it is full, until half of that is taken. When it asks while all who have joined hold the source back, as many items are read as all have
    /// room for, so up to <paramref name="capacity"/> - 1 that nobody has asked for; those that are ready come together. What it is told of the time before it joined does not count.</para>
    /// <para><b>Errors:</b> the source's end, its failure and that of its clean-up come to every consumer, also to those that join later, after what waits for it.
    /// <see cref="Overflow.Fail"/> fails this consumer alone, with a <see cref="BackpressureException"/>.</para>
    /// <para><b>Disposal:</b> leaving is free at once; the last to leave waits for the source's disposal, and is told what that fails with, unless there is a grace time. A
    /// consumer that is cancelled gets nothing of what still waits for it. The source is disposed when it
    /// ends, whatever waits for slow consumers: its items must outlive it.</para>
    /// <para><b>Threading:</b> a consumer resumes where the item arrives, or on the thread of the consumer that asked for it, one after the other: one that blocks its thread
    /// keeps the others. A consumer that cancels or leaves may do so on any thread.</para>
    /// </remarks>
    /// <param name="capacity">How many items may wait; at least 1, with which nothing is read that nobody asks for.</param>
    /// <param name="overflow">What happens when they do.</param>
    /// <param name="onDropped">Called with each item that is dropped, where it arrives, and with those that nobody will ask for.</param>
    /// <returns>A pull stream; each enumeration is a consumer.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="capacity"/> or <paramref name="overflow"/> is out of its range.</exception>
    public IAsyncEnumerable<T> Join(int capacity, Overflow overflow = Overflow.Wait, Action<T>? onDropped = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        TokenStream.ThrowIfNotDefined(overflow);

        return new JoinedStream<T>(_source, capacity, overflow, onDropped);
    }

    /// <summary>Joins as a consumer that never holds the source back: what comes while it is busy is merged into one item.</summary>
    /// <remarks>
    /// <code>
    /// source    abc-d|
    /// result 1  abc-d|             // another consumer
    /// requests  1-----1--1
    /// result 2  a-----{bcd}--|    // JoinConflated((x, y) => x + y)
    /// </code>
    /// <para><b>Demand:</b> one item waits at the most. A source that nobody else asks for is read when this consumer asks.</para>
    /// <para><b>Errors:</b> what <paramref name="merge"/> throws ends this consumer's stream alone, after what waits.</para>
    /// <para><b>Disposal:</b> as <see cref="Join"/>.</para>
    /// <para><b>Threading:</b> as <see cref="Join"/>; <paramref name="merge"/> runs where the item arrives.</para>
    /// </remarks>
    /// <param name="merge">Makes one item of the one that waits and the one that has arrived.</param>
    /// <returns>A pull stream; each enumeration is a consumer.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="merge"/> is null.</exception>
    public IAsyncEnumerable<T> JoinConflated(Func<T, T, T> merge)
    {
        ArgumentNullException.ThrowIfNull(merge);

        return JoinConflated(static item => item, merge);
    }

    /// <summary>Joins as a consumer that never holds the source back: what comes while it is busy is added to a result of another type.</summary>
    /// <remarks>
    /// <code>
    /// source    abc-d|
    /// result 1  abc-d|        // another consumer
    /// requests  1-----1--1
    /// result 2  1-----3--|    // JoinConflated(x => 1, (count, x) => count + 1)
    /// </code>
    /// <para><b>Demand:</b> one result waits at the most. A source that nobody else asks for is read when this consumer asks.</para>
    /// <para><b>Errors:</b> what a function throws ends this consumer's stream alone, after what waits.</para>
    /// <para><b>Disposal:</b> as <see cref="Join"/>.</para>
    /// <para><b>Threading:</b> as <see cref="Join"/>; the functions run where the item arrives.</para>
    /// </remarks>
    /// <typeparam name="TResult">The type of the results.</typeparam>
    /// <param name="seed">Begins a result with the first item that the consumer has not seen.</param>
    /// <param name="add">Adds an item to the result that waits, and returns it or a new one.</param>
    /// <returns>A pull stream; each enumeration is a consumer.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public IAsyncEnumerable<TResult> JoinConflated<TResult>(Func<T, TResult> seed, Func<TResult, T, TResult> add)
    {
        ArgumentNullException.ThrowIfNull(seed);
        ArgumentNullException.ThrowIfNull(add);

        return new JoinedConflateStream<T, TResult>(_source, seed, add);
    }

    /// <summary>Shows what is shared, and by how many.</summary>
    /// <returns>For example <c>Share(2 consumers)</c>.</returns>
    public override string ToString() => $"Share({ConsumerCount} consumers)";
}

/// <summary>The streams of consumers: each takes its seat at its very beginning, unless it is cancelled already.</summary>
internal abstract class JoinedStreamBase<T, R>(SharedSource<T> source, bool holds) : OutletStream<R>
{
    public sealed override IOutlet<R> Start(CancellationToken cancellationToken)
    {
        var seat = new Seat<T>(source, holds);
        var consumer = Consumer(seat, cancellationToken);
        seat.Consumer = consumer;
        if (!cancellationToken.IsCancellationRequested)
            seat.Join();
        return consumer;
    }

    protected abstract Boundary<T, R> Consumer(Seat<T> seat, CancellationToken cancellationToken);
}

[DebuggerDisplay("Join({_capacity}, {_overflow})")]
internal sealed class JoinedStream<T>(SharedSource<T> source, int capacity, Overflow overflow, Action<T>? onDropped)
    : JoinedStreamBase<T, T>(source, holds: overflow == Overflow.Wait)
{
    private readonly int _capacity = capacity;
    private readonly Overflow _overflow = overflow;

    protected override Boundary<T, T> Consumer(Seat<T> seat, CancellationToken cancellationToken) => _overflow == Overflow.DropNewest
        ? new KeepLatestBoundary<T>(pull: null, push: null, seat, _capacity, onDropped, cancellationToken)
        : new BufferedBoundary<T>(pull: null, push: null, seat, _capacity, _overflow, resumeAt: _capacity / 2, onDropped, cancellationToken);
}

[DebuggerDisplay("JoinConflated({_seed.Method}, {_add.Method})")]
internal sealed class JoinedConflateStream<T, R>(SharedSource<T> source, Func<T, R> seed, Func<R, T, R> add) : JoinedStreamBase<T, R>(source, holds: false)
{
    private readonly Func<T, R> _seed = seed;
    private readonly Func<R, T, R> _add = add;

    protected override Boundary<T, R> Consumer(Seat<T> seat, CancellationToken cancellationToken) =>
        new ConflateBoundary<T, R>(pull: null, push: null, seat, _seed, _add, cancellationToken);
}

[DebuggerDisplay("JoinConflated({_maxChars})")]
internal sealed class JoinedConflateTextStream(SharedSource<string> source, int maxChars) : JoinedStreamBase<string, string>(source, holds: false)
{
    private readonly int _maxChars = maxChars;

    protected override Boundary<string, string> Consumer(Seat<string> seat, CancellationToken cancellationToken) =>
        new ConflateTextBoundary(pull: null, push: null, seat, _maxChars, cancellationToken);
}
