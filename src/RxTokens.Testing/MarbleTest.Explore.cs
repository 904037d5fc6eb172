using System.ComponentModel;
using System.Globalization;
using System.Text;

namespace RxTokens;

public sealed partial class MarbleTest
{
    /// <summary>Runs a test under many orders of the work that is due in the same instant, and fails with one that breaks it.</summary>
    /// <remarks>
    /// <code>
    /// source 1  ---a--      a and b are due in the same instant:
    /// source 2  ---b--      some orders have a first, some b
    /// </code>
    /// <para>First in first out comes first, and then an order for each seed. The marbles of one source keep their order, and so do the test's own
    /// subscriptions; requests, items of different sources and timers do not. A test in which nothing is ever due together is run twice and no more.</para>
    /// </remarks>
    /// <param name="test">The test, run afresh each time: what it makes outside of itself it must make afresh too.</param>
    /// <param name="orders">How many orders to try, besides first in first out.</param>
    /// <param name="seed">The first seed; the others follow it.</param>
    /// <param name="options">What is not as usual.</param>
    /// <returns>How many different orders were run.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="test"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="orders"/> is not positive.</exception>
    /// <exception cref="ArgumentException">The options have a clock of their own, or a seed.</exception>
    /// <exception cref="MarbleAssertionException">
    /// The test failed under an order: the message has its seed, for <see cref="MarbleOptions.Seed"/>, and what went before what.
    /// </exception>
    public static int Explore(Action<MarbleTest> test, int orders = 100, int seed = 1, MarbleOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(test);

        return Explore(o => { Run(test, o); }, orders, seed, options);
    }

    /// <summary>Not to be called: a test that awaits is for <see cref="ExploreAsync"/>.</summary>
    /// <param name="test">The test.</param>
    /// <param name="orders">How many orders.</param>
    /// <param name="seed">The first seed.</param>
    /// <param name="options">The options.</param>
    /// <returns>Nothing.</returns>
    /// <exception cref="NotSupportedException">Always.</exception>
    [Obsolete("A test that awaits is for MarbleTest.ExploreAsync.", error: true)]
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static int Explore(Func<MarbleTest, Task> test, int orders = 100, int seed = 1, MarbleOptions? options = null) => throw new NotSupportedException();

    /// <summary>The same for a test that awaits.</summary>
    /// <param name="test">The test, run afresh each time: what it makes outside of itself it must make afresh too.</param>
    /// <param name="orders">How many orders to try, besides first in first out.</param>
    /// <param name="seed">The first seed; the others follow it.</param>
    /// <param name="options">What is not as usual.</param>
    /// <returns>How many different orders were run.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="test"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="orders"/> is not positive.</exception>
    /// <exception cref="ArgumentException">The options have a clock of their own, or a seed.</exception>
    /// <exception cref="MarbleAssertionException">The test failed under an order, as with <see cref="Explore(Action{MarbleTest}, int, int, MarbleOptions?)"/>.</exception>
    public static Task<int> ExploreAsync(Func<MarbleTest, Task> test, int orders = 100, int seed = 1, MarbleOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(test);

        return Task.FromResult(Explore(o => { RunAsync(test, o).GetAwaiter().GetResult(); }, orders, seed, options));
    }

    private static int Explore(Action<MarbleOptions> run, int orders, int seed, MarbleOptions? options)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(orders);
        options ??= new MarbleOptions();
        if (options.Clock is not null || options.Seed is not null)
            throw new ArgumentException("Each order has a clock and a seed of its own: the options must have neither.", nameof(options));

        run(options);
        var seen = new HashSet<string>();
        for (var i = 0; i < orders; i++)
        {
            var shuffle = new Shuffle(seed + i);
            try
            {
                run(options with { Shuffle = shuffle });
            }
            catch (Exception failure)
            {
                throw Broken(failure, shuffle, i + 1, orders);
            }

            seen.Add(string.Join('\n', shuffle.Choices.Select(choice => choice.Index)));
            if (shuffle.Choices.Count == 0)
                break;
        }

        return seen.Count;
    }

    private static MarbleAssertionException Broken(Exception failure, Shuffle shuffle, int order, int orders)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"Order {order} of {orders} breaks the test, which passes first in first out.\n");
        text.Append(CultureInfo.InvariantCulture, $"To run this order again:  new MarbleOptions {{ Seed = {shuffle.Seed} }}\n");
        foreach (var choice in shuffle.Choices.Where(choice => choice.Index > 0))
            text.Append(CultureInfo.InvariantCulture, $"  {choice.Description}\n");
        text.Append('\n').Append(failure.Message);

        // Frameworks print what is inside an exception below its message: the same diagrams once more.
        return failure is MarbleAssertionException { Mismatches: var mismatches } broken
            ? new MarbleAssertionException(text.ToString(), mismatches, broken.InnerException)
            : new MarbleAssertionException(text.ToString(), [], failure);
    }
}
