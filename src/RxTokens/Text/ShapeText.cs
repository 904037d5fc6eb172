namespace RxTokens;

public static partial class TokenStream
{
    /// <summary>Shapes the text in a stream of many things (text, reasoning, tool calls, usage), and keeps everything else where it is.</summary>
    /// <remarks>
    /// <code>
    /// source  a-b-7      -c   |    // 7: something that is no text
    /// result  ----[{ab}7]--[c|]    // ShapeText(getText, withText, texts => texts.Through(o => o.Lines()))
    /// </code>
    /// <para><b>A run</b> of text, between two other items, is a stream of its own: <paramref name="shape"/> is called for each. It ends before the
    /// next item that is no text, so what a shape holds is told before that passes: nothing changes places. A shape that ends before its run drops
    /// the rest of it. Text of another kind is no text for this shape: to shape an answer and what was thought, apply it twice.</para>
    /// <para>A piece of shaped text becomes an item by <paramref name="withText"/>, of the newest text item that has gone into the shape by then.</para>
    /// <para><b>Demand:</b> that of the shape, in a run; outside of runs what is asked for. The item that ends a run is read with it.</para>
    /// <para><b>Errors:</b> a failure of the source goes through the shape, which tells what it holds, and arrives as it is, unless the shape handles it: then
    /// the stream ends with that run. Failures of the shape and of the functions arrive, too.</para>
    /// <para><b>Disposal:</b> the shape's enumeration first, then the source, once; a read that is pending is cancelled and awaited. What a clean-up fails with
    /// is told together with an earlier failure.</para>
    /// <para><b>Threading:</b> as the shape; the source is read where the shape reads.</para>
    /// <code>
    /// // Conceptually (of a shape that reads all of its text):
    /// public static async IAsyncEnumerable&lt;T> ShapeText&lt;T>(
    ///     this IAsyncEnumerable&lt;T> source, Func&lt;T, string?> getText, Func&lt;T, string, T> withText,
    ///     Func&lt;IAsyncEnumerable&lt;string>, IAsyncEnumerable&lt;string>> shape, [EnumeratorCancellation] CancellationToken leaving = default)
    /// {
    ///     await using var items = source.GetAsyncEnumerator(leaving);
    ///     var isThere = await items.MoveNextAsync();
    ///     while (isThere)
    ///     {
    ///         var newest = items.Current;
    ///         if (getText(newest) is null)
    ///         {
    ///             yield return newest;
    ///             isThere = await items.MoveNextAsync();
    ///             continue;
    ///         }
    ///
    ///         await foreach (var text in shape(Run()).WithCancellation(leaving))
    ///             yield return withText(newest, text);
    ///
    ///         async IAsyncEnumerable&lt;string> Run()
    ///         {
    ///             for (; isThere &amp;&amp; getText(items.Current) is { } text; isThere = await items.MoveNextAsync())
    ///             {
    ///                 newest = items.Current;
    ///                 yield return text;
    ///             }
    ///         }
    ///     }
    /// }
    /// </code>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <param name="source">The pull source.</param>
    /// <param name="getText">The text of an item; null for one that is no text.</param>
    /// <param name="withText">An item with other text, of an item with text.</param>
    /// <param name="shape">What becomes of a run of text, for example <c>texts => texts.Conflate()</c>; it enumerates the run once.</param>
    /// <returns>A pull stream; each enumeration reads the source anew.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static IAsyncEnumerable<TSource> ShapeText<TSource>(
        this IAsyncEnumerable<TSource> source,
        Func<TSource, string?> getText,
        Func<TSource, string, TSource> withText,
        Func<IAsyncEnumerable<string>, IAsyncEnumerable<string>> shape)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(getText);
        ArgumentNullException.ThrowIfNull(withText);
        ArgumentNullException.ThrowIfNull(shape);

        // The stage around it is there for those who leave or cancel during a read, and to tell all failures.
        return new ShapedPull<TSource>(source, getText, withText, shape).TakeUntil(CancellationToken.None);
    }

    /// <summary>Shapes the text in a push stream of many things, and keeps everything else where it is.</summary>
    /// <remarks>
    /// <code>
    /// source  a-b-7      -c   |    // 7: something that is no text
    /// result  ----[{ab}7]--[c|]    // ShapeText(getText, withText, texts => texts.Lines())
    /// </code>
    /// <para><b>A run</b> of text, between two other items, is a stream of its own: <paramref name="shape"/> is called for each, and its result subscribed to.
    /// It completes before the next item that is no text, which waits, with what follows, until the shape has completed. A shape that
    /// completes before its run drops the rest of it.</para>
    /// <para>A piece of shaped text becomes an item by <paramref name="withText"/>, of the newest text item that has gone into the shape by then.</para>
    /// <para><b>Demand:</b> none of its own. Up to 1,024 items wait for a shape that has heard its end and goes on, or behind those, while they are
    /// told; then the stream fails with a <see cref="BackpressureException"/>.</para>
    /// <para><b>Errors:</b> a failure of the source arrives after what the shape holds, which hears a plain end. Failures of the shape and of the functions
    /// end the stream; one that follows a failure of the source arrives together with it.</para>
    /// <para><b>Disposal:</b> of a subscription disposes the shape's and the source's.</para>
    /// <para><b>Threading:</b> items are told one at a time, inside the source's calls, or where the shape tells them.</para>
    /// </remarks>
    /// <typeparam name="TSource">The type of the items.</typeparam>
    /// <param name="source">The push source.</param>
    /// <param name="getText">The text of an item; null for one that is no text.</param>
    /// <param name="withText">An item with other text, of an item with text.</param>
    /// <param name="shape">What becomes of a run of text, for example <c>texts => texts.Sentences()</c>.</param>
    /// <returns>A push stream.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static IObservable<TSource> ShapeText<TSource>(
        this IObservable<TSource> source,
        Func<TSource, string?> getText,
        Func<TSource, string, TSource> withText,
        Func<IObservable<string>, IObservable<string>> shape)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(getText);
        ArgumentNullException.ThrowIfNull(withText);
        ArgumentNullException.ThrowIfNull(shape);

        return new PushOperator<TSource, TSource>(source, observer => new ShapedSink<TSource>(observer, getText, withText, shape));
    }
}
