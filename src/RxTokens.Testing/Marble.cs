using System.Reactive;

namespace RxTokens;

/// <summary>One event of a stream and the frame it belongs to.</summary>
/// <typeparam name="T">The type of the items.</typeparam>
/// <param name="Frame">The frame.</param>
/// <param name="Notification">An item, a failure, or the completion.</param>
public readonly record struct Marble<T>(long Frame, Notification<T> Notification)
{
    /// <summary>The frame, and the item, <c>|</c> or <c>#</c> with the failure.</summary>
    /// <returns>For example <c>12:a</c>.</returns>
    public override string ToString() => Notification.Kind switch
    {
        NotificationKind.OnNext => $"{Frame}:{Notification.Value}",
        NotificationKind.OnError => $"{Frame}:# {Notification.Exception!.GetType().Name}: {Notification.Exception.Message}",
        _ => $"{Frame}:|",
    };
}

/// <summary>Makes marbles.</summary>
public static class Marble
{
    /// <summary>An item.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="frame">When.</param>
    /// <param name="value">The item.</param>
    /// <returns>The marble.</returns>
    public static Marble<T> Next<T>(long frame, T value) => new(frame, Notification.CreateOnNext(value));

    /// <summary>A failure, which ends the stream.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="frame">When.</param>
    /// <param name="error">The failure.</param>
    /// <returns>The marble.</returns>
    public static Marble<T> Error<T>(long frame, Exception error) => new(frame, Notification.CreateOnError<T>(error));

    /// <summary>The completion.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="frame">When.</param>
    /// <returns>The marble.</returns>
    public static Marble<T> End<T>(long frame) => new(frame, Notification.CreateOnCompleted<T>());

    internal static IReadOnlyList<Marble<T>> Check<T>(IReadOnlyList<Marble<T>> marbles)
    {
        ArgumentNullException.ThrowIfNull(marbles);

        for (var i = 1; i < marbles.Count; i++)
        {
            if (marbles[i].Frame < marbles[i - 1].Frame)
                throw new ArgumentException($"Marble {i} ({marbles[i]}) comes before the one in front of it ({marbles[i - 1]}).", nameof(marbles));
            if (marbles[i - 1].Notification.Kind != NotificationKind.OnNext)
                throw new ArgumentException($"Marble {i} ({marbles[i]}) follows the ending ({marbles[i - 1]}).", nameof(marbles));
        }

        return marbles;
    }
}
