using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>Runs a marble test that is meant to fail, and hands over its failure.</summary>
internal static class Failing
{
    public static MarbleAssertionException Run(Action<MarbleTest> test, MarbleOptions? options = null)
    {
        try
        {
            MarbleTest.Run(test, options);
        }
        catch (MarbleAssertionException failure)
        {
            return failure;
        }

        throw new AssertionException("The marble test passed.");
    }

    /// <summary>The failure's message, with the line ends of this file.</summary>
    public static string Message(Action<MarbleTest> test, MarbleOptions? options = null) => Run(test, options).Message;
}
