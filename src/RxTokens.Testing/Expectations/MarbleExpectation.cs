using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace RxTokens;

/// <summary>What a stream is expected to say; compared once the clock has run.</summary>
/// <typeparam name="T">The type of the items.</typeparam>
[DebuggerDisplay("{_check.Name,nq}: {Received.Count} received")]
public sealed class MarbleExpectation<T>
{
    private readonly StreamCheck<T> _check;
    private readonly IWatch _watch;

    internal MarbleExpectation(StreamCheck<T> check, IWatch watch) => (_check, _watch) = (check, watch);

    /// <summary>What has arrived so far, with the times.</summary>
    public IReadOnlyList<Marble<T>> Received => _check.Received;

    /// <summary>Expects a diagram.</summary>
    /// <param name="diagram">What is to arrive when: <c>---a-(bc|)</c>.</param>
    /// <param name="values">
    /// What the letters stand for: values, <see cref="Marble.Any"/>, <see cref="Marble.Where"/> or an inner stream, as in <c>[("a", 1), ("b", Marble.Any)]</c>;
    /// without it they mean themselves. Collections, tuples and records are compared by what is in them.
    /// </param>
    /// <param name="error">What <c>#</c> means: an exception, a type, or <see cref="ExpectedError.Where"/>; a <see cref="MarbleException"/> if not given.</param>
    /// <param name="comparer">What is the same value; by what is in them if not given.</param>
    /// <exception cref="ArgumentNullException"><paramref name="diagram"/> is null.</exception>
    /// <exception cref="MarbleSyntaxException">The diagram, or one of an inner stream, is not one.</exception>
    /// <exception cref="ArgumentException">More items are expected than the demand row asks for, or an inner stream of a type that no item has.</exception>
    /// <exception cref="InvalidOperationException">It has been called already; or inner streams are expected of a stream that has begun.</exception>
    public void ToBe(string diagram, ExpectedValues<T>? values = null, ExpectedError? error = null, IEqualityComparer<T>? comparer = null) =>
        _check.Expect(diagram, values, error, comparer);

    /// <summary>Expects what an observable says: the same items and the same ending, at the same times.</summary>
    /// <remarks>
    /// <code>
    /// other   -a--b|
    /// stream  -a--b|
    /// </code>
    /// <para>It is subscribed and left together with the stream, which comes first. Errors are the same if they are one instance, or of one type and message.</para>
    /// </remarks>
    /// <param name="other">The observable.</param>
    /// <param name="name">What failures and pictures call it.</param>
    /// <exception cref="ArgumentNullException"><paramref name="other"/> is null.</exception>
    /// <exception cref="InvalidOperationException"><c>ToBe</c> has been called already.</exception>
    public void ToBe(IObservable<T> other, [CallerArgumentExpression(nameof(other))] string? name = null)
    {
        ArgumentNullException.ThrowIfNull(other);

        _check.Expect(() => _watch.Start(other), name);
    }

    /// <summary>Expects what another pull stream delivers, when it is asked for as much at the same times.</summary>
    /// <remarks>
    /// <code>
    /// requests  1---1--1
    /// other     a---b--|
    /// stream    a---b--|
    /// </code>
    /// </remarks>
    /// <param name="other">The other stream.</param>
    /// <param name="name">What failures and pictures call it.</param>
    /// <exception cref="ArgumentNullException"><paramref name="other"/> is null.</exception>
    /// <exception cref="InvalidOperationException"><c>ToBe</c> has been called already.</exception>
    public void ToBe(IAsyncEnumerable<T> other, [CallerArgumentExpression(nameof(other))] string? name = null)
    {
        ArgumentNullException.ThrowIfNull(other);

        _check.Expect(() => _watch.Start(other), name);
    }

    /// <summary>Expects so many items, of any value and at any time; alone, or beside <c>ToBe</c>.</summary>
    /// <remarks>
    /// <code>
    /// -a--b-c|      3 in all, 2 up to frame 4
    /// </code>
    /// <para>The ending does not count.</para>
    /// </remarks>
    /// <param name="items">How many items.</param>
    /// <param name="atFrame">The last frame that counts, up to its end; all items of the test if not given.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is negative.</exception>
    /// <exception cref="ArgumentException">More items are expected than the demand row asks for.</exception>
    public void ToHaveCount(long items, long? atFrame = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(items); // by the name it has here

        _check.ExpectCount(items, atFrame);
    }
}

/// <summary>Begins to watch a stream, at the times of a row.</summary>
internal interface IWatch
{
    Observed<T> Start<T>(IObservable<T> stream);

    Observed<T> Start<T>(IAsyncEnumerable<T> stream);
}

/// <summary>When a push source is expected to be subscribed to.</summary>
[DebuggerDisplay("{_check.Name,nq}")]
public sealed class SubscriptionExpectation
{
    private readonly RowsCheck _check;

    internal SubscriptionExpectation(RowsCheck check) => _check = check;

    /// <summary>Expects these subscriptions, in their order; none if there is no row.</summary>
    /// <param name="rows">A row for each subscription: <c>--^---!</c>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="rows"/> is null.</exception>
    /// <exception cref="MarbleSyntaxException">A row is not one.</exception>
    /// <exception cref="InvalidOperationException">It has been called already.</exception>
    public void ToBe(params IReadOnlyList<string> rows) => _check.Expect(rows);

    /// <summary>Expects these subscriptions, whichever comes first.</summary>
    /// <param name="rows">A row for each: <c>--^---!</c>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="rows"/> is null.</exception>
    /// <exception cref="MarbleSyntaxException">A row is not one.</exception>
    /// <exception cref="InvalidOperationException">It or <c>ToBe</c> has been called already.</exception>
    public void ToBeInAnyOrder(params IReadOnlyList<string> rows) => _check.Expect(rows, inAnyOrder: true);
}

/// <summary>How a pull source is expected to be read.</summary>
[DebuggerDisplay("{_check.Name,nq}")]
public sealed class PullExpectation
{
    private readonly RowsCheck _check;

    internal PullExpectation(RowsCheck check) => _check = check;

    /// <summary>Expects these enumerations, in their order; none if there is no row.</summary>
    /// <param name="rows">
    /// A row for each enumeration, with <c>^</c> for <c>GetAsyncEnumerator</c>, a number for so many calls of <c>MoveNextAsync</c>,
    /// <c>x</c> for a cancellation and <c>!</c> for <c>DisposeAsync</c>: <c>[^2]---1--[1!]</c>.
    /// </param>
    /// <exception cref="ArgumentNullException"><paramref name="rows"/> is null.</exception>
    /// <exception cref="MarbleSyntaxException">A row is not one.</exception>
    /// <exception cref="InvalidOperationException">It has been called already.</exception>
    public void ToBe(params IReadOnlyList<string> rows) => _check.Expect(rows);

    /// <summary>Expects these enumerations, whichever comes first.</summary>
    /// <param name="rows">A row for each: <c>[^2]---1--[1!]</c>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="rows"/> is null.</exception>
    /// <exception cref="MarbleSyntaxException">A row is not one.</exception>
    /// <exception cref="InvalidOperationException">It or <c>ToBe</c> has been called already.</exception>
    public void ToBeInAnyOrder(params IReadOnlyList<string> rows) => _check.Expect(rows, inAnyOrder: true);

    /// <summary>Expects so many reads in all up to a frame, whenever they are made.</summary>
    /// <param name="reads">How many calls of <c>MoveNextAsync</c>.</param>
    /// <param name="atFrame">The last frame that counts, up to its end.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is negative.</exception>
    public void ToSumTo(long reads, long atFrame)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(reads); // by the name it has here

        _check.Sums.Expect(reads, atFrame);
    }

    /// <summary>Expects so many reads or more up to a frame, whenever they are made.</summary>
    /// <param name="reads">How many calls of <c>MoveNextAsync</c> at least.</param>
    /// <param name="atFrame">The last frame that counts, up to its end.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is negative.</exception>
    public void ToSumToAtLeast(long reads, long atFrame)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(reads); // by the name it has here

        _check.Sums.Expect(reads, atFrame, isAtLeast: true);
    }
}

/// <summary>What is expected to be asked for.</summary>
[DebuggerDisplay("{_check.Name,nq}")]
public sealed class RequestExpectation
{
    private readonly RequestsCheck _check;

    internal RequestExpectation(RequestsCheck check) => _check = check;

    /// <summary>Expects exactly these requests.</summary>
    /// <param name="row">A row such as <c>{16}---{12}---!</c>; <c>!</c> is the end of the requests.</param>
    /// <exception cref="ArgumentNullException"><paramref name="row"/> is null.</exception>
    /// <exception cref="MarbleSyntaxException">The row is not one.</exception>
    /// <exception cref="InvalidOperationException">It has been called already.</exception>
    public void ToBe(string row) => _check.Expect(row);

    /// <summary>Expects so much to be asked for in all up to a frame, in whatever portions.</summary>
    /// <param name="count">How much; <see cref="long.MaxValue"/> is without bound.</param>
    /// <param name="atFrame">The last frame that counts, up to its end.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is negative.</exception>
    public void ToSumTo(long count, long atFrame) => _check.Sums.Expect(count, atFrame);

    /// <summary>Expects so much or more to be asked for up to a frame, in whatever portions.</summary>
    /// <param name="count">How much at least; <see cref="long.MaxValue"/> is without bound.</param>
    /// <param name="atFrame">The last frame that counts, up to its end.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is negative.</exception>
    public void ToSumToAtLeast(long count, long atFrame) => _check.Sums.Expect(count, atFrame, isAtLeast: true);
}
