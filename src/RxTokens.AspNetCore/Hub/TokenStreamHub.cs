using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace RxTokens;

/// <summary>Answers that live apart from the requests that began them: one request starts one, any number follow it, from where they like, and leaving is not stopping.</summary>
/// <remarks>
/// <code>
/// app.MapPost("/answers", (Question question, HttpContext http, TokenStreamHub hub) =>
///     hub.Start(http.User.Identity!.Name!, (services, stopped) => services.GetRequiredService&lt;Model>().Answer(question, stopped)));
/// app.MapGet("/answers/{id}", (string id, HttpContext http, TokenStreamHub hub) => hub.Follow(http.User.Identity!.Name!, id));
/// app.MapDelete("/answers/{id}", (string id, HttpContext http, TokenStreamHub hub) => hub.Stop(http.User.Identity!.Name!, id));
/// </code>
/// <para><b>Ids</b> are 128 random bits. Without its owner an id is nothing: a foreign one and one that never was are 404 alike.</para>
/// <para><b>Demand:</b> an answer is read to its end as fast as it comes, and kept, within the bounds of <see cref="TokenStreamOptions"/>. A follower gets all that it has not got in one event, and the next
/// when that is drained: who is slow holds up nobody, and has no queue.</para>
/// <para><b>Errors:</b> the failure of a source is the last event, described by <see cref="TokenResultOptions.DescribeFailure"/>.</para>
/// <para><b>Disposal:</b> when the host stops, answers are stopped, and waited for as long as the host allows.</para>
/// <para><b>Threading:</b> sources are read on the thread pool, without what is ambient to the request. All methods may be called on any thread.</para>
/// <code>
/// field         written by       read by     ordered by
/// _answers      everyone         everyone    itself
/// _isStopping   the host, once   everyone    a fence on both sides: who begins an answer looks again when that can be seen
/// Kept          who begins it;   everyone    volatile
///               the pump, at
///               its end
/// all others    constructor      everyone    readonly
/// </code>
/// </remarks>
[DebuggerDisplay("{_answers.Count} answers")]
public sealed class TokenStreamHub
{
    internal static readonly TokenLogEnd Unread = new(TokenEvents.Stopped, "The answer was stopped: nobody followed it.");
    private static readonly TokenLogEnd Stopped = new(TokenEvents.Stopped, "The answer was stopped.");
    private static readonly TokenLogEnd ServerStops = new(TokenEvents.Stopped, TokenEvents.StoppedMessage);

    private readonly ConcurrentDictionary<StreamKey, Kept> _answers = new();
    private readonly HubLimits _limits;
    private readonly ServingSettings _settings;
    private volatile bool _isStopping;

    internal TokenStreamHub(IServiceProvider services)
    {
        Options = services.GetRequiredService<IOptions<TokenStreamOptions>>().Value;
        Options.Validate();
        Log = services.GetRequiredService<ITokenLog>();
        Scopes = services.GetRequiredService<IServiceScopeFactory>();
        _settings = ServingSettings.Of(services, null);
        _limits = new HubLimits(Options);
    }

    /// <summary>An answer that is known here: under way, or kept for some time.</summary>
    private sealed class Kept(HubLimits.Place place)
    {
        private volatile Answer? _answer;
        private volatile ITimer? _timer;

        public HubLimits.Place Place => place;

        public Answer? Answer { get => _answer; set => _answer = value; }

        /// <summary>Until it is forgotten. One that is set when that has happened for another reason rings once more, and finds nothing.</summary>
        public ITimer? Timer { get => _timer; set => _timer = value; }
    }

    internal TokenStreamOptions Options { get; }

    internal ITokenLog Log { get; }

    internal IServiceScopeFactory Scopes { get; }

    internal TimeProvider Clock => _settings.Clock;

    internal ILogger Logger => _settings.Logger;

    internal HubLimits Limits => _limits;

    internal int Count => _answers.Count;

    internal bool HasAnswersUnderWay => UnderWay.Count > 0;

    /// <summary>Begins an answer.</summary>
    /// <param name="owner">Whose it is: an account, not a name that can change hands.</param>
    /// <param name="source">Makes its stream, once, after the request.</param>
    /// <param name="cancellationToken">Gives up, before it has begun.</param>
    /// <returns>Its id.</returns>
    /// <exception cref="ArgumentException"><paramref name="owner"/> is empty.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="owner"/> or <paramref name="source"/> is null.</exception>
    /// <exception cref="TokenStreamRefusedException">The owner has too many answers under way, all have, or the host stops.</exception>
    public async ValueTask<string> BeginAsync(string owner, TokenSource source, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(owner);
        ArgumentNullException.ThrowIfNull(source);
        if (IsStopping)
            throw new TokenStreamRefusedException("The server is stopping.", StatusCodes.Status503ServiceUnavailable, _settings.Options.Reconnect);

        var id = StreamKey.NewId();
        var key = new StreamKey(owner, id);
        var lease = Admit(owner);
        HubLimits.Place? place = null;
        try
        {
            (place, var gone) = _limits.Let(owner, key);
            foreach (var ended in gone)
                await ForgetAsync(ended).ConfigureAwait(false);

            var fence = await Log.BeginAsync(key.Value, cancellationToken).ConfigureAwait(false);
            var kept = _answers[key] = new Kept(place);
            kept.Answer = new Answer(this, place, fence, lease);
            kept.Answer.Start(source);
        }
        catch
        {
            lease?.Dispose();
            if (place is not null)
            {
                _answers.TryRemove(key, out _);
                _limits.Forget(place);
                _limits.End(place, 0);
            }

            throw;
        }

        Interlocked.MemoryBarrier();
        if (IsStopping)
            await StopAsync(key, ServerStops).ConfigureAwait(false); // who stops all may not have seen it
        return id;
    }

    /// <summary>Looks up how far an answer is.</summary>
    /// <param name="owner">Whose it is.</param>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Where it stands, in the positions that the ids of its events end with; null for an id that the owner does not have.</returns>
    /// <exception cref="ArgumentException"><paramref name="owner"/> is empty.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="owner"/> or <paramref name="id"/> is null.</exception>
    public ValueTask<TokenLogState?> FindAsync(string owner, string id, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(owner);
        ArgumentNullException.ThrowIfNull(id);

        return Log.FindAsync(new StreamKey(owner, id).Value, cancellationToken);
    }

    /// <summary>Stops an answer: whoever follows it is told so, and its source is cancelled.</summary>
    /// <param name="owner">Whose it is.</param>
    /// <param name="id">Its id.</param>
    /// <returns>Whether there is one of that id; it may have ended before.</returns>
    /// <exception cref="ArgumentException"><paramref name="owner"/> is empty.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="owner"/> or <paramref name="id"/> is null.</exception>
    public ValueTask<bool> StopAsync(string owner, string id)
    {
        ArgumentException.ThrowIfNullOrEmpty(owner);
        ArgumentNullException.ThrowIfNull(id);

        return StopAsync(new StreamKey(owner, id), Stopped);
    }

    /// <summary>Answers a POST: begins an answer.</summary>
    /// <param name="owner">Whose it is: an account, not a name that can change hands.</param>
    /// <param name="source">Makes its stream, once, after the request.</param>
    /// <returns>
    /// 202 with the id as JSON (<c>{"id":"…"}</c>) and, as <c>Location</c>, the path of the request with the id after it; 429 or 503 with <c>Retry-After</c> where the answer is one too many.
    /// </returns>
    /// <exception cref="ArgumentException"><paramref name="owner"/> is empty.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="owner"/> or <paramref name="source"/> is null.</exception>
    public IResult Start(string owner, TokenSource source)
    {
        ArgumentException.ThrowIfNullOrEmpty(owner);
        ArgumentNullException.ThrowIfNull(source);

        return new HubResult(nameof(Start), context => HubAnswers.StartAsync(this, context, owner, source));
    }

    /// <summary>Answers a GET: follows an answer, from where the <c>Last-Event-ID</c> says (the header, or <c>lastEventId</c> in the query for a page that was loaded anew), else from the start.</summary>
    /// <param name="owner">Whose it is.</param>
    /// <param name="id">Its id.</param>
    /// <returns>
    /// Server-sent events: what has come since the last as a JSON string; <see cref="TokenEvents.Lost"/> where the client has to begin anew, at the <c>position</c> in its data; the last says how the
    /// answer has ended. 204 for who has that, 404 for an id that the owner does not have. One follower too many is told to come back later, in a way that an <c>EventSource</c> heeds.
    /// </returns>
    /// <exception cref="ArgumentException"><paramref name="owner"/> is empty.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="owner"/> or <paramref name="id"/> is null.</exception>
    public IResult Follow(string owner, string id)
    {
        ArgumentException.ThrowIfNullOrEmpty(owner);
        ArgumentNullException.ThrowIfNull(id);

        return new HubResult(nameof(Follow), context => HubAnswers.FollowAsync(this, context, owner, new StreamKey(owner, id)));
    }

    /// <summary>Answers a DELETE: stops an answer.</summary>
    /// <param name="owner">Whose it is.</param>
    /// <param name="id">Its id.</param>
    /// <returns>204, or 404 for an id that the owner does not have.</returns>
    /// <exception cref="ArgumentException"><paramref name="owner"/> is empty.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="owner"/> or <paramref name="id"/> is null.</exception>
    public IResult Stop(string owner, string id)
    {
        ArgumentException.ThrowIfNullOrEmpty(owner);
        ArgumentNullException.ThrowIfNull(id);

        return new HubResult(nameof(Stop), async context => context.Response.StatusCode =
            await StopAsync(owner, id).ConfigureAwait(false) ? StatusCodes.Status204NoContent : StatusCodes.Status404NotFound);
    }

    internal Answer? Find(StreamKey key) => _answers.GetValueOrDefault(key)?.Answer;

    internal TokenFailure Describe(Exception failure) => _settings.Describe(failure);

    /// <summary>The source of an answer is disposed.</summary>
    internal void OnOver(Answer answer, HubLimits.Place place, long characters)
    {
        _limits.End(place, characters);
        if (!_answers.TryGetValue(place.Key, out var kept))
            return;

        kept.Answer = null;
        kept.Timer = HubTimer.Create(Clock, _ => _ = ForgetAsync(place.Key) /* reports by itself what fails */, null, Options.Keep, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Stops all.</summary>
    internal Task StopAllAsync(CancellationToken cancellationToken)
    {
        _isStopping = true;
        Interlocked.MemoryBarrier();
        return WaitAsync(Task.WhenAll(UnderWay.Select(answer => answer.StopQuietlyAsync(ServerStops))), cancellationToken);
    }

    /// <summary>Waits until the sources of all are disposed.</summary>
    internal async Task WaitForAllAsync(CancellationToken cancellationToken)
    {
        if (!await WaitAsync(Task.WhenAll(UnderWay.Select(answer => answer.Completion)), cancellationToken).ConfigureAwait(false))
            HubLog.AnswersLeft(Logger, UnderWay.Count);
    }

    /// <summary>Waits as long as the host allows. More time than that is no failure: a host whose services fail to stop fails itself.</summary>
    private static async Task<bool> WaitAsync(Task task, CancellationToken cancellationToken)
    {
        try
        {
            await task.WaitAsync(cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private List<Answer> UnderWay => [.. _answers.Values.Select(kept => kept.Answer).OfType<Answer>()];

    private bool IsStopping => _isStopping || _settings.Stopping.IsCancellationRequested;

    private async ValueTask<bool> StopAsync(StreamKey key, TokenLogEnd end)
    {
        // What is made here is stopped, whether its log is to be found or not.
        if (Find(key) is { } answer)
        {
            await answer.StopAsync(end).ConfigureAwait(false);
            return true;
        }

        if (await Log.FindAsync(key.Value).ConfigureAwait(false) is null)
            return false;

        await Log.EndAsync(key.Value, fence: null, end).ConfigureAwait(false);
        return true;
    }

    private RateLimitLease? Admit(string owner)
    {
        if (Options.Admission is not { } admission)
            return null;

        var lease = admission.AttemptAcquire(owner);
        if (lease.IsAcquired)
            return lease;

        var after = lease.TryGetMetadata(MetadataName.RetryAfter, out var time) && time > TimeSpan.Zero ? time : Options.RefusedAnswersReturnAfter;
        lease.Dispose();
        throw new TokenStreamRefusedException("No more answers of this user are let in now.", StatusCodes.Status429TooManyRequests, after);
    }

    private async Task ForgetAsync(StreamKey key)
    {
        if (!_answers.TryRemove(key, out var kept))
            return;

        _limits.Forget(kept.Place);
        if (kept.Timer is { } timer)
            await timer.DisposeAsync().ConfigureAwait(false);
        try
        {
            await Log.RemoveAsync(key.Value).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            HubLog.LogFailed(Logger, failure);
        }
    }
}
