using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace RxTokens;

/// <summary>What the hub's endpoints answer.</summary>
internal static class HubAnswers
{
    private const string LastEventIdQuery = "lastEventId";

    public static async Task StartAsync(TokenStreamHub hub, HttpContext context, string owner, TokenSource source)
    {
        string id;
        try
        {
            id = await hub.BeginAsync(owner, source, context.RequestAborted).ConfigureAwait(false);
        }
        catch (TokenStreamRefusedException refused)
        {
            context.Response.Headers.RetryAfter = TokenFailure.Seconds(refused.RetryAfter).ToString(CultureInfo.InvariantCulture);
            await TypedResults.Problem(refused.Message, statusCode: refused.StatusCode).ExecuteAsync(context).ConfigureAwait(false);
            return;
        }

        var request = context.Request;
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        context.Response.Headers.Location = $"{request.PathBase}{request.Path}".TrimEnd('/') + "/" + id;
        context.Response.ContentType = "application/json";
        var writer = context.Response.BodyWriter;
        using (var json = new Utf8JsonWriter(writer))
        {
            json.WriteStartObject();
            json.WriteString("id"u8, id);
            json.WriteEndObject();
        }

        await writer.FlushAsync(context.RequestAborted).ConfigureAwait(false);
    }

    public static async Task FollowAsync(TokenStreamHub hub, HttpContext context, string owner, StreamKey key)
    {
        if (await hub.Log.FindAsync(key.Value, context.RequestAborted).ConfigureAwait(false) is not { } state)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        var has = LastEventId(context.Request);
        var isOurs = key.TryParse(has, out var position, out var isEnd) && position <= state.Position;
        if (isOurs && isEnd && state.End is not null)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent; // tells an EventSource to stay away
            return;
        }

        var isLost = has.Length > 0 && (!isOurs || isEnd);
        if (isLost || !isOurs)
            position = isLost ? state.Start : 0;
        var settings = ServingSettings.Of(context.RequestServices, null);
        await Serving.BeginAsync(context, settings, EventFormat<TokenLogEntry>.MediaType, (context, settings) =>
        {
            var entries = hub.Log.ReadAsync(key.Value, position, context.RequestAborted);
            return isLost
                ? FollowAsync(hub, context, settings, owner, key, AfterLoss(position, entries), opening: null)
                : FollowAsync(hub, context, settings, owner, key, entries, opening: position);
        }).ConfigureAwait(false);
    }

    private static async Task FollowAsync(
        TokenStreamHub hub, HttpContext context, ServingSettings settings, string owner, StreamKey key, IAsyncEnumerable<TokenLogEntry> entries, long? opening)
    {
        if (!hub.Limits.TryFollow(owner, key))
        {
            await ComeBackLaterAsync(hub, context).ConfigureAwait(false);
            return;
        }

        var answer = hub.Find(key);
        answer?.Follow();
        try
        {
            await Serving.RunAsync(context, entries, new AnswerEvents(key, opening, settings.ComeBack), settings).ConfigureAwait(false);
        }
        finally
        {
            answer?.Leave();
            hub.Limits.Leave(owner, key);
        }
    }

    /// <summary>The header is what an EventSource sends that has lost its connection; the query is for a page that has lost its EventSource.</summary>
    private static string LastEventId(HttpRequest request)
    {
        var header = request.Headers["Last-Event-ID"].ToString();
        return header.Length > 0 ? header : request.Query[LastEventIdQuery].ToString();
    }

    /// <summary>An error would be the end for an EventSource: it takes an empty stream for a cut one, and heeds the time.</summary>
    private static async Task ComeBackLaterAsync(TokenStreamHub hub, HttpContext context)
    {
        ResponseHeaders.Set(context, EventFormat<TokenLogEntry>.MediaType);
        EventFields.WriteRetry(context.Response.BodyWriter, hub.Options.RefusedFollowersReturnAfter);
        EventFields.WriteEnd(context.Response.BodyWriter);
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted).ConfigureAwait(false);
    }

    /// <summary>What is said first to a client that has what is not of this answer.</summary>
    private static async IAsyncEnumerable<TokenLogEntry> AfterLoss(long start, IAsyncEnumerable<TokenLogEntry> entries, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        yield return new("", start, IsLost: true, End: null);
        await foreach (var entry in entries.WithCancellation(cancellationToken).ConfigureAwait(false))
            yield return entry;
    }
}
