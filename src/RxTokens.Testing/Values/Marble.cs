using System.Globalization;
using System.Reactive;

namespace RxTokens;

/// <summary>One event of a stream and its time.</summary>
/// <typeparam name="T">The type of the items.</typeparam>
/// <param name="Time">When, since the start of the run or, in a source, since its subscription.</param>
/// <param name="Notification">An item, a failure, or the completion.</param>
public readonly record struct Marble<T>(TimeSpan Time, Notification<T> Notification)
{
    /// <summary>The milliseconds, and the item, <c>|</c> or <c>#</c> with the failure.</summary>
    /// <returns>For example <c>12:a</c>.</returns>
    public override string ToString()
    {
        var time = Time.TotalMilliseconds.ToString(CultureInfo.InvariantCulture);
        return Notification.Kind switch
        {
            NotificationKind.OnNext => $"{time}:{ValueText.Of(Notification.Value)}",
            NotificationKind.OnError => $"{time}:# {Notification.Exception!.GetType().Name}: {Printable.Of(Notification.Exception.Message)}",
            _ => $"{time}:|",
        };
    }
}

/// <summary>Makes marbles, from diagrams or one by one.</summary>
public static partial class Marble
{
    /// <summary>An item.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="frame">When, in frames of a millisecond.</param>
    /// <param name="value">The item.</param>
    /// <returns>The marble.</returns>
    public static Marble<T> Next<T>(long frame, T value) => new(TimeSpan.FromMilliseconds(frame), Notification.CreateOnNext(value));

    /// <summary>A failure, which ends the stream.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="frame">When, in frames of a millisecond.</param>
    /// <param name="error">The failure.</param>
    /// <returns>The marble.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="error"/> is null.</exception>
    public static Marble<T> Error<T>(long frame, Exception error) => new(TimeSpan.FromMilliseconds(frame), Notification.CreateOnError<T>(error));

    /// <summary>The completion.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="frame">When, in frames of a millisecond.</param>
    /// <returns>The marble.</returns>
    public static Marble<T> End<T>(long frame) => new(TimeSpan.FromMilliseconds(frame), Notification.CreateOnCompleted<T>());

    /// <summary>Reads a diagram of values, such as <c>-a-(bc|)</c>.</summary>
    /// <remarks>
    /// <code>
    /// -a--b|      1:a 4:b 5:|
    /// </code>
    /// </remarks>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="diagram">The diagram.</param>
    /// <param name="values">What the letters mean; without it a letter means itself, as a string, a character, a number or another type that can be parsed.</param>
    /// <param name="error">What <c>#</c> means; a <see cref="MarbleException"/> if not given.</param>
    /// <param name="row">Cold, hot or expected: what may be in the diagram.</param>
    /// <param name="syntax">The length of a frame, and what else is not as usual.</param>
    /// <returns>The marbles, in order.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="diagram"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="row"/> is not a row of values.</exception>
    /// <exception cref="MarbleSyntaxException">The diagram is not one, or has a letter that <paramref name="values"/> has not, or that is no <typeparamref name="T"/>.</exception>
    public static IReadOnlyList<Marble<T>> Parse<T>(
        string diagram, MarbleValues<T>? values = null, Exception? error = null, MarbleRow row = MarbleRow.Cold, MarbleSyntax? syntax = null)
    {
        ArgumentNullException.ThrowIfNull(diagram);
        if (row is not (MarbleRow.Cold or MarbleRow.Hot or MarbleRow.Expected))
            throw new ArgumentException($"A row of the kind {row} has no values.", nameof(row));

        var parsed = MarbleDiagram.Parse(diagram, row, (syntax ?? new MarbleSyntax()) with { Keys = values?.Keys });
        return Resolve(parsed, values, error);
    }

    /// <summary>The same for the letters themselves.</summary>
    /// <param name="diagram">The diagram.</param>
    /// <returns>The marbles, in order.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="diagram"/> is null.</exception>
    /// <exception cref="MarbleSyntaxException">The diagram is not one.</exception>
    public static IReadOnlyList<Marble<string>> Parse(string diagram) => Parse<string>(diagram);

    internal static IReadOnlyList<Marble<T>> Resolve<T>(MarbleDiagram diagram, MarbleValues<T>? values, Exception? error) =>
    [
        .. from symbol in diagram.Symbols
           where symbol.Kind is MarbleKind.Value or MarbleKind.Completion or MarbleKind.Error
           select new Marble<T>(symbol.Time, symbol.Kind switch
           {
               MarbleKind.Value => Notification.CreateOnNext(values is null ? Literal.Parse<T>(diagram, symbol) : values[symbol.Text]),
               MarbleKind.Error => Notification.CreateOnError<T>(error ?? new MarbleException("#")),
               _ => Notification.CreateOnCompleted<T>(),
           }),
    ];

    internal static IReadOnlyList<Marble<T>> Check<T>(IReadOnlyList<Marble<T>> marbles)
    {
        ArgumentNullException.ThrowIfNull(marbles);

        for (var i = 1; i < marbles.Count; i++)
        {
            if (marbles[i].Time < marbles[i - 1].Time)
                throw new ArgumentException($"Marble {i} ({marbles[i]}) comes before the one in front of it ({marbles[i - 1]}).", nameof(marbles));
        }

        return marbles;
    }
}
