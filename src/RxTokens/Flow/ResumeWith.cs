using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace RxTokens;

public static partial class TokenStream
{
    /// <summary>Goes on, with what continues it, where a text has broken off.</summary>
    /// <remarks>
    /// <code>
    /// source 1  -a-b#
    /// source 2      --c|    // resume("ab", failure), at 4
    /// result    -a-b--c|    // ResumeWith(resume, times: 1)
    /// </code>
    /// <para><b>The continuation</b> goes on exactly: it repeats nothing. For one that may repeat the end of the text there is an overload that finds the overlap.</para>
    /// <para><b>Demand:</b> reads what is asked for, nothing ahead. The whole text is kept, for <paramref name="resume"/>.</para>
    /// <para><b>Errors:</b> a failure arrives as it is where nothing has been received yet, where <paramref name="resume"/> returns null, where it has been
    /// called <paramref name="times"/> times, or where a continuation breaks off without having brought anything. What
    /// <paramref name="resume"/> throws stands beside it, in an <see cref="AggregateException"/>.</para>
    /// <para><b>Disposal:</b> each source is disposed before the next is enumerated. Cancelling and leaving end it, whatever is being read. Else as
    /// <see cref="Through"/>.</para>
    /// <para><b>Threading:</b> <paramref name="resume"/> is called where the failure arrived.</para>
    /// <code>
    /// // Conceptually:
    /// public static IAsyncEnumerable&lt;string> ResumeWith(
    ///     this IAsyncEnumerable&lt;string> source, Func&lt;string, Exception, IAsyncEnumerable&lt;string>?> resume, int times) =>
    ///     source.ResumeWith&lt;string>((received, failure) => resume(string.Concat(received), failure), times);
    /// </code>
    /// </remarks>
    /// <param name="source">The pull source.</param>
    /// <param name="resume">What goes on after this text, after this failure; null where nothing does.</param>
    /// <param name="times">How often it may be called; at least 1.</param>
    /// <returns>A pull stream; each enumeration reads the source anew.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="resume"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="times"/> is less than 1.</exception>
    [OverloadResolutionPriority(1)] // a lambda fits the overload for items, too
    public static IAsyncEnumerable<string> ResumeWith(this IAsyncEnumerable<string> source, Func<string, Exception, IAsyncEnumerable<string>?> resume, int times)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(resume);
        ArgumentOutOfRangeException.ThrowIfLessThan(times, 1);

        return new ResumeTextStream(source, resume, times, leastOverlap: 0, restart: null);
    }

    /// <summary>Goes on where a text has broken off, with a continuation that may repeat the end of the text: what is repeated is left out.</summary>
    /// <remarks>
    /// <code>
    /// source 1  abcd#
    /// source 2      bcde|    // resume("abcd", failure), at 4
    /// result    abcd---e|    // ResumeWith(resume, times: 1, leastOverlap: 3, restart: "…")
    /// </code>
    /// <para><b>The overlap</b> is the longest end of all that was received with which the continuation begins, of at least
    /// <paramref name="leastOverlap"/> characters, wherever the items are cut. It is looked for once, where the continuation begins, and what has come meanwhile waits until it
    /// is known. Where there is none, <paramref name="restart"/> comes first, and then the continuation from its beginning. Whether a text repeats
    /// itself at this very place or its continuation repeats it cannot be known: <paramref name="leastOverlap"/> decides.</para>
    /// <para><b>Demand:</b> reads what is asked for, nothing ahead, but for what is repeated. The whole text is kept, for <paramref name="resume"/>.</para>
    /// <para><b>Errors:</b> a failure arrives as it is where nothing has been received yet, where <paramref name="resume"/> returns null, where it has been
    /// called <paramref name="times"/> times, or where a continuation breaks off before it has brought anything new. What
    /// <paramref name="resume"/> throws stands beside it, in an <see cref="AggregateException"/>.</para>
    /// <para><b>Disposal:</b> each source is disposed before the next is enumerated. Cancelling and leaving end it, whatever is being read. Else as
    /// <see cref="Through"/>.</para>
    /// <para><b>Threading:</b> <paramref name="resume"/> is called where the failure arrived.</para>
    /// <code>
    /// // Conceptually:
    /// public static async IAsyncEnumerable&lt;string> ResumeWith(
    ///     this IAsyncEnumerable&lt;string> source, Func&lt;string, Exception, IAsyncEnumerable&lt;string>?> resume, int times, int leastOverlap, string restart)
    /// {
    ///     var received = "";
    ///     await foreach (var text in source.ResumeWith&lt;string>((_, failure) => resume(received, failure) is { } next ? WithoutOverlap(next) : null, times))
    ///     {
    ///         if (!ReferenceEquals(text, restart))
    ///             received += text;
    ///         yield return text;
    ///     }
    ///
    ///     async IAsyncEnumerable&lt;string> WithoutOverlap(IAsyncEnumerable&lt;string> continuation)
    ///     {
    ///         var (begun, isKnown) = ("", false);
    ///         await foreach (var text in continuation)
    ///         {
    ///             var all = begun += text;
    ///             var overlap = isKnown ? 0 : Overlap(received.Length);
    ///             if (overlap > all.Length)
    ///                 continue;
    ///             if (!isKnown &amp;&amp; overlap == 0)
    ///                 yield return restart;
    ///             begun = isKnown ? text : all[overlap..];
    ///             isKnown = true;
    ///             if (begun != "")
    ///                 yield return begun;
    ///         }
    ///
    ///         if (!isKnown &amp;&amp; begun != "")
    ///         {
    ///             var overlap = Overlap(begun.Length);
    ///             if (overlap == 0)
    ///                 yield return restart;
    ///             if (begun.Length > overlap)
    ///                 yield return begun[overlap..];
    ///         }
    ///
    ///         int Overlap(int longest)
    ///         {
    ///             for (var length = Math.Min(longest, received.Length); length >= leastOverlap; length--)
    ///             {
    ///                 var end = received[^length..];
    ///                 if (end.StartsWith(begun, StringComparison.Ordinal) || begun.StartsWith(end, StringComparison.Ordinal))
    ///                     return length;
    ///             }
    ///
    ///             return 0;
    ///         }
    ///     }
    /// }
    /// </code>
    /// </remarks>
    /// <param name="source">The pull source.</param>
    /// <param name="resume">What goes on after this text, after this failure; null where nothing does.</param>
    /// <param name="times">How often it may be called; at least 1.</param>
    /// <param name="leastOverlap">How many characters (UTF-16 code units) an overlap has at least; at least 1.</param>
    /// <param name="restart">An item that says that what follows does not go on from what came before; no part of the text.</param>
    /// <returns>A pull stream; each enumeration reads the source anew.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/>, <paramref name="resume"/> or <paramref name="restart"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="times"/> or <paramref name="leastOverlap"/> is less than 1.</exception>
    [OverloadResolutionPriority(1)] // a lambda fits the overload for items, too
    public static IAsyncEnumerable<string> ResumeWith(
        this IAsyncEnumerable<string> source, Func<string, Exception, IAsyncEnumerable<string>?> resume, int times, int leastOverlap, string restart)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(resume);
        ArgumentOutOfRangeException.ThrowIfLessThan(times, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(leastOverlap, 1);
        ArgumentNullException.ThrowIfNull(restart);

        return new ResumeTextStream(source, resume, times, leastOverlap, restart);
    }

    /// <summary>Goes on, with what continues it, where a stream has broken off.</summary>
    /// <remarks>
    /// <code>
    /// source 1  -a-b#
    /// source 2      --c|    // resume([a, b], failure), at 4
    /// result    -a-b--c|    // ResumeWith(resume, times: 1)
    /// </code>
    /// <para><b>The continuation</b> goes on exactly: it repeats nothing.</para>
    /// <para><b>Demand:</b> reads what is asked for, nothing ahead. All items are kept, for <paramref name="resume"/>.</para>
    /// <para><b>Errors:</b> a failure arrives as it is where nothing has been received yet, where <paramref name="resume"/> returns null, where it has been
    /// called <paramref name="times"/> times, or where a continuation breaks off without having brought anything. What
    /// <paramref name="resume"/> throws stands beside it, in an <see cref="AggregateException"/>.</para>
    /// <para><b>Disposal:</b> each source is disposed before the next is enumerated. Cancelling and leaving end it, whatever is being read. Else as
    /// <see cref="Through"/>.</para>
    /// <para><b>Threading:</b> <paramref name="resume"/> is called where the failure arrived, and must not keep the list.</para>
    /// <code>
    /// // Conceptually:
    /// public static async IAsyncEnumerable&lt;T> ResumeWith&lt;T>(
    ///     this IAsyncEnumerable&lt;T> source, Func&lt;IReadOnlyList&lt;T>, Exception, IAsyncEnumerable&lt;T>?> resume, int times)
    /// {
    ///     var received = new List&lt;T>();
    ///     while (true)
    ///     {
    ///         Exception? failure = null;
    ///         var before = received.Count;
    ///         await using (var reading = source.GetAsyncEnumerator())
    ///         {
    ///             while (await MoveNextAsync(reading))
    ///             {
    ///                 received.Add(reading.Current);
    ///                 yield return reading.Current;
    ///             }
    ///         }
    ///
    ///         if (failure is null)
    ///             yield break;
    ///         source = (received.Count > before &amp;&amp; times-- > 0 ? resume(received, failure) : null) ?? throw failure;
    ///
    ///         async Task&lt;bool> MoveNextAsync(IAsyncEnumerator&lt;T> reading)
    ///         {
    ///             try
    ///             {
    ///                 return await reading.MoveNextAsync();
    ///             }
    ///             catch (Exception thrown)
    ///             {
    ///                 failure = thrown;
    ///                 return false;
    ///             }
    ///         }
    ///     }
    /// }
    /// </code>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <param name="source">The pull source.</param>
    /// <param name="resume">What goes on after these items, after this failure; null where nothing does.</param>
    /// <param name="times">How often it may be called; at least 1.</param>
    /// <returns>A pull stream; each enumeration reads the source anew.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="resume"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="times"/> is less than 1.</exception>
    public static IAsyncEnumerable<TSource> ResumeWith<TSource>(
        this IAsyncEnumerable<TSource> source, Func<IReadOnlyList<TSource>, Exception, IAsyncEnumerable<TSource>?> resume, int times)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(resume);
        ArgumentOutOfRangeException.ThrowIfLessThan(times, 1);

        return new ResumeItemsStream<TSource>(source, resume, times, leastOverlap: 0, restart: default!);
    }

    /// <summary>Goes on where a stream has broken off, with a continuation that may repeat the last items: what is repeated is left out.</summary>
    /// <remarks>
    /// <code>
    /// source 1  abcd#
    /// source 2      cde|    // resume([a, b, c, d], failure), at 4
    /// result    abcd--e|    // ResumeWith(resume, times: 1, leastOverlap: 2, restart)
    /// </code>
    /// <para><b>The overlap</b> is the longest row of last items with which the continuation begins, of at least <paramref name="leastOverlap"/>; they are
    /// compared by their own <c>Equals</c>. Where there is none, <paramref name="restart"/> comes first, and then the continuation from its beginning.</para>
    /// <para><b>Demand:</b> reads what is asked for, nothing ahead, but for what is repeated. All items are kept, for <paramref name="resume"/>.</para>
    /// <para><b>Errors:</b> as by the overload without an overlap; what <c>Equals</c> throws ends the stream.</para>
    /// <para><b>Disposal:</b> each source is disposed before the next is enumerated. Cancelling and leaving end it, whatever is being read; items that wait
    /// then, because it is not known yet whether they are repeated, are dropped. Else as <see cref="Through"/>.</para>
    /// <para><b>Threading:</b> <paramref name="resume"/> is called where the failure arrived, and must not keep the list.</para>
    /// <code>
    /// // Conceptually:
    /// public static async IAsyncEnumerable&lt;T> ResumeWith&lt;T>(
    ///     this IAsyncEnumerable&lt;T> source, Func&lt;IReadOnlyList&lt;T>, Exception, IAsyncEnumerable&lt;T>?> resume, int times, int leastOverlap, T restart)
    /// {
    ///     var received = new List&lt;T>();
    ///     await foreach (var item in source.ResumeWith((_, failure) => resume(received, failure) is { } next ? WithoutOverlap(next) : null, times))
    ///     {
    ///         if (!Equals(item, restart))
    ///             received.Add(item);
    ///         yield return item;
    ///     }
    ///
    ///     async IAsyncEnumerable&lt;T> WithoutOverlap(IAsyncEnumerable&lt;T> continuation)
    ///     {
    ///         var (begun, isKnown) = (new List&lt;T>(), false);
    ///         await foreach (var item in continuation)
    ///         {
    ///             begun.Add(item);
    ///             var overlap = isKnown ? 0 : Overlap(received.Count);
    ///             if (overlap > begun.Count)
    ///                 continue;
    ///             foreach (var rest in isKnown || overlap > 0 ? begun.Skip(overlap) : begun.Prepend(restart))
    ///                 yield return rest;
    ///             isKnown = true;
    ///             begun = [];
    ///         }
    ///
    ///         if (!isKnown &amp;&amp; begun.Count > 0)
    ///         {
    ///             var overlap = Overlap(begun.Count);
    ///             foreach (var rest in overlap > 0 ? begun.Skip(overlap) : begun.Prepend(restart))
    ///                 yield return rest;
    ///         }
    ///
    ///         int Overlap(int longest)
    ///         {
    ///             for (var length = Math.Min(longest, received.Count); length >= leastOverlap; length--)
    ///             {
    ///                 if (received.TakeLast(length).Zip(begun).All(pair => Equals(pair.First, pair.Second)))
    ///                     return length;
    ///             }
    ///
    ///             return 0;
    ///         }
    ///     }
    /// }
    /// </code>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <param name="source">The pull source.</param>
    /// <param name="resume">What goes on after these items, after this failure; null where nothing does.</param>
    /// <param name="times">How often it may be called; at least 1.</param>
    /// <param name="leastOverlap">How many items an overlap has at least; at least 1.</param>
    /// <param name="restart">An item that says that what follows does not go on from what came before; none of those that are received.</param>
    /// <returns>A pull stream; each enumeration reads the source anew.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="resume"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="times"/> or <paramref name="leastOverlap"/> is less than 1.</exception>
    public static IAsyncEnumerable<TSource> ResumeWith<TSource>(
        this IAsyncEnumerable<TSource> source, Func<IReadOnlyList<TSource>, Exception, IAsyncEnumerable<TSource>?> resume, int times, int leastOverlap, TSource restart)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(resume);
        ArgumentOutOfRangeException.ThrowIfLessThan(times, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(leastOverlap, 1);

        return new ResumeItemsStream<TSource>(source, resume, times, leastOverlap, restart);
    }
}

[DebuggerDisplay("ResumeWith({_times}, {_leastOverlap})")]
internal sealed class ResumeItemsStream<T>(
    IAsyncEnumerable<T> source, Func<IReadOnlyList<T>, Exception, IAsyncEnumerable<T>?> resume, int times, int leastOverlap, T restart) : OutletStream<T>
{
    private readonly int _times = times;
    private readonly int _leastOverlap = leastOverlap;

    public override IOutlet<T> Start(CancellationToken cancellationToken) => new Items(source, resume, _times, _leastOverlap, restart, cancellationToken);

    private sealed class Items(
        IAsyncEnumerable<T> source, Func<IReadOnlyList<T>, Exception, IAsyncEnumerable<T>?> resume, int times, int leastOverlap, T restart, CancellationToken cancellationToken)
        : ResumeOutlet<T, T>(source, times, leastOverlap, restart, cancellationToken)
    {
        protected override IAsyncEnumerable<T>? Resume(List<T> received, Exception failure) => resume(received.AsReadOnly(), failure);

        protected override ReadOnlySpan<T> UnitsOf(in T item) => new(in item);

        protected override void Split(ReadOnlySpan<T> rest, Queue<T> items)
        {
            foreach (var item in rest)
                items.Enqueue(item);
        }
    }
}

[DebuggerDisplay("ResumeWith({_times}, {_leastOverlap})")]
internal sealed class ResumeTextStream(
    IAsyncEnumerable<string> source, Func<string, Exception, IAsyncEnumerable<string>?> resume, int times, int leastOverlap, string? restart) : OutletStream<string>
{
    private readonly int _times = times;
    private readonly int _leastOverlap = leastOverlap;

    public override IOutlet<string> Start(CancellationToken cancellationToken) => new Text(source, resume, _times, _leastOverlap, restart, cancellationToken);

    private sealed class Text(
        IAsyncEnumerable<string> source, Func<string, Exception, IAsyncEnumerable<string>?> resume, int times, int leastOverlap, string? restart, CancellationToken cancellationToken)
        : ResumeOutlet<string, char>(source, times, leastOverlap, restart!, cancellationToken)
    {
        protected override IAsyncEnumerable<string>? Resume(List<char> received, Exception failure) =>
            resume(new string(CollectionsMarshal.AsSpan(received)), failure);

        protected override ReadOnlySpan<char> UnitsOf(in string item) => item; // some clients have chunks without text

        protected override void Split(ReadOnlySpan<char> rest, Queue<string> items)
        {
            if (!rest.IsEmpty)
                items.Enqueue(new string(rest));
        }
    }
}

/// <summary>Reads the next source where the one before has failed, and keeps what arrives of it back until it is known what of that is new.</summary>
/// <remarks>
/// <code>
/// field         written by    read by       ordered by
/// all           the runner    the runner    the turn
/// </code>
/// </remarks>
/// <typeparam name="T">The type of the items.</typeparam>
/// <typeparam name="TUnit">What is compared: the items, or their characters.</typeparam>
internal abstract class ResumeOutlet<T, TUnit>(IAsyncEnumerable<T> source, int times, int leastOverlap, T restart, CancellationToken cancellationToken)
    : OneByOne<T>(source, cancellationToken, mayBeHeld: true)
{
    private readonly Border<TUnit> _border = new(leastOverlap);
    private readonly Queue<T> _items = []; // what is known to be new, and waits
    private int _resumed;
    private bool _hasNews; // something that is new has come of the source

    protected abstract IAsyncEnumerable<T>? Resume(List<TUnit> received, Exception failure);

    protected abstract ReadOnlySpan<TUnit> UnitsOf(in T item);

    protected abstract void Split(ReadOnlySpan<TUnit> rest, Queue<T> items);

    protected override bool MayRead() => IsAsking && _items.Count == 0;

    protected override bool OnItem(T item)
    {
        if (!_border.IsOpen)
        {
            var units = UnitsOf(in item);
            _border.Received.AddRange(units);
            _hasNews |= !units.IsEmpty;
            Serve(item);
            return false;
        }

        Look(UnitsOf(in item), isEnd: false);
        if (TryTake(out var next))
            Serve(next);
        return MayRead();
    }

    private void Look(ReadOnlySpan<TUnit> units, bool isEnd)
    {
        try
        {
            if (!_border.TryClose(units, isEnd, out var hasOverlap, out var rest) || rest.IsEmpty)
                return;

            _hasNews = true;
            if (!hasOverlap)
                _items.Enqueue(restart);
            Split(rest, _items);
        }
        catch (Exception failure)
        {
            Fail(failure); // of an Equals
        }
    }

    protected override bool MayDispose()
    {
        // It has ended, and what is new of it comes before its disposal.
        if (_border.IsOpen && SourceFailure is null && !IsStopped)
            Look([], isEnd: true);
        return base.MayDispose();
    }

    protected override IAsyncEnumerable<T>? NextSource()
    {
        try
        {
            if (SourceFailure is null || !_hasNews || _resumed == times)
                return null;

            _resumed++;
            var next = Resume(_border.Received, Ending.Combine([SourceFailure, .. CleanupFailures])!);
            if (next is null)
                return null;

            _hasNews = false;
            _border.Begin();
            return next;
        }
        catch (Exception thrown)
        {
            FailedToCleanUp(thrown);
            return null;
        }
    }

    protected override bool TryTake([MaybeNullWhen(false)] out T item) => _items.TryDequeue(out item);

    protected override void Discard()
    {
        while (_items.TryDequeue(out _))
            Metrics.Dropped.Add(1); // and told to nobody: it may be a part of an item, or the restart
    }
}
