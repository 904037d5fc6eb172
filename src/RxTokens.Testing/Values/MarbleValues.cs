using System.Collections;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace RxTokens;

/// <summary>What the letters of a diagram mean: <c>[("a", 1), ("b", 2)]</c>, or a dictionary.</summary>
/// <typeparam name="T">The type of the items.</typeparam>
[CollectionBuilder(typeof(MarbleValues), nameof(MarbleValues.Create))]
[DebuggerDisplay("Count = {Keys.Count}")]
[SuppressMessage("Naming", "CA1710", Justification = "It is not used as a collection; it is only written as one.")]
public sealed class MarbleValues<T> : IEnumerable<(string Key, T Value)>
{
    private readonly Dictionary<string, T> _values = new(StringComparer.Ordinal);

    internal MarbleValues(IEnumerable<(string Key, T Value)> values)
    {
        foreach (var (key, value) in values)
        {
            MarbleValues.CheckKey(key);
            if (!_values.TryAdd(key, value))
                throw new ArgumentException($"The values have '{key}' twice.", nameof(values));
        }
    }

    /// <summary>The letters and names.</summary>
    public IReadOnlyCollection<string> Keys => _values.Keys;

    /// <summary>What a letter or a name means.</summary>
    /// <param name="key">The letter, or the name without braces.</param>
    /// <exception cref="KeyNotFoundException">There is no such key.</exception>
    public T this[string key] => _values[key];

    /// <summary>A dictionary serves as well.</summary>
    /// <param name="values">The dictionary.</param>
    /// <exception cref="ArgumentNullException"><paramref name="values"/> is null.</exception>
    [SuppressMessage("Usage", "CA2225", Justification = "MarbleValues.Create does it by name.")]
    public static implicit operator MarbleValues<T>(Dictionary<string, T> values)
    {
        ArgumentNullException.ThrowIfNull(values);

        return new MarbleValues<T>(values.Select(pair => (pair.Key, pair.Value)));
    }

    /// <inheritdoc/>
    public IEnumerator<(string Key, T Value)> GetEnumerator() => _values.Select(pair => (pair.Key, pair.Value)).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>Makes <see cref="MarbleValues{T}"/> and <see cref="ExpectedValues{T}"/>.</summary>
public static class MarbleValues
{
    /// <summary>What is written <c>[("a", 1), ("b", 2)]</c>.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="values">Letters or names, and what they mean.</param>
    /// <returns>The values.</returns>
    /// <exception cref="ArgumentException">A key is empty, or there twice, or has braces or line breaks.</exception>
    public static MarbleValues<T> Create<T>(ReadOnlySpan<(string Key, T Value)> values) => new(values.ToArray());

    /// <summary>Letters that mean what a function says: <c>MarbleValues.By("abc", key => new Token(key))</c>.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="letters">The letters; spaces do not count.</param>
    /// <param name="value">What a letter means.</param>
    /// <returns>The values.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">A letter is there twice, or is a brace or a line break.</exception>
    public static MarbleValues<T> By<T>(string letters, Func<string, T> value)
    {
        ArgumentNullException.ThrowIfNull(letters);
        ArgumentNullException.ThrowIfNull(value);

        return new MarbleValues<T>(letters.EnumerateRunes().Select(r => r.ToString()).Where(key => key != " ").Select(key => (key, value(key))));
    }

    /// <summary>What is written <c>[("a", 1), ("b", Marble.Any)]</c> in an expectation.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="values">Letters or names, and what they stand for.</param>
    /// <returns>The values.</returns>
    /// <exception cref="ArgumentException">A key is empty, or there twice, or has braces or line breaks.</exception>
    public static ExpectedValues<T> Expected<T>(ReadOnlySpan<ExpectedValue<T>> values) => new(values.ToArray());

    internal static void CheckKey(string key)
    {
        if (string.IsNullOrEmpty(key))
            throw new ArgumentException("A key of the values is empty.", "values");
        if (key.AsSpan().ContainsAny("{}\r\n"))
            throw new ArgumentException($"'{Printable.Of(key)}' cannot be a key of the values: no diagram can say it, because of its braces or line breaks.", "values");
    }
}
