using System.Runtime.CompilerServices;

namespace RxTokens;

public static partial class Marble
{
    /// <summary>In an expectation, a letter for any item: <c>[("x", Marble.Any)]</c>.</summary>
    public static ExpectedItem Any => default;

    /// <summary>In an expectation, a letter for every item of a type that a predicate accepts.</summary>
    /// <remarks>
    /// <code>
    /// m.Expect(orders).ToBe("-x-y|", [("x", Marble.Any), ("y", Marble.Where&lt;Order&gt;(order => order.Price > 10))]);
    /// </code>
    /// <para>A predicate that throws does not accept the item; a failing test says what it threw, so it may consist of assertions.</para>
    /// </remarks>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="predicate">Says whether an item is one that the letter stands for.</param>
    /// <param name="description">What it accepts, for the message of a failing test; the predicate as it is written if not given.</param>
    /// <returns>What a letter is to stand for.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="predicate"/> is null.</exception>
    public static ExpectedItem Where<T>(Func<T, bool> predicate, [CallerArgumentExpression(nameof(predicate))] string? description = null)
    {
        ArgumentNullException.ThrowIfNull(predicate);

        return new ExpectedItem(new ItemCondition<T>(predicate, description ?? "the predicate says so"));
    }

    /// <summary>In an expectation, a letter for an inner stream, such as a window, that says this.</summary>
    /// <remarks>
    /// <code>
    /// source    abcd|
    /// windows   x-y-|      x = ab|    y = cd-|
    /// </code>
    /// <para>The test subscribes to the inner stream when it is handed out, in frame 0 of its diagram, and watches it to its end; or, when it
    /// leaves the outer stream, as long as the longest diagram of an inner one. <c>ToBe</c> reads the diagram, and refuses one that is none, or that no item of its stream can be.</para>
    /// </remarks>
    /// <param name="diagram">What it says, in letters: <c>-a-b|</c>.</param>
    /// <param name="error">What <c>#</c> means in it; a <see cref="MarbleException"/> if not given.</param>
    /// <param name="absolute">Whether frame 0 is the start of the test instead, so that its row is aligned with the outer one.</param>
    /// <returns>What a letter is to stand for.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="diagram"/> is null.</exception>
    public static ExpectedItem Inner(string diagram, ExpectedError? error = null, bool absolute = false) => Inner<string>(diagram, null, error, absolute);

    /// <inheritdoc cref="Inner(string, ExpectedError?, bool)"/>
    /// <typeparam name="T">The type of the items of the inner stream.</typeparam>
    /// <param name="diagram">What it says.</param>
    /// <param name="values">What its letters stand for, which may be inner streams again; without it they mean themselves.</param>
    /// <param name="error">What <c>#</c> means in it; a <see cref="MarbleException"/> if not given.</param>
    /// <param name="absolute">Whether frame 0 is the start of the test instead, so that its row is aligned with the outer one.</param>
    public static ExpectedItem Inner<T>(string diagram, ExpectedValues<T>? values = null, ExpectedError? error = null, bool absolute = false)
    {
        ArgumentNullException.ThrowIfNull(diagram);

        return new ExpectedItem(new InnerDiagram<T>(diagram, values, error, absolute));
    }

    /// <summary>In an expectation, a letter for a group, as <c>GroupBy</c> hands it out, with this key, that says this.</summary>
    /// <remarks>
    /// <para>As with <see cref="Inner(string, ExpectedError?, bool)"/>, frame 0 of its diagram is when it is handed out, and <c>ToBe</c> reads it.</para>
    /// </remarks>
    /// <typeparam name="TKey">The type of the key.</typeparam>
    /// <param name="key">The key of the group.</param>
    /// <param name="diagram">What it says, in letters: <c>a--a|</c>.</param>
    /// <param name="error">What <c>#</c> means in it; a <see cref="MarbleException"/> if not given.</param>
    /// <param name="absolute">Whether frame 0 is the start of the test instead, so that its row is aligned with the outer one.</param>
    /// <returns>What a letter is to stand for.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="diagram"/> is null.</exception>
    public static ExpectedItem Group<TKey>(TKey key, string diagram, ExpectedError? error = null, bool absolute = false) =>
        Group<TKey, string>(key, diagram, null, error, absolute);

    /// <inheritdoc cref="Group{TKey}(TKey, string, ExpectedError?, bool)"/>
    /// <typeparam name="TKey">The type of the key.</typeparam>
    /// <typeparam name="T">The type of the items of the group.</typeparam>
    /// <param name="key">The key of the group.</param>
    /// <param name="diagram">What it says.</param>
    /// <param name="values">What its letters stand for; without it they mean themselves.</param>
    /// <param name="error">What <c>#</c> means in it; a <see cref="MarbleException"/> if not given.</param>
    /// <param name="absolute">Whether frame 0 is the start of the test instead, so that its row is aligned with the outer one.</param>
    public static ExpectedItem Group<TKey, T>(
        TKey key, string diagram, ExpectedValues<T>? values = null, ExpectedError? error = null, bool absolute = false)
    {
        ArgumentNullException.ThrowIfNull(diagram);

        return new ExpectedItem(new GroupDiagram<TKey, T>(key, diagram, values, error, absolute));
    }
}
