using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace RxTokens;

/// <summary>
/// Where an answer lies, from its owner and its id together: whoever has the one and not the other comes to a place where there is nothing, as with an id that never was.
/// So an id needs no list of owners, and says nothing to anybody else.
/// </summary>
internal readonly record struct StreamKey
{
    private const int TagLength = 8;
    private const string LastEvent = "end";
    private const int LongestEventId = 256;

    // Of the UTF-16 as it is: UTF-8 has one replacement for all lone surrogates, so that two owners could be one.
    public StreamKey(string owner, string id) => Value = Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes($"{owner.Length}:{owner}:{id}".AsSpan())));

    public string Value { get; }

    /// <summary>128 random bits, in letters that a path takes as they are.</summary>
    public static string NewId() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    /// <summary>The id of the event after which a client has so many characters.</summary>
    public string EventId(long position) => string.Create(CultureInfo.InvariantCulture, $"{Value[..TagLength]}.{position}");

    /// <summary>The id of the event after which nothing follows.</summary>
    public string LastEventId => $"{Value[..TagLength]}.{LastEvent}";

    /// <summary>What a client says that it has.</summary>
    /// <returns>False: that is of no answer, or of another.</returns>
    public bool TryParse(string eventId, out long position, out bool isEnd)
    {
        (position, isEnd) = (0, false);
        if (eventId.Length > LongestEventId || eventId.Length <= TagLength + 1 || eventId[TagLength] != '.' || !eventId.AsSpan(0, TagLength).SequenceEqual(Value.AsSpan(0, TagLength)))
            return false;

        var rest = eventId.AsSpan(TagLength + 1);
        isEnd = rest.SequenceEqual(LastEvent);
        return isEnd || long.TryParse(rest, NumberStyles.None, CultureInfo.InvariantCulture, out position);
    }
}
