namespace RxTokens.Tests;

/// <summary>What <c>dotnet test --filter TestCategory!=Long</c> leaves out.</summary>
internal static class Categories
{
    /// <summary>Every operator around every other, in hundreds of random runs, or with millions of items: most of the time that all tests take. They say little of Rx's version.</summary>
    public const string Long = "Long";
}
