using System.Collections;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace RxTokens;

/// <summary>A letter of an expectation and what it stands for: a value, or an <see cref="ExpectedItem"/>. It is written as a pair.</summary>
/// <typeparam name="T">The type of the items.</typeparam>
[DebuggerDisplay("{Key,nq} = {Describe(),nq}")]
[SuppressMessage("Usage", "CA2225", Justification = "Conversions are there to be implicit: it is only written as a pair.")]
[SuppressMessage("Performance", "CA1815", Justification = "Nobody compares two of them.")]
public readonly struct ExpectedValue<T>
{
    private readonly T _value;

    private ExpectedValue(string key, T value, ItemMatcher? matcher)
    {
        Key = key;
        _value = value;
        Matcher = matcher;
    }

    /// <summary>The letter, or the name without braces.</summary>
    public string Key { get; }

    /// <summary>What is accepted if it is no value; null if it is one.</summary>
    internal ItemMatcher? Matcher { get; }

    /// <summary>A letter that stands for a value.</summary>
    /// <param name="pair">The letter and the value.</param>
    public static implicit operator ExpectedValue<T>((string Key, T Value) pair) =>
        pair.Value is ExpectedItem item ? new(pair.Key, default!, item.Matcher) : new(pair.Key, pair.Value, null);

    /// <summary>A letter that stands for any item, a condition or an inner stream.</summary>
    /// <param name="pair">The letter and what it stands for.</param>
    public static implicit operator ExpectedValue<T>((string Key, ExpectedItem Item) pair) => new(pair.Key, default!, pair.Item.Matcher);

    internal ExpectedValue<T> With(ItemMatcher? matcher) => new(Key, _value, matcher);

    internal bool Accepts(T item, IEqualityComparer<T>? comparer) =>
        Matcher is not null ? Matcher.Accepts(item)
        : comparer is not null ? comparer.Equals(_value, item)
        : Alike.Values(_value, item);

    internal string Describe() => Matcher?.ToString() ?? ValueText.Of(_value);

    /// <summary>The first item in which two sequences differ; null if they are none.</summary>
    internal int? DifferenceFrom(T? other) => Alike.FirstDifference(_value, other);

    internal Type? TypeOfValue() => Matcher is null ? _value?.GetType() : null;
}

/// <summary>What the letters of an expectation stand for: <c>[("a", 1), ("b", Marble.Any)]</c>, a <see cref="MarbleValues{T}"/>, or a dictionary.</summary>
/// <typeparam name="T">The type of the items.</typeparam>
[CollectionBuilder(typeof(MarbleValues), nameof(MarbleValues.Expected))]
[DebuggerDisplay("Count = {Keys.Count}")]
[SuppressMessage("Naming", "CA1710", Justification = "It is not used as a collection; it is only written as one.")]
[SuppressMessage("Usage", "CA2225", Justification = "Conversions are there to be implicit; MarbleValues.Expected does it by name.")]
public sealed class ExpectedValues<T> : IEnumerable<ExpectedValue<T>>
{
    private readonly OrderedDictionary<string, ExpectedValue<T>> _values = new(StringComparer.Ordinal);

    internal ExpectedValues(IEnumerable<ExpectedValue<T>> values)
    {
        foreach (var value in values)
        {
            MarbleValues.CheckKey(value.Key);
            if (!_values.TryAdd(value.Key, value))
                throw new ArgumentException($"The values have '{value.Key}' twice.", nameof(values));
        }
    }

    /// <summary>The letters and names.</summary>
    public IReadOnlyCollection<string> Keys => _values.Keys;

    /// <summary>What the letters of a source mean, they may mean in an expectation.</summary>
    /// <param name="values">The values; null is none.</param>
    [return: NotNullIfNotNull(nameof(values))]
    public static implicit operator ExpectedValues<T>?(MarbleValues<T>? values) =>
        values is null ? null : new ExpectedValues<T>(values.Select(pair => (ExpectedValue<T>)pair));

    /// <summary>A dictionary serves as well.</summary>
    /// <param name="values">The dictionary; null is none.</param>
    [return: NotNullIfNotNull(nameof(values))]
    public static implicit operator ExpectedValues<T>?(Dictionary<string, T>? values) =>
        values is null ? null : new ExpectedValues<T>(values.Select(pair => (ExpectedValue<T>)(pair.Key, pair.Value)));

    /// <inheritdoc/>
    public IEnumerator<ExpectedValue<T>> GetEnumerator() => _values.Values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal ExpectedValue<T> this[string key] => _values[key];

    internal bool Has(string key) => _values.ContainsKey(key);
}
