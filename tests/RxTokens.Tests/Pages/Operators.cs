namespace RxTokens.Tests.Pages;

/// <summary>What the page of an operator says besides its documentation.</summary>
/// <param name="Name">Its name; all its overloads have one page.</param>
/// <param name="Group">Where the index lists it.</param>
/// <param name="For">What it is for: the rest of a sentence that begins with “For”.</param>
/// <param name="R3">What R3 has for it.</param>
/// <param name="RxJs">What RxJS has.</param>
/// <param name="Reactor">What Project Reactor has.</param>
/// <param name="Akka">What Akka.Streams has.</param>
/// <param name="Flow">What Kotlin's Flow has.</param>
internal sealed record Operator(string Name, Group Group, string For, string R3, string RxJs, string Reactor, string Akka, string Flow)
{
    /// <summary>What its documentation's members are called, where that is not only its own name.</summary>
    public string[] Members { get; init; } = [Name];

    /// <summary>How the scenarios begin that say what it costs.</summary>
    public string[] Scenarios { get; init; } = [Name];

    /// <summary>What is said of its cost where no scenario measures it.</summary>
    public string Cost { get; init; } = "Not measured by itself: it waits for something that takes longer than its own work.";
}

/// <summary>What one looks for.</summary>
internal enum Group
{
    Bridges,
    Rates,
    Limits,
    Again,
    Sharing,
    Text,
    Time,
    Ends,
}

internal static class Operators
{
    private const string None = "none";
    private const string TimerCost = "A timer for each window; a value that is not told costs a comparison under a lock without contention.";

    public static IReadOnlyList<Operator> All { get; } =
    [
        new("Through", Group.Bridges, "an Rx query between a model and whoever reads the answer, which reads no further than the reader wants",
            "`ToObservable`, `ToAsyncEnumerable` (queue without bound)", None, "`transform`", "`Via`", "its operators, which suspend"),
        new("OnDemand", Group.Bridges, "push where somebody hands out credit: so many items, and then no more until there is more credit",
            None, None, "`BaseSubscriber.request`, `limitRate`", "`Sink.Queue`", "`collect`, which suspends") { Members = ["OnDemand", "Demand"] },
        new("AsObservable", Group.Bridges, "everything that a pull source has, at its own pace, pushed into Rx",
            "`ToObservable`", "`from`", "`Flux.from`", "`Sink.AsPublisher`", "`asPublisher`"),
        new("SelectAwait", Group.Bridges, "a call over the network for each item, several at a time",
            "`SelectAwait`", "`mergeMap(f, n)`", "`flatMapSequential(f, n)`", "`SelectAsync(n)`", "`flatMapMerge(n)`"),

        new("Buffered", Group.Rates, "a source and a reader whose rates differ for a while",
            None, None, "`onBackpressureBuffer`, `publishOn`", "`Buffer(n, strategy)`", "`buffer(n, overflow)`"),
        new("Conflate", Group.Rates, "a screen that is busy: it gets all that has come meanwhile in one piece, and nothing is lost",
            None, None, None, "`Conflate`, `ConflateWithSeed`", "none (`conflate` keeps the newest alone)"),
        new("KeepLatest", Group.Rates, "state of which only the newest counts, such as progress",
            None, None, "`onBackpressureLatest`", "`Conflate((_, x) => x)`", "`conflate`")
            { Cost = "As `Buffered` that drops, with room for one: see there." },
        new("PerFrame", Group.Rates, "many streams on one screen, drawn at most once a frame",
            "`ThrottleLastFrame`", "`throttleTime(0, animationFrameScheduler)`", "`sample`", "`Throttle` behind `Conflate`", None)
            { Members = ["PerFrame", "FrameClock"], Scenarios = ["processor: 10,000 live streams"] },
        new("Pace", Group.Rates, "a rate that must be kept to, such as requests a minute",
            None, "`concatMap` with `timer`", "`delayElements`", "`Throttle`", "`onEach { delay(…) }`"),
        new("Valve", Group.Rates, "a Pause button, or a tab that is hidden: the model is held until it goes on",
            None, None, None, "`Valve` of akka-stream-contrib", None),

        new("Timeout", Group.Limits, "a model that does not begin to answer, or stops in the middle",
            "`Timeout`", "`timeout({ first, each })`", "`timeout`", "`InitialTimeout`, `IdleTimeout`", "`timeout`"),
        new("TakeUntil", Group.Limits, "a Stop button that keeps what has come",
            "`TakeUntil`", "`takeUntil`", "`takeUntilOther`", "`KillSwitches`", None),
        new("Detach", Group.Limits, "a source that ignores its token, which nobody should have to wait for",
            None, None, None, None, None),
        new("WithinQuota", Group.Limits, "users who pay, or may have only so much",
            None, None, None, "`LimitWeighted`, for one stream", None),

        new("RetryBeforeFirst", Group.Again, "a second try while nobody has seen anything yet",
            None, "`retry`", "`retryWhen`", "`RestartSource`", "`retryWhen`"),
        new("ResumeWith", Group.Again, "an answer that breaks off, and can be gone on with",
            "`Catch`", "`catchError`", "`onErrorResume`", "`RecoverWithRetries`", "`catch { emitAll(…) }`"),
        new("Hedge", Group.Again, "a second model that is asked when the first one is late",
            "`Race`", "`race`", "`firstWithSignal`", None, None),

        new("Share", Group.Sharing, "one answer, and two panes or a hundred clients who show it",
            "`Share`", "`share`", "`publish().refCount()`", "`BroadcastHub`", "`shareIn`")
            { Members = ["Share", "ShareText", "Join", "JoinConflated"] },

        new("Printable", Group.Text, "text of a model on a terminal, which it must not control", None, None, None, None, None)
            { Cost = "Each character is looked at once; text with nothing to change is passed on as it is." },
        new("Lines", Group.Text, "JSON lines, event streams, logs", None, None, "`StringDecoder`, of Spring", "`Framing.Delimiter`", None) { Scenarios = ["Lines("] },
        new("Graphemes", Group.Text, "a typewriter that never shows half an emoji", None, "`Intl.Segmenter`, by hand", "`BreakIterator`, by hand", None, None) { Scenarios = ["Graphemes("] },
        new("Words", Group.Text, "text that is shown, spoken or counted word by word", None, "`Intl.Segmenter`, by hand", "`BreakIterator`, by hand", None, None) { Scenarios = ["Words("] },
        new("Sentences", Group.Text, "speech, translation, or a screen that is drawn sentence by sentence", None, "`Intl.Segmenter`, by hand", "`BreakIterator`, by hand", None, None) { Scenarios = ["Sentences("] },
        new("Segments", Group.Text, "citations, links, placeholders: what a pattern finds, and the text between", None, None, None, None, None) { Scenarios = ["Segments("] },
        new("StopAt", Group.Text, "stop sequences where the server has none, or too few", None, None, None, None, None) { Scenarios = ["StopAt("] },
        new("TakeTokens", Group.Text, "a budget of tokens, or of characters, for one text", None, None, None, "`LimitWeighted`, which fails", None) { Cost = "Each character is counted once by the counter, from one border to the next; the last word, or what is told of it, about 270 times more." },
        new("Lanes", Group.Text, "what a model thinks, apart from what it answers", None, None, None, None, None) { Scenarios = ["Lanes("] },
        new("CodeFences", Group.Text, "code in an answer, for an editor of its own", None, None, None, None, None) { Scenarios = ["CodeFences("] },
        new("MarkdownBlocks", Group.Text, "Markdown that is rendered while it comes, without drawing everything again", None, None, None, None, None) { Scenarios = ["MarkdownBlocks("] },
        new("PartialJson", Group.Text, "the arguments of a tool call, shown while they come", None, None, None, "`JsonFraming`, of whole objects", None) { Scenarios = ["PartialJson("] },
        new("ShapeText", Group.Text, "a stream of text, tool calls and usage, whose text alone is to be shaped", None, None, None, None, None)
            { Cost = "That of the shape; besides it, for each text item, a lock without contention and, where a read has to wait, a task." },

        new("ThrottleFirst", Group.Time, "a button that is pressed twice", "`ThrottleFirst`", "`throttleTime`, `throttle`", "`sampleFirst`", None, None) { Cost = TimerCost },
        new("ThrottleLatest", Group.Time, "a screen that shows the first token at once, then the newest state so often, and the last always",
            "`ThrottleFirstLast`", "`throttleTime(t, s, { trailing: true })`", None, "`Throttle` behind `Conflate`", None) { Cost = TimerCost },
        new("Audit", Group.Time, "state that may settle for a while before it is shown", "`ThrottleLast`", "`auditTime`, `audit`", "`sample`", None, "`sample`") { Cost = TimerCost },
        new("BatchBy", Group.Time, "writes to a database, a log or a network that are cheaper together",
            "`Chunk(time, count)`", "`bufferTime(t, null, n)`", "`bufferTimeout`", "`GroupedWeightedWithin`", None) { Cost = "A list for each batch, and a timer where one has to wait." },
        new("BufferUntil", Group.Time, "groups whose last item is known: an end of a line, of a message, of a turn", "`Chunk(boundaries)`", "`bufferWhen`", "`bufferUntil`", "`SplitAfter`", None)
            { Cost = "A list for each group." },
        new("SampleFlush", Group.Time, "a rate or a count on a screen, whose last value must be right", "`ThrottleLast`", "`sampleTime`, which loses the last", "`sample`", None, "`sample`, which loses the last")
            { Cost = "One periodic timer for a subscription." },
        new("DistinctFrames", Group.Time, "views that are costly to draw, and often the same", "`ThrottleFirstLast` with `DistinctUntilChanged`", "`throttleTime` with `distinctUntilChanged`", None, None, None) { Cost = TimerCost },

        new("FromChannel", Group.Ends, "a channel that somebody writes to", "`ToObservable` of `ReadAllAsync`", None, "`Sinks.many`", "`ChannelSource.FromReader`", "`receiveAsFlow`"),
        new("FromBlocking", Group.Ends, "a generator that blocks its thread between items", None, None, "`fromIterable` with `subscribeOn`", "`Source.From` with `Async`", "`flowOn(Dispatchers.IO)`"),
        new("FromStream", Group.Ends, "the bytes of a response or a process", None, "`from`", "`DataBufferUtils.read`, of Spring", "`StreamConverters.FromInputStream`", None),
        new("DecodeUtf8", Group.Ends, "bytes that are text, cut anywhere", None, "`TextDecoderStream`, of the browser", "`StringDecoder`, of Spring", None, None),
        new("CopyToAsync", Group.Ends, "a channel that somebody reads from", None, None, "`subscribe` with a sink", "`ChannelSink.FromWriter`", "`produceIn`"),
        new("RenderOnAsync", Group.Ends, "a UI thread, which must not be given more than it can draw", "`ObserveOn`", "`observeOn`", "`publishOn`", None, "`collect` on `Dispatchers.Main`"),
    ];
}
