namespace RxTokens;

/// <summary>Where the text of an answer lies while it is generated, and for some time after: one producer appends to it, any number of readers follow it from where they like.</summary>
/// <remarks>
/// <para><b>Keys</b> are made by <see cref="TokenStreamHub"/>: printable ASCII, 64 characters; nobody else sees them.</para>
/// <para><b>Atomic:</b> each call takes effect as a whole, at one moment. A reader gets each character once, in order, whether it lies there already or is appended
/// while the reader begins.</para>
/// <para><b>Bounded</b> in characters, the oldest of which go first, and in time: a log is forgotten some time after the last call of <see cref="AppendAsync"/>, also of one with
/// nothing to append, or of <see cref="EndAsync"/>. An implementation says how much and how long.</para>
/// <para><b>Threading:</b> all methods may be called on any thread, at any time.</para>
/// </remarks>
public interface ITokenLog
{
    /// <summary>Begins a log.</summary>
    /// <param name="key">Of which log.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The fence: what the producer proves by that it is the one. No other log, nor one of that key after it, has the same.</returns>
    /// <exception cref="TokenLogConflictException">There is a log of that key.</exception>
    ValueTask<long> BeginAsync(string key, CancellationToken cancellationToken = default);

    /// <summary>Adds to the text; nothing, to say that the producer lives.</summary>
    /// <param name="key">Of which log.</param>
    /// <param name="fence">The producer's.</param>
    /// <param name="text">What follows. It does not begin or end within a surrogate pair.</param>
    /// <param name="cancellationToken">Gives up; the text may have been added.</param>
    /// <returns>When it is there.</returns>
    /// <exception cref="TokenLogConflictException">The log has ended, is forgotten, or is another producer's.</exception>
    ValueTask AppendAsync(string key, long fence, string text, CancellationToken cancellationToken = default);

    /// <summary>Ends the text. The first one who does says how.</summary>
    /// <param name="key">Of which log.</param>
    /// <param name="fence">The producer's; null for who ends it from outside, in its place.</param>
    /// <param name="end">How it ends.</param>
    /// <param name="cancellationToken">Gives up; the log may have ended.</param>
    /// <returns>Whether this has ended it; else it had ended already, is forgotten, or is another producer's.</returns>
    ValueTask<bool> EndAsync(string key, long? fence, TokenLogEnd end, CancellationToken cancellationToken = default);

    /// <summary>Looks up where a log stands.</summary>
    /// <param name="key">Of which log.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Where it stands; null if there is none.</returns>
    ValueTask<TokenLogState?> FindAsync(string key, CancellationToken cancellationToken = default);

    /// <summary>Follows a log.</summary>
    /// <param name="key">Of which log.</param>
    /// <param name="position">How many characters the reader has; at least 0.</param>
    /// <param name="cancellationToken">Ends the reading, with an <see cref="OperationCanceledException"/>.</param>
    /// <returns>
    /// At each read all that has come since the last, in one entry; the last says how the text has ended, and is <see cref="TokenEvents.Interrupted"/> where the log is forgotten before
    /// that. Nothing is kept for a reader: who is slow misses what the log loses, and is told so.
    /// </returns>
    IAsyncEnumerable<TokenLogEntry> ReadAsync(string key, long position, CancellationToken cancellationToken = default);

    /// <summary>Forgets a log, at once.</summary>
    /// <param name="key">Of which log.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>When it is forgotten.</returns>
    ValueTask RemoveAsync(string key, CancellationToken cancellationToken = default);
}
