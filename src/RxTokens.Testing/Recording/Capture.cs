using System.Reactive;

namespace RxTokens;

public static partial class StreamRecording
{
    /// <summary>Reads a stream to its end, as fast as it comes, and returns what it delivered and when.</summary>
    /// <remarks>
    /// <code>
    /// source       -a--b#
    /// captured     1:a 4:b 5:#
    /// </code>
    /// <para>Each item is asked for as soon as the one before has come: the times are the source's own.</para>
    /// <para><b>Errors:</b> a failure of the source, or of its disposal, is the recording's ending and not the task's.</para>
    /// <para><b>Disposal:</b> the source is disposed before the task ends.</para>
    /// </remarks>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="source">The stream.</param>
    /// <param name="clock">Whose time is recorded; <c>TimeProvider.System</c> outside of tests.</param>
    /// <param name="name">What to call the recording; null for no name.</param>
    /// <param name="maxItems">How many items it may have: they are kept in memory. At least 1.</param>
    /// <param name="cancellationToken">Ends the capture; what has been captured is lost then. To capture a part, take one: <c>Through(o => o.Take(5))</c>.</param>
    /// <returns>The recording.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="clock"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxItems"/> is less than 1.</exception>
    /// <exception cref="BackpressureException">(In the task.) The source has more items than <paramref name="maxItems"/>.</exception>
    /// <exception cref="OperationCanceledException">(In the task.) The token was cancelled.</exception>
    public static Task<StreamRecording<T>> CaptureAsync<T>(
        IAsyncEnumerable<T> source, TimeProvider clock, string? name = null, int maxItems = 1_000_000, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(clock);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxItems, 1);

        return Capture(source, clock, name, maxItems, cancellationToken);
    }

    private static async Task<StreamRecording<T>> Capture<T>(
        IAsyncEnumerable<T> source, TimeProvider clock, string? name, int maxItems, CancellationToken cancellationToken)
    {
        var marbles = new List<Marble<T>>();
        var reading = new Recorded<T>(source, clock, begin: () => { }, Keep);
        try
        {
            await foreach (var _ in reading.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                // It has been kept already.
            }
        }
        catch (Exception) when (marbles is [.., { Notification.Kind: NotificationKind.OnError }])
        {
            // It is how the recording ends.
        }

        return new StreamRecording<T>(marbles, name);

        void Keep(Marble<T> marble)
        {
            if (marbles.Count == maxItems && marble.Notification.HasValue)
            {
                throw new BackpressureException(
                    $"The stream has more than {maxItems} items, and a capture keeps them all in memory. Take fewer of them, raise maxItems, or record to a file with RecordTo.",
                    maxItems);
            }

            marbles.Add(marble);
        }
    }
}
