using System.Diagnostics;

namespace RxTokens;

/// <summary>What a letter of an expectation stands for that is no value: any item, a condition, or what an inner stream says.</summary>
/// <remarks>
/// <code>
/// m.Expect(orders).ToBe("-x-y|", [("x", Marble.Any), ("y", Marble.Where&lt;Order&gt;(order => order.Price > 10))]);
/// </code>
/// <para>The default is <see cref="Marble.Any"/>.</para>
/// </remarks>
[DebuggerDisplay("{ToString(),nq}")]
public readonly struct ExpectedItem
{
    private readonly ItemMatcher? _matcher;

    internal ExpectedItem(ItemMatcher matcher) => _matcher = matcher;

    internal ItemMatcher Matcher => _matcher ?? AnyItem.Instance;

    /// <summary>What it accepts.</summary>
    /// <returns>A description for people.</returns>
    public override string ToString() => Matcher.ToString();
}

/// <summary>Says whether an item is one that a letter stands for.</summary>
internal abstract class ItemMatcher
{
    public abstract bool Accepts(object? item);

    /// <summary>Why an item is not accepted, if there is more to say than that it is not.</summary>
    public virtual string? Refusal(object? item) => null;

    /// <summary>What it accepts, for people.</summary>
    public abstract override string ToString();
}

internal sealed class AnyItem : ItemMatcher
{
    public static readonly AnyItem Instance = new();

    private AnyItem()
    {
    }

    public override bool Accepts(object? item) => true;

    public override string ToString() => "any item";
}

/// <summary>An item of a type that a predicate accepts. A predicate that throws, as one with an assertion in it does, does not accept.</summary>
internal sealed class ItemCondition<T>(Func<T, bool> accepts, string description) : ItemMatcher
{
    public override bool Accepts(object? item) => Try(item, out _);

    public override string? Refusal(object? item)
    {
        Try(item, out var failure);
        return failure is null ? null : $"the condition failed: {ErrorName.Of(failure)}";
    }

    public override string ToString() => $"an item for which {Printable.Of(description)}";

    private bool Try(object? item, out Exception? failure)
    {
        failure = null;
        try
        {
            return item is T value ? accepts(value) : item is null && default(T) is null && accepts(default!);
        }
        catch (Exception thrown)
        {
            failure = thrown;
            return false;
        }
    }
}
