using System.Globalization;

namespace RxTokens;

/// <summary>A virtual clock had more to do than its limits allow: most likely something that never ends.</summary>
public sealed class VirtualTimeLimitException : Exception
{
    internal VirtualTimeLimitException(string message)
        : base(message)
    {
    }

    internal static VirtualTimeLimitException Time(TimeSpan limit, Work work) => new(
        $"The clock was to go on to {TimeSpan.FromTicks(work.DueTime)} for '{work.Name}', past MaxVirtualTime ({limit}). " +
        "Something goes on for ever, or waits for what is not on the clock: end it, or set MaxVirtualTime.");

    internal static VirtualTimeLimitException Actions(int limit, TimeSpan time, string work) => new(
        string.Create(CultureInfo.InvariantCulture, $"The clock ran {limit:N0} pieces of work, its MaxActions, and at {time} there was more ('{work}'). ") +
        "Something goes on for ever, or waits for what is not on the clock: end it, or set MaxActions.");

    internal static VirtualTimeLimitException Reads(int limit, TimeSpan time) => new(
        string.Create(CultureInfo.InvariantCulture, $"The test's consumer made {limit:N0} requests, MaxActions, and at {time} the stream still went on. ") +
        "It never ends: end it, for example by a demand row that asks for so many items, or set MaxActions.");

    internal static VirtualTimeLimitException Subscriptions(string source, int limit, TimeSpan time) => new(string.Create(
        CultureInfo.InvariantCulture,
        $"'{source}' was subscribed {limit:N0} times, MaxActions, and at {time} once more: a Repeat or Retry that never ends, most likely. Bound it, or set MaxActions."));

    internal static VirtualTimeLimitException Items(int limit, TimeSpan time) => new(string.Create(
        CultureInfo.InvariantCulture,
        $"A stream said {limit:N0} items, MaxActions, and at {time} it still went on: it never ends, most likely. Take so many, or set MaxActions."));
}
