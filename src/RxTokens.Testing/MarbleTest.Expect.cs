using System.Runtime.CompilerServices;

namespace RxTokens;

public sealed partial class MarbleTest
{
    private const int LongestName = 60;

    /// <summary>Expects what an observable says.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="stream">The observable.</param>
    /// <param name="subscription">When to subscribe and to leave: <c>--^---!</c>; from frame 0 on if not given.</param>
    /// <param name="name">What failures and pictures call it.</param>
    /// <returns>What to call <c>ToBe</c> on.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="stream"/> is null.</exception>
    /// <exception cref="MarbleSyntaxException">The row is not one.</exception>
    public MarbleExpectation<T> Expect<T>(
        IObservable<T> stream, string? subscription = null, [CallerArgumentExpression(nameof(stream))] string? name = null)
    {
        ArgumentNullException.ThrowIfNull(stream);

        var row = subscription is null ? null : MarbleDiagram.Parse(subscription, MarbleRow.Subscription, Syntax());
        return Expect(new ObservedPush<T>(_timeline, _ => stream, demand: null), row, name);
    }

    /// <summary>Expects what an observable under demand says, when the test asks for so much.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="stream">Makes the observable of the test's requests: <c>requests => tokens.OnDemand(requests)</c>.</param>
    /// <param name="demand">When to ask for how much: <c>2----1--*</c>.</param>
    /// <param name="name">What failures and pictures call it.</param>
    /// <returns>What to call <c>ToBe</c> on.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="MarbleSyntaxException">The row is not one.</exception>
    public MarbleExpectation<T> Expect<T>(
        Func<IObservable<long>, IObservable<T>> stream, string demand, [CallerArgumentExpression(nameof(stream))] string? name = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(demand);

        var row = MarbleDiagram.Parse(demand, MarbleRow.Demand, Syntax());
        return Expect(new ObservedPush<T>(_timeline, stream, row), row, name);
    }

    /// <summary>Expects what a pull stream delivers, when the test asks for so much.</summary>
    /// <remarks>
    /// <para>The consumer never asks twice at a time: what its row grants beyond one it asks for as soon as it has been answered.
    /// At the end, and at a <c>!</c>, it disposes; if it is waiting then, it cancels and disposes what has returned.</para>
    /// </remarks>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="stream">The stream.</param>
    /// <param name="demand">When to ask for how much: <c>1---1---*</c>; for everything at once if not given.</param>
    /// <param name="name">What failures and pictures call it.</param>
    /// <returns>What to call <c>ToBe</c> on.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="stream"/> is null.</exception>
    /// <exception cref="MarbleSyntaxException">The row is not one.</exception>
    public MarbleExpectation<T> Expect<T>(
        IAsyncEnumerable<T> stream, string? demand = null, [CallerArgumentExpression(nameof(stream))] string? name = null)
    {
        ArgumentNullException.ThrowIfNull(stream);

        var row = demand is null ? null : MarbleDiagram.Parse(demand, MarbleRow.Demand, Syntax());
        return Expect(new ObservedPull<T>(_timeline, stream, row, _options.MaxActions), row, name);
    }

    /// <summary>Expects when a push source is subscribed to.</summary>
    /// <remarks>
    /// <para>A subscription is over when it is disposed, which Rx does at the ending; an operator that keeps it longer
    /// (<c>SequenceEqual</c> does, until it has its answer) shows it.</para>
    /// </remarks>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="source">The source.</param>
    /// <param name="name">What failures and pictures call it.</param>
    /// <returns>What to call <c>ToBe</c> on, with a row such as <c>^---!</c> for each subscription.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> is null.</exception>
    public SubscriptionExpectation ExpectSubscriptions<T>(PushProbe<T> source, [CallerArgumentExpression(nameof(source))] string? name = null)
    {
        ArgumentNullException.ThrowIfNull(source);

        return new SubscriptionExpectation(Rows(source, $"subscriptions of {name}"));
    }

    /// <summary>Expects how a pull source is read.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="source">The source.</param>
    /// <param name="name">What failures and pictures call it.</param>
    /// <returns>What to call <c>ToBe</c> on, with a row such as <c>[^2]---1--[1!]</c> for each enumeration.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> is null.</exception>
    public PullExpectation ExpectPulls<T>(PullProbe<T> source, [CallerArgumentExpression(nameof(source))] string? name = null)
    {
        ArgumentNullException.ThrowIfNull(source);

        return new PullExpectation(Rows(source, $"pulls of {name}"));
    }

    /// <summary>Expects what is asked for: the test listens to the requests from frame 0 on.</summary>
    /// <param name="requests">The requests, such as a <see cref="Demand"/>.</param>
    /// <param name="name">What failures and pictures call it.</param>
    /// <returns>What to call <c>ToBe</c> on, with a row such as <c>{16}---{12}</c>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="requests"/> is null.</exception>
    public RequestExpectation ExpectRequests(IObservable<long> requests, [CallerArgumentExpression(nameof(requests))] string? name = null)
    {
        ArgumentNullException.ThrowIfNull(requests);

        AssertIsNotOver();
        var check = new RequestsCheck(name ?? "requests", _timeline, Syntax);
        _checks.Add(check);
        _agenda.Subscribe(TimeSpan.Zero, () => requests.Subscribe(check));
        return new RequestExpectation(check);
    }

    private MarbleExpectation<T> Expect<T>(Observed<T> stream, MarbleDiagram? row, string? name)
    {
        AssertIsNotOver();
        var check = new StreamCheck<T>(Short(name, $"expectation {_checks.Count + 1}"), stream, _timeline, Syntax);
        _checks.Add(check);
        Watch(stream, row, check.Name, check.Leave);
        return new MarbleExpectation<T>(check, new Twin(this, row, $"the twin of {check.Name}"));
    }

    /// <summary>Watches a stream at the times of the row of another.</summary>
    private sealed class Twin(MarbleTest m, MarbleDiagram? row, string name) : IWatch
    {
        public Observed<T> Start<T>(IObservable<T> stream) => Start(new ObservedPush<T>(m._timeline, _ => stream, demand: null));

        public Observed<T> Start<T>(IAsyncEnumerable<T> stream) =>
            Start(new ObservedPull<T>(m._timeline, stream, row is { Row: MarbleRow.Demand } ? row : null, m._options.MaxActions));

        private Observed<T> Start<T>(Observed<T> stream)
        {
            m.AssertIsNotOver();
            m.Watch(stream, row, name, stream.Leave);
            return stream;
        }
    }

    private void Watch<T>(Observed<T> stream, MarbleDiagram? row, string name, Action leave)
    {
        var symbols = row?.Symbols ?? [];
        var comes = symbols.Where(s => s.Kind == MarbleKind.Subscribe).Select(s => s.Time).FirstOrDefault(TimeSpan.Zero);
        _agenda.Subscribe(comes, stream.Subscribe);
        if (stream.Demand is null)
            AskAt(comes, long.MaxValue);
        foreach (var symbol in symbols)
        {
            if (symbol.Kind == MarbleKind.Request)
                AskAt(symbol.Time, symbol.Count);
            else if (symbol.Kind == MarbleKind.Unsubscribe)
                LeaveAt(symbol.Time);
        }

        void AskAt(TimeSpan time, long count) => _agenda.Request(time, stream, $"request of {name}", () => stream.Request(count));

        // Within a frame leaving comes first; but who comes, or asks, and leaves in the same frame does it as it is written.
        void LeaveAt(TimeSpan time)
        {
            if (time == comes || symbols.Any(s => s.Kind == MarbleKind.Request && s.Time == time))
                _agenda.Request(time, stream, "unsubscription", leave);
            else
                _agenda.Unsubscribe(time, leave);
        }
    }

    private RowsCheck Rows(ISourceProbe source, string name)
    {
        AssertIsNotOver();
        var check = new RowsCheck(name, source, Syntax);
        _checks.Add(check);
        return check;
    }

    private static string Short(string? name, string otherwise)
    {
        var text = string.Join(' ', (name ?? otherwise).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return text.Length <= LongestName ? text : $"{text[..(LongestName - 1)]}…";
    }
}
