using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace RxTokens;

/// <summary>Results of endpoints that stream: what the client has not taken is not asked for.</summary>
/// <remarks>
/// <para><b>Demand:</b> an item is written and flushed before the next is asked for, so a client that is full holds the source. How much a full client
/// has in the buffers of the server and of the system is bounded by <see cref="UnsentLimitExtensions.UseUnsentLimit"/>. <c>Conflate()</c> before the
/// result gives a slow client everything since its last event in one.</para>
/// <para><b>Errors:</b> before anything is sent, a failure is the status that <see cref="TokenResultOptions.DescribeFailure"/> gives, or is left to the
/// application's exception handler; after that it is an event (a line of JSON; for plain text, an aborted connection). A cancellation that does
/// not come from the client is a failure like any other.</para>
/// <para><b>Disposal:</b> when the client leaves, the source is cancelled at once, and disposed when the read that is under way has come back; the
/// request is not over before. A source that ignores its token keeps it open: <c>Detach()</c> before the result does not wait.</para>
/// <para><b>Shutdown:</b> when the host stops, the client is told so, the response ends and the source is cancelled; who comes then gets 503.</para>
/// <para><b>Threading:</b> the source is read where its last item, or the client's readiness for it, arrived.</para>
/// </remarks>
public static class TokenResults
{
    /// <summary>Server-sent events of texts: one for each, and at the end one that says how it ended, of <see cref="TokenEvents"/>.</summary>
    /// <remarks>Each line end in a text, CR, LF or both, arrives as LF; where CR matters, <see cref="TokenResultOptions.TextAsJson"/> sends JSON strings.</remarks>
    /// <param name="texts">The stream, enumerated once for each request, with the request's cancellation.</param>
    /// <param name="eventType">The name of the events; null for none, which clients take for <c>message</c>.</param>
    /// <param name="options">How it is served; null for what the application has configured.</param>
    /// <returns>The result.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="texts"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="eventType"/> is empty or has a line end.</exception>
    [OverloadResolutionPriority(2)] // before items of any type, of which texts are one
    public static TokenEventsResult<string> ServerSentEvents(IAsyncEnumerable<string> texts, string? eventType = null, TokenResultOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ThrowIfNoName(eventType);

        return new(
            (context, settings) => Serving.RunAsync(context, texts, new TextEvents(eventType, settings.Options.TextAsJson, IdsOf(settings)), settings),
            options);
    }

    /// <summary>Server-sent events of items as JSON: one for each, and at the end one that says how it ended, of <see cref="TokenEvents"/>.</summary>
    /// <remarks>Without <paramref name="json"/> texts go as they are, and items that are <see cref="SseItem{T}"/> behind another type go as those events.</remarks>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="items">The stream, enumerated once for each request, with the request's cancellation.</param>
    /// <param name="json">How an item becomes JSON; null for what the application's JSON options say.</param>
    /// <param name="eventType">The name of the events; null for none, which clients take for <c>message</c>.</param>
    /// <param name="options">How it is served; null for what the application has configured.</param>
    /// <returns>The result.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="items"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="eventType"/> is empty or has a line end.</exception>
    public static TokenEventsResult<T> ServerSentEvents<T>(IAsyncEnumerable<T> items, JsonTypeInfo<T>? json = null, string? eventType = null, TokenResultOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(items);
        ThrowIfNoName(eventType);

        return new(
            (context, settings) => Serving.RunAsync(context, items, new JsonEvents<T>(context, json, eventType, IdsOf(settings)), settings),
            options);
    }

    /// <summary>Server-sent events with names, ids and times of their own, and at the end one that says how it ended, of <see cref="TokenEvents"/>.</summary>
    /// <remarks>Without <paramref name="json"/> data that is text goes as it is. An id with NUL, which a client would ignore, is a failure of the stream.</remarks>
    /// <typeparam name="T">The type of the events' data.</typeparam>
    /// <param name="events">The stream, enumerated once for each request, with the request's cancellation.</param>
    /// <param name="json">How data becomes JSON; null for what the application's JSON options say.</param>
    /// <param name="options">How it is served; null for what the application has configured.</param>
    /// <returns>The result.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="events"/> is null.</exception>
    [OverloadResolutionPriority(1)] // before items of any type, of which events are one
    public static TokenEventsResult<T> ServerSentEvents<T>(IAsyncEnumerable<SseItem<T>> events, JsonTypeInfo<T>? json = null, TokenResultOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(events);

        return new(
            (context, settings) => Serving.RunAsync(context, events, new SseItems<T>(context, json, IdsOf(settings)), settings),
            options);
    }

    /// <summary>Newline-delimited JSON: an item a line; a last line <c>{"error":{…}}</c> if the stream is not complete.</summary>
    /// <remarks>An item is one line whatever the JSON options say of indentation. There are no heartbeats: a reader of lines knows no comments.</remarks>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="items">The stream, enumerated once for each request, with the request's cancellation.</param>
    /// <param name="json">How an item becomes JSON; null for what the application's JSON options say.</param>
    /// <param name="options">How it is served; null for what the application has configured.</param>
    /// <returns>The result.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="items"/> is null.</exception>
    public static TokenLinesResult<T> JsonLines<T>(IAsyncEnumerable<T> items, JsonTypeInfo<T>? json = null, TokenResultOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(items);

        return new((context, settings) => Serving.RunAsync(context, items, new JsonLines<T>(context, json), settings), options);
    }

    /// <summary>Plain text, each item as it comes; a stream that is not complete ends with an aborted connection.</summary>
    /// <param name="texts">The stream, enumerated once for each request, with the request's cancellation.</param>
    /// <param name="options">How it is served; null for what the application has configured.</param>
    /// <returns>The result.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="texts"/> is null.</exception>
    public static TokenTextResult Text(IAsyncEnumerable<string> texts, TokenResultOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(texts);

        return new((context, settings) => Serving.RunAsync(context, texts, new PlainText(), settings), options);
    }

    private static EventIds IdsOf(ServingSettings settings) => settings.Options.RunsAgain ? EventIds.OfAStreamThatRunsAgain : EventIds.OfAnyStream;

    private static void ThrowIfNoName(string? eventType)
    {
        if (eventType is not null)
            EventFields.CheckedName(eventType, nameof(eventType));
    }
}
