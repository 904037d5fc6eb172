using Terminal;

namespace RxTokens.Terminal.Tests;

/// <summary>With --endpoint: the answer of a server that is not the program's own, here one that wants a key.</summary>
[NonParallelizable]
public class OtherServerTests
{
    private const string Key = "OPENAI_API_KEY";

    private string? _keyBefore;

    [SetUp]
    public void RememberTheKey() => _keyBefore = Environment.GetEnvironmentVariable(Key);

    [TearDown]
    public void RestoreTheKey() => Environment.SetEnvironmentVariable(Key, _keyBefore);

    private static async Task<User> Ask(string key)
    {
        Environment.SetEnvironmentVariable(Key, key);
        await using var server = await Endpoint.StartAsync(new Manner(Tokens: 50, Rate: 0, Key: "the right one"), TimeProvider.System);
        return await User.Runs("--endpoint", server.Address.ToString(), "--model", "any", "--prompt", "Hello?", "--plain");
    }

    [Test]
    public async Task WithTheKeyOfTheEnvironment_ItsAnswerIsPrinted()
    {
        var user = await Ask("the right one");

        Assert.That(user.ExitCode, Is.Zero, user.Error);
        Assert.That(user.Error, Is.Empty);
        Assert.That(user.Output, Does.StartWith(string.Concat(AnswerText.Tokens(50))));
        Assert.That(user.Figure("tokens read"), Does.StartWith("50 "));
        Assert.That(user.Lines, Does.Contain("text shown equals text received: yes"));
    }

    [Test]
    public async Task WithAnotherKey_TheLineNamesTheVariable()
    {
        var user = await Ask("a wrong one");

        Assert.That(user.ExitCode, Is.EqualTo(1));
        Assert.That(user.Error, Does.Contain(Key).And.Contain("401"));
    }
}
