namespace RxTokens.Tests;

/// <summary>What <c>dotnet test --filter TestCategory!=Long</c> leaves out.</summary>
internal static class Categories
{
    /// <summary>Every operator around every other, or in hundreds of random runs: most of the time that all tests take. They say little of Rx's version.</summary>
    public const string Long = "Long";
}
