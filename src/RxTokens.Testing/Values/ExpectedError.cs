using System.Diagnostics.CodeAnalysis;

namespace RxTokens;

/// <summary>What <c>#</c> in an expectation accepts: an exception (the instance, or its type and message), a type, or what a predicate accepts.</summary>
[SuppressMessage("Usage", "CA2225", Justification = "Conversions are there to be implicit; Where is the named way.")]
public sealed class ExpectedError
{
    private readonly Func<Exception, bool> _accepts;
    private readonly string _description;

    private ExpectedError(Func<Exception, bool> accepts, string description)
    {
        _accepts = accepts;
        _description = description;
    }

    /// <summary>This instance, or one of the same type and message.</summary>
    /// <param name="error">The failure.</param>
    /// <exception cref="ArgumentNullException"><paramref name="error"/> is null.</exception>
    public static implicit operator ExpectedError(Exception error)
    {
        ArgumentNullException.ThrowIfNull(error);

        return new ExpectedError(actual => Alike.Errors(error, actual), ErrorName.Of(error)) { Type = error.GetType() };
    }

    /// <summary>Any failure of this type or of one derived from it.</summary>
    /// <param name="type">The type of exception.</param>
    /// <exception cref="ArgumentNullException"><paramref name="type"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="type"/> is not a type of exception.</exception>
    public static implicit operator ExpectedError(Type type)
    {
        ArgumentNullException.ThrowIfNull(type);
        if (!typeof(Exception).IsAssignableFrom(type))
            throw new ArgumentException($"{type} is not a type of exception.", nameof(type));

        return new ExpectedError(type.IsInstanceOfType, type.Name) { Type = type };
    }

    /// <summary>What a predicate accepts.</summary>
    /// <param name="predicate">Says whether a failure is the expected one.</param>
    /// <param name="description">What it accepts, for the message of a failing test.</param>
    /// <returns>The expected error.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="predicate"/> is null.</exception>
    public static ExpectedError Where(Func<Exception, bool> predicate, string description = "an error that the predicate accepts")
    {
        ArgumentNullException.ThrowIfNull(predicate);

        return new ExpectedError(predicate, Printable.Of(description));
    }

    /// <summary>What it accepts.</summary>
    /// <returns>A description for people.</returns>
    public override string ToString() => _description;

    /// <summary>The type of the exception that is expected; null for a predicate.</summary>
    internal Type? Type { get; private init; }

    internal bool Accepts(Exception error) => _accepts(error);
}
