using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Text.Json;
using Stream = System.IObservable<object?>;

namespace RxTokens.Tests;

/// <summary>Which operator of Rx.NET is which of RxJS, one row for each overload.</summary>
internal static class Operators
{
    private static readonly IReadOnlyList<(string Name, string Api, Func<Arguments, Stream> Build)> Table =
    [
        ("buffer", "Buffer(boundaries)", o => o.Source.Buffer(o.Stream(0))),
        ("bufferCount", "Buffer(int[, int])", o => o.Has(1) ? o.Source.Buffer(o.Count(0), o.Count(1)) : o.Source.Buffer(o.Count(0))),
        ("bufferTime", "Buffer(TimeSpan)", BufferTime),
        ("bufferTime", "Buffer(TimeSpan, TimeSpan)", BufferTime),
        ("bufferTime", "Buffer(TimeSpan, int)", BufferTime),
        ("bufferToggle", "Buffer(openings, closingSelector)", o => o.Source.Buffer(o.Stream(0), o.ToStream(1))),
        ("bufferWhen", "Buffer(closingSelector)", o => o.Source.Buffer(o.NextStream(0))),
        ("catchError", "Catch", o => o.Source.Catch<object?, Exception>(o.ToStream(0))),
        ("combineLatest", "CombineLatest", CombineLatest),
        ("combineLatestWith", "CombineLatest", CombineLatest),
        ("concat", "Concat", o => Observable.Concat(o.Streams)),
        ("concatAll", "Concat", o => o.Inner.Concat()),
        ("concatMap", "Select+Concat", o => o.Source.Select(o.ToStream(0)).Concat()),
        ("concatWith", "Concat", o => Observable.Concat(o.Streams)),
        ("count", "Count", o => (o.Has(0) ? o.Source.Count(o.Predicate(0)) : o.Source.Count()).Select(n => (object?)(double)n)),
        ("debounce", "Throttle(selector)", o => o.Source.Throttle(o.ToStream(0))),
        ("debounceTime", "Throttle(TimeSpan)", o => o.Source.Throttle(o.Time(0), o.Clock)),
        ("defaultIfEmpty", "DefaultIfEmpty", o => o.Source.DefaultIfEmpty(o.Value(0))),
        ("delay", "Delay(DateTimeOffset)", Delay),
        ("delay", "Delay(TimeSpan)", Delay),
        ("delayWhen", "Delay(selector)", DelayWhen),
        ("delayWhen", "Delay(subscriptionDelay, selector)", DelayWhen),
        ("distinct", "Distinct", o => o.Source.Distinct()),
        ("distinctUntilChanged", "DistinctUntilChanged", o => o.Source.DistinctUntilChanged()),
        ("distinctUntilChanged", "DistinctUntilChanged(comparer)", o => o.Source.DistinctUntilChanged(o.Comparer(0))),
        ("distinctUntilChanged", "DistinctUntilChanged(keySelector)", o => o.Source.DistinctUntilChanged(o.ToValue(1))),
        ("elementAt", "ElementAt", o => o.Source.ElementAt(o.Count(0))),
        ("endWith", "Append", o => o.Values.Aggregate(o.Source, (source, value) => source.Append(value))),
        ("every", "All", o => o.Source.All(o.Predicate(0)).Boxed()),
        ("filter", "Where", o => o.Source.Where(o.Predicate(0))),
        ("first", "FirstAsync", o => o.Has(0) ? o.Source.FirstAsync(o.Predicate(0)) : o.Source.FirstAsync()),
        ("forkJoin", "ForkJoin", o => ObservableEx.ForkJoin(o.Streams)),
        ("ignoreElements", "IgnoreElements", o => o.Source.IgnoreElements()),
        ("isEmpty", "IsEmpty", o => o.Source.IsEmpty().Boxed()),
        ("last", "LastAsync", o => o.Has(0) ? o.Source.LastAsync(o.Predicate(0)) : o.Source.LastAsync()),
        ("map", "Select", o => o.Source.Select(o.ToValue(0))),
        ("max", "Max", o => o.Source.Max()),
        ("merge", "Merge", o => Observable.Merge(o.Streams)),
        ("merge", "Merge(maxConcurrent)", o => o.Streams.Merge(o.Count(^1))),
        ("mergeAll", "Merge", o => o.Inner.Merge()),
        ("mergeAll", "Merge(maxConcurrent)", o => o.Inner.Merge(o.Count(0))),
        ("mergeMap", "SelectMany", o => o.Source.SelectMany(o.ToStream(0))),
        ("mergeMap", "Select+Merge(maxConcurrent)", o => o.Source.Select(o.ToStream(0)).Merge(o.Count(1))),
        ("mergeWith", "Merge", o => Observable.Merge(o.Streams)),
        ("min", "Min", o => o.Source.Min()),
        ("onErrorResumeNext", "OnErrorResumeNext", o => Observable.OnErrorResumeNext(o.Streams)),
        ("race", "Amb", o => Observable.Amb(o.Streams)),
        ("raceWith", "Amb", o => Observable.Amb(o.Streams)),
        ("reduce", "Aggregate(f)", o => o.Source.Aggregate(o.ToValueOfTwo(0))),
        ("reduce", "Aggregate(seed, f)", o => o.Source.Aggregate(o.Value(1), o.ToValueOfTwo(0))),
        ("repeat", "Repeat", o => o.Source.Repeat()),
        ("repeat", "Repeat(n)", o => o.Source.Repeat(o.Count(0))),
        ("retry", "Retry", o => o.Source.Retry()),
        ("retry", "Retry(n+1)", o => o.Source.Retry(o.Count(0) + 1)),
        ("sample", "Sample(IObservable)", o => o.Source.Sample(o.Stream(0))),
        ("sampleTime", "Sample(TimeSpan)", o => o.Source.Sample(o.Time(0), o.Clock)),
        ("scan", "Scan(f)", o => o.Source.Scan(o.ToValueOfTwo(0))),
        ("scan", "Scan(seed, f)", o => o.Source.Scan(o.Value(1), o.ToValueOfTwo(0))),
        ("sequenceEqual", "SequenceEqual", o => o.Source.SequenceEqual(o.Stream(0)).Boxed()),
        ("single", "SingleAsync", o => o.Has(0) ? o.Source.SingleAsync(o.Predicate(0)) : o.Source.SingleAsync()),
        ("skip", "Skip", o => o.Source.Skip(o.Count(0))),
        ("skipLast", "SkipLast", o => o.Source.SkipLast(o.Count(0))),
        ("skipUntil", "SkipUntil", o => o.Source.SkipUntil(o.Stream(0))),
        ("skipWhile", "SkipWhile", o => o.Source.SkipWhile(o.Predicate(0))),
        ("startWith", "StartWith", o => o.Source.StartWith(o.Values)),
        ("switchAll", "Switch", o => o.Inner.Switch()),
        ("switchMap", "Select+Switch", o => o.Source.Select(o.ToStream(0)).Switch()),
        ("take", "Take", o => o.Source.Take(o.Count(0))),
        ("takeLast", "TakeLast", o => o.Source.TakeLast(o.Count(0))),
        ("takeUntil", "TakeUntil", o => o.Source.TakeUntil(o.Stream(0))),
        ("takeWhile", "TakeWhile", o => o.Source.TakeWhile(o.Predicate(0))),
        ("timeout", "Timeout(DateTimeOffset) [first-value semantics differ]", Timeout),
        ("timeout", "Timeout(DateTimeOffset)", Timeout),
        ("timeout", "Timeout(DateTimeOffset, other)", Timeout),
        ("timeout", "Timeout(TimeSpan)", Timeout),
        ("timeout", "Timeout(TimeSpan, other)", Timeout),
        ("toArray", "ToArray", o => o.Source.ToArray()),
        ("window", "Window(boundaries)", o => o.Source.Window(o.Stream(0))),
        ("windowCount", "Window(int[, int])", o => o.Has(1) ? o.Source.Window(o.Count(0), o.Count(1)) : o.Source.Window(o.Count(0))),
        ("windowTime", "Window(TimeSpan)", WindowTime),
        ("windowTime", "Window(TimeSpan, TimeSpan)", WindowTime),
        ("windowTime", "Window(TimeSpan, int)", WindowTime),
        ("windowTime", "Window(TimeSpan[, int])", WindowTime),
        ("windowToggle", "Window(openings, closingSelector)", o => o.Source.Window(o.Stream(0), o.ToStream(1))),
        ("windowWhen", "Window(closingSelector)", o => o.Source.Window(o.NextStream(0))),
        ("withLatestFrom", "WithLatestFrom", WithLatestFrom),
        ("zip", "Zip(IObservable, IEnumerable, resultSelector)", ZipValues),
        ("zip", "Zip(n-ary)", ZipMany),
        ("zip", "Zip(second, resultSelector)", ZipTwo),
        ("zipWith", "Zip(IObservable, IEnumerable, resultSelector)", ZipValues),
        ("zipWith", "Zip(n-ary)", ZipMany),
        ("zipWith", "Zip(second, resultSelector)", ZipTwo),
    ];

    /// <summary>Applies an operator. Which overload is said by the vector, as far as it is the operator that the vector is about.</summary>
    public static Stream Apply(Vector vector, string name, Arguments arguments)
    {
        // For the same operator twice: Repeat(n) . Repeat(n).
        var apis = vector.RxNet.Api!.Split(" . ");
        var rows = Table.Where(row => row.Name == name && (name != vector.Operator || apis.Contains(row.Api)));
        return rows.Select(row => row.Build).FirstOrDefault()?.Invoke(arguments)
            ?? throw new NotSupportedException($"{vector.Id}: {name} as {vector.RxNet.Api}");
    }

    /// <summary>What Rx.NET has not, and this library has.</summary>
    public static bool IsOurs(string name) => name is "throttleTime" or "throttle" or "auditTime" or "audit" or "bufferTime";

    /// <summary>Applies one of ours; others of Rx.NET's, as they come in a pipeline.</summary>
    public static Stream ApplyOurs(Vector vector, string name, Arguments o) => name switch
    {
        "throttleTime" => o.Trailing(2) ? o.Source.ThrottleLatest(o.Time(0), o.Clock, o.Leading(2)) : o.Source.ThrottleFirst(o.Time(0), o.Clock),
        "throttle" => o.Trailing(1) ? o.Source.ThrottleLatest(o.ToStream(0), o.Leading(1)) : o.Source.ThrottleFirst(o.ToStream(0)),
        "auditTime" => o.Source.Audit(o.Time(0), o.Clock),
        "audit" => o.Source.Audit(o.ToStream(0)),
        "bufferTime" => o.Source.BatchBy(o.Count(2), o.Time(0), o.Clock),
        _ => Table.First(row => row.Name == name).Build(o),
    };

    private static Stream CombineLatest(Arguments o)
    {
        var combine = o.Combine;
        return o.Streams is [var first, var second]
            ? first.CombineLatest(second, (x, y) => combine(x, y))
            : Observable.CombineLatest(o.Streams, values => combine([.. values]));
    }

    private static Stream ZipTwo(Arguments o)
    {
        var combine = o.Combine;
        return o.Streams[0].Zip(o.Streams[1], (x, y) => combine(x, y));
    }

    private static Stream ZipMany(Arguments o)
    {
        var combine = o.Combine;
        return Observable.Zip(o.Streams, values => combine([.. values]));
    }

    private static Stream ZipValues(Arguments o)
    {
        var combine = o.Combine;
        return o.Streams[0].Zip((object?[])o.Value(^1)!, (x, y) => combine(x, y));
    }

    private static Stream WithLatestFrom(Arguments o)
    {
        var combine = o.Combine;
        return o.Source.WithLatestFrom(o.Stream(0), (x, latest) => combine(x, latest));
    }

    private static Stream Delay(Arguments o) =>
        o.IsDate(0) ? o.Source.Delay(o.Date(o[0]), o.Clock) : o.Source.Delay(o.Time(0), o.Clock);

    private static Stream DelayWhen(Arguments o) => o.Has(1) ? o.Source.Delay(o.Stream(1), o.ToStream(0)) : o.Source.Delay(o.ToStream(0));

    private static Stream BufferTime(Arguments o) =>
        o.HasNumber(2) ? o.Source.Buffer(o.Time(0), o.Count(2), o.Clock)
        : o.Has(1) ? o.Source.Buffer(o.Time(0), o.Time(1), o.Clock)
        : o.Source.Buffer(o.Time(0), o.Clock);

    private static Stream WindowTime(Arguments o) =>
        o.HasNumber(2) ? o.Source.Window(o.Time(0), o.Count(2), o.Clock)
        : o.Has(1) ? o.Source.Window(o.Time(0), o.Time(1), o.Clock)
        : o.Source.Window(o.Time(0), o.Clock);

    /// <summary>A time for each item, or a date for the first, which Rx.NET takes for the end; and what to go on with then.</summary>
    private static Stream Timeout(Arguments o)
    {
        var options = o[0].ValueKind == JsonValueKind.Object && !o.IsDate(0) ? o[0] : default;
        Stream? other = Option("with") is { } with ? (Stream)o.Function(with)()! : null;
        if ((o.IsDate(0) ? o[0] : Option("first")) is { } first)
            return other is null ? o.Source.Timeout(o.Date(first), o.Clock) : o.Source.Timeout(o.Date(first), other, o.Clock);

        var each = Functions.Milliseconds(Option("each") ?? o[0]);
        return other is null ? o.Source.Timeout(each, o.Clock) : o.Source.Timeout(each, other, o.Clock);

        JsonElement? Option(string name) => options.ValueKind == JsonValueKind.Object && options.TryGetProperty(name, out var value) ? value : null;
    }

    private static Stream Boxed(this IObservable<bool> source) => source.Select(x => (object?)x);
}

/// <summary>What an operator is applied to: its source, if it is not static, and its arguments, in the types in which Rx.NET takes them.</summary>
internal sealed class Arguments(Stream? source, IReadOnlyList<JsonElement> args, Functions functions, IScheduler clock)
{
    public IScheduler Clock => clock;

    public Stream Source => source ?? throw new NotSupportedException("A static operator has no source.");

    /// <summary>The source, of sources.</summary>
    public IObservable<Stream> Inner => Source.Select(inner => (Stream)inner!);

    /// <summary>The source, and the arguments that are observables, one by one or in a list.</summary>
    public Stream[] Streams =>
    [
        .. source is null ? Array.Empty<Stream>() : [source],
        .. args.SelectMany(arg => arg.ValueKind == JsonValueKind.Array ? arg.EnumerateArray() : Enumerable.Repeat(arg, 1))
            .Where(Functions.IsStream).Select(functions.Stream),
    ];

    public object?[] Values => [.. args.Select(functions.Value)];

    /// <summary>The function that comes last, to make one value of several; without it a list of them.</summary>
    public Function Combine => args.Count > 0 && Functions.IsFunction(args[^1]) ? functions.Function(args[^1]) : values => values;

    public JsonElement this[Index index] => args[index];

    public bool Has(int index) => index < args.Count && args[index].ValueKind != JsonValueKind.Null;

    /// <summary>Whether there is a number, and not <c>$inf</c>.</summary>
    public bool HasNumber(int index) => index < args.Count && args[index].ValueKind == JsonValueKind.Number;

    /// <summary>What the configuration of RxJS's throttle says.</summary>
    public bool Leading(int index) => !Has(index) || !args[index].TryGetProperty("leading", out var leading) || leading.GetBoolean();

    public bool Trailing(int index) => Has(index) && args[index].TryGetProperty("trailing", out var trailing) && trailing.GetBoolean();

    public object? Value(Index index) => functions.Value(args[index]);

    public int Count(Index index) => args[index].GetInt32();

    public TimeSpan Time(Index index) => Functions.Milliseconds(args[index]);

    public bool IsDate(Index index) => args[index].ValueKind == JsonValueKind.Object && args[index].TryGetProperty("$date", out _);

    public DateTimeOffset Date(JsonElement date) => VirtualClock.Epoch + Functions.Milliseconds(date.GetProperty("$date"));

    public Stream Stream(Index index) => functions.Stream(args[index]);

    public Function Function(JsonElement json) => functions.Function(json);

    public Func<object?, bool> Predicate(Index index)
    {
        var f = Function(args[index]);
        return x => (bool)f(x)!;
    }

    public Func<object?, object?> ToValue(Index index)
    {
        var f = Function(args[index]);
        return x => f(x);
    }

    public Func<object?, object?, object?> ToValueOfTwo(Index index)
    {
        var f = Function(args[index]);
        return (x, y) => f(x, y);
    }

    public Func<object?, Stream> ToStream(Index index)
    {
        var f = Function(args[index]);
        return x => (Stream)f(x)!;
    }

    public Func<Stream> NextStream(Index index)
    {
        var f = Function(args[index]);
        return () => (Stream)f()!;
    }

    public IEqualityComparer<object?> Comparer(Index index)
    {
        var f = Function(args[index]);
        return EqualityComparer<object?>.Create((x, y) => (bool)f(x, y)!, _ => 0);
    }
}
