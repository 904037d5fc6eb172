using System.Diagnostics;
using System.Threading.RateLimiting;

namespace RxTokens;

/// <summary>What a <see cref="TokenStreamHub"/> keeps and allows; set by <c>services.AddTokenStreams(options => …)</c>.</summary>
/// <remarks>
/// An answer that is under way counts with all that it may keep, one that has ended with what it has kept. So the memory of the texts is never more than
/// <see cref="CharactersInAll"/>. Answers that have ended make room for new ones, the oldest first; what is under way never does.
/// </remarks>
[DebuggerDisplay("{AnswersPerOwner} answers each, {AnswersInAll} in all, kept for {Keep}")]
public sealed class TokenStreamOptions
{
    /// <summary>How long an answer is kept after its end; 5 minutes by default, more than zero, at most a day.</summary>
    public TimeSpan Keep { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long an answer goes on that nobody follows; <see cref="Timeout.InfiniteTimeSpan"/>, to its end, by default. At most a day.</summary>
    public TimeSpan StopUnreadAfter { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>How many characters (of UTF-16, two bytes each) of an answer are kept, the last ones; 524,288 by default, at least 1.</summary>
    public int CharactersPerAnswer { get; set; } = 512 * 1024;

    /// <summary>The same for all answers of an owner; 4,194,304 by default. Not below <see cref="CharactersPerAnswer"/>.</summary>
    public long CharactersPerOwner { get; set; } = 4 * 1024 * 1024;

    /// <summary>The same for all answers; 268,435,456 by default. Not below <see cref="CharactersPerOwner"/>.</summary>
    public long CharactersInAll { get; set; } = 256 * 1024 * 1024;

    /// <summary>How many answers of an owner may be under way; 4 by default, at least 1.</summary>
    public int AnswersPerOwner { get; set; } = 4;

    /// <summary>How many answers may be under way; 1,000 by default, at least 1.</summary>
    public int AnswersInAll { get; set; } = 1000;

    /// <summary>How many may follow one answer; 16 by default, at least 1.</summary>
    public int FollowersPerAnswer { get; set; } = 16;

    /// <summary>How many may follow answers of one owner; 64 by default, at least 1.</summary>
    public int FollowersPerOwner { get; set; } = 64;

    /// <summary>How many may follow answers; 10,000 by default, at least 1.</summary>
    public int FollowersInAll { get; set; } = 10_000;

    /// <summary>When a follower that was one too many comes back; 5 seconds by default, at most a day.</summary>
    public TimeSpan RefusedFollowersReturnAfter { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// When an answer that was one too many may be asked for again, where no limiter says it better; 5 seconds by default, at most a day.
    /// </summary>
    public TimeSpan RefusedAnswersReturnAfter { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Lets an owner's answers in: a permit is taken when one starts, without a wait, and given back when its source is disposed; one of a concurrency limiter in the request's pipeline would be back
    /// when the POST returns. Null for none. It is not disposed by the hub.
    /// </summary>
    public PartitionedRateLimiter<string>? Admission { get; set; }

    internal void Validate()
    {
        Check(Keep, nameof(Keep), mayBeNever: false);
        Check(StopUnreadAfter, nameof(StopUnreadAfter), mayBeNever: true);
        Check(RefusedFollowersReturnAfter, nameof(RefusedFollowersReturnAfter), mayBeNever: false);
        Check(RefusedAnswersReturnAfter, nameof(RefusedAnswersReturnAfter), mayBeNever: false);
        Check(CharactersPerAnswer, nameof(CharactersPerAnswer), least: 1);
        Check(CharactersPerOwner, nameof(CharactersPerOwner), least: CharactersPerAnswer);
        Check(CharactersInAll, nameof(CharactersInAll), least: CharactersPerOwner);
        Check(AnswersPerOwner, nameof(AnswersPerOwner), least: 1);
        Check(AnswersInAll, nameof(AnswersInAll), least: 1);
        Check(FollowersPerAnswer, nameof(FollowersPerAnswer), least: 1);
        Check(FollowersPerOwner, nameof(FollowersPerOwner), least: 1);
        Check(FollowersInAll, nameof(FollowersInAll), least: 1);
    }

    private static void Check(TimeSpan value, string name, bool mayBeNever)
    {
        if (!(mayBeNever && value == Timeout.InfiniteTimeSpan) && (value <= TimeSpan.Zero || value > TimeSpan.FromDays(1)))
            throw new ArgumentOutOfRangeException(name, value, $"{nameof(TokenStreamOptions)}.{name} is more than zero and at most a day; it is {value}.");
    }

    private static void Check(long value, string name, long least)
    {
        if (value < least)
            throw new ArgumentOutOfRangeException(name, value, $"{nameof(TokenStreamOptions)}.{name} is at least {least}; it is {value}.");
    }
}
