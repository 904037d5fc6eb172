using System.Diagnostics;

namespace RxTokens;

/// <summary>A diagram, read: which symbol stands at which time.</summary>
/// <remarks>
/// <code>
/// -            one frame
/// a {name}     an item, one frame however long its name
/// | #          completion and failure, one frame
/// (ab|)        together at the frame of the parenthesis; takes a frame per item, dash and parenthesis
/// [ab|]        together, in exactly one frame
/// 10ms 1.5s    between spaces: that much time; ms, s, m, h or d
/// @1002 @1.5s  between spaces: on to that frame or time, counted from the beginning; in a hot row from ^
/// ^ !          subscribed and unsubscribed; in a hot row ^ is frame 0
/// 3 {25} *     requests for so many items, * for all of them
/// </code>
/// <para>Spaces, tabs and line breaks take no time. An item takes its frame before a duration begins: in <c>a 10ms b</c>, b is at 11.</para>
/// </remarks>
[DebuggerDisplay("{Row}: {Text}")]
public sealed class MarbleDiagram
{
    internal MarbleDiagram(string text, MarbleRow row, IReadOnlyList<MarbleSymbol> symbols, TimeSpan length)
    {
        Text = text;
        Row = row;
        Symbols = symbols;
        Length = length;
    }

    /// <summary>The diagram as it is written.</summary>
    public string Text { get; }

    /// <summary>What it is read as.</summary>
    public MarbleRow Row { get; }

    /// <summary>The symbols as they are written, which is in order of time. The <c>^</c> of a hot row is not among them.</summary>
    public IReadOnlyList<MarbleSymbol> Symbols { get; }

    /// <summary>The time after the last symbol, dash or duration; in a hot row counted from <c>^</c>.</summary>
    public TimeSpan Length { get; }

    /// <summary>How it was read.</summary>
    internal MarbleSyntax Syntax { get; private set; } = MarbleSyntax.Default;

    /// <summary>Reads a diagram.</summary>
    /// <param name="diagram">The diagram; an empty one has no symbols.</param>
    /// <param name="row">What to read it as.</param>
    /// <param name="syntax">How to read it; null for frames of a millisecond and any key.</param>
    /// <returns>The symbols and their times.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="diagram"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="row"/> is none of the kinds.</exception>
    /// <exception cref="MarbleSyntaxException">The diagram is not well-formed; the message shows where and says why.</exception>
    public static MarbleDiagram Parse(string diagram, MarbleRow row, MarbleSyntax? syntax = null)
    {
        ArgumentNullException.ThrowIfNull(diagram);

        syntax ??= MarbleSyntax.Default;
        RowRules rules = row switch
        {
            MarbleRow.Cold or MarbleRow.Hot or MarbleRow.Expected => new ValuesRules(row == MarbleRow.Hot, syntax),
            MarbleRow.Subscription => new SubscriptionRules(isExpectation: false),
            MarbleRow.ExpectedSubscription => new SubscriptionRules(isExpectation: true),
            MarbleRow.Demand => new DemandRules(syntax.Noncompliant),
            MarbleRow.Pulls => new PullsRules(),
            MarbleRow.Time => new TimeRules(),
            _ => throw new ArgumentOutOfRangeException(nameof(row), row, "Not a kind of row."),
        };
        var parsed = new MarbleScanner(diagram, row, syntax, rules).Read();
        parsed.Syntax = syntax;
        return parsed;
    }
}
