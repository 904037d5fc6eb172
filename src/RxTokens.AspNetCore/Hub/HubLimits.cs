using Microsoft.AspNetCore.Http;

namespace RxTokens;

/// <summary>How many answers there are, how many follow them and how much they keep: of each owner, and in all.</summary>
/// <remarks>
/// <code>
/// field         written by    read by     ordered by
/// all           everyone      everyone    _gate, under which nothing else is called
/// </code>
/// <para>An answer counts from <see cref="Let"/> to <see cref="Forget"/>: with all that it may keep until <see cref="End"/>, then with what it has kept.</para>
/// </remarks>
internal sealed class HubLimits(TokenStreamOptions options)
{
    private readonly object _gate = new();
    private readonly Dictionary<string, Owned> _owners = new(StringComparer.Ordinal);
    private readonly LinkedList<Place> _ended = new(); // the oldest first
    private int _answers;
    private int _followers;
    private long _characters;

    /// <summary>What an answer takes.</summary>
    public sealed class Place
    {
        public required string Owner { get; init; }

        public required StreamKey Key { get; init; }

        public long Characters { get; set; }

        public int Followers { get; set; }

        public bool IsUnderWay { get; set; } = true;

        public bool IsForgotten { get; set; }

        public LinkedListNode<Place>? AmongEnded { get; set; }
    }

    private sealed class Owned
    {
        public int Answers;
        public int Followers;
        public long Characters;
        public readonly Dictionary<StreamKey, Place> Places = [];
    }

    /// <summary>How many owners there are who have something here.</summary>
    public int Owners
    {
        get
        {
            lock (_gate)
                return _owners.Count;
        }
    }

    public int Followers
    {
        get
        {
            lock (_gate)
                return _followers;
        }
    }

    /// <summary>Makes room for an answer.</summary>
    /// <returns>Its place, and the answers that had ended, and had to go for it.</returns>
    /// <exception cref="TokenStreamRefusedException">There is none.</exception>
    public (Place Place, List<StreamKey> Gone) Let(string owner, StreamKey key)
    {
        lock (_gate)
        {
            var owned = _owners.GetValueOrDefault(owner);
            if (owned?.Answers >= options.AnswersPerOwner)
                throw Refused(StatusCodes.Status429TooManyRequests, $"{owned.Answers} answers of this user are under way; more are not allowed.");
            if (_answers >= options.AnswersInAll)
                throw Refused(StatusCodes.Status503ServiceUnavailable, $"{_answers} answers are under way; more are not allowed.");

            // Before anything has to go.
            if (((owned?.Answers ?? 0) + 1L) * options.CharactersPerAnswer > options.CharactersPerOwner)
                throw Refused(StatusCodes.Status429TooManyRequests, "The answers of this user that are under way may take all the room there is for them.");
            if ((_answers + 1L) * options.CharactersPerAnswer > options.CharactersInAll)
                throw Refused(StatusCodes.Status503ServiceUnavailable, "The answers that are under way may take all the room there is.");

            var gone = new List<StreamKey>();
            MakeRoom(gone, place => place.Owner == owner, () => (owned?.Characters ?? 0) + options.CharactersPerAnswer > options.CharactersPerOwner);
            MakeRoom(gone, _ => true, () => _characters + options.CharactersPerAnswer > options.CharactersInAll);
            var place = new Place { Owner = owner, Key = key };
            if (!_owners.TryGetValue(owner, out owned))
                _owners.Add(owner, owned = new Owned());
            owned.Places.Add(key, place);
            owned.Answers++;
            _answers++;
            Resize(owned, place, options.CharactersPerAnswer);
            return (place, gone);
        }
    }

    /// <summary>The answer has ended, and has kept so much.</summary>
    public void End(Place place, long characters)
    {
        lock (_gate)
        {
            var owned = _owners[place.Owner];
            owned.Answers--;
            _answers--;
            place.IsUnderWay = false;
            if (place.IsForgotten)
            {
                Drop(owned, place);
                return;
            }

            Resize(owned, place, characters);
            place.AmongEnded = _ended.AddLast(place);
        }
    }

    /// <summary>The answer is kept no more.</summary>
    public void Forget(Place place)
    {
        lock (_gate)
            ForgetLocked(place);
    }

    /// <summary>Lets one follow.</summary>
    /// <returns>Whether there is room.</returns>
    public bool TryFollow(string owner, StreamKey key)
    {
        lock (_gate)
        {
            var owned = _owners.GetValueOrDefault(owner);
            var place = owned?.Places.GetValueOrDefault(key);
            if (_followers >= options.FollowersInAll || owned?.Followers >= options.FollowersPerOwner || place?.Followers >= options.FollowersPerAnswer)
                return false;

            if (owned is null)
                _owners.Add(owner, owned = new Owned());
            if (place is null) // an answer of another machine
                owned.Places.Add(key, place = new Place { Owner = owner, Key = key, IsUnderWay = false, IsForgotten = true });
            place.Followers++;
            owned.Followers++;
            _followers++;
            return true;
        }
    }

    /// <summary>One follows no more.</summary>
    public void Leave(string owner, StreamKey key)
    {
        lock (_gate)
        {
            var owned = _owners[owner];
            var place = owned.Places[key];
            place.Followers--;
            owned.Followers--;
            _followers--;
            if (place.IsForgotten)
                Drop(owned, place);
        }
    }

    private void MakeRoom(List<StreamKey> gone, Func<Place, bool> isOne, Func<bool> isNeeded)
    {
        for (var node = _ended.First; node is not null && isNeeded();)
        {
            var place = node.Value;
            node = node.Next;
            if (!isOne(place))
                continue;

            gone.Add(place.Key);
            ForgetLocked(place);
        }
    }

    private void ForgetLocked(Place place)
    {
        if (place.IsForgotten)
            return;

        place.IsForgotten = true;
        if (place.AmongEnded is { } node)
            _ended.Remove(node);
        place.AmongEnded = null;
        Drop(_owners[place.Owner], place);
    }

    /// <summary>Lets go of what nobody needs any more.</summary>
    private void Drop(Owned owned, Place place)
    {
        if (place.IsUnderWay)
            return;

        Resize(owned, place, 0);
        if (place.Followers > 0)
            return;

        owned.Places.Remove(place.Key);
        if (owned.Places.Count == 0)
            _owners.Remove(place.Owner);
    }

    private void Resize(Owned owned, Place place, long characters)
    {
        owned.Characters += characters - place.Characters;
        _characters += characters - place.Characters;
        place.Characters = characters;
    }

    private TokenStreamRefusedException Refused(int statusCode, string message) => new(message, statusCode, options.RefusedAnswersReturnAfter);
}
