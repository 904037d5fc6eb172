namespace RxTokens.Exploration;

/// <summary>A letter, or several that were merged. It lives as long as the enumeration it comes from, like a buffer that is lent.</summary>
internal sealed class Item(string letters, Func<bool> isAlive)
{
    public string Letters => letters;

    public bool IsAlive => isAlive();

    public static Item Merge(Item first, Item second) => new(first.Letters + second.Letters, () => first.IsAlive && second.IsAlive);

    public override string ToString() => letters;
}
