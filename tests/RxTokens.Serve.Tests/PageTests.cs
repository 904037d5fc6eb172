using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Serve;

namespace RxTokens.Serve.Tests;

/// <summary>The page, in a real browser.</summary>
[Category("Browser")]
public partial class PageTests
{
    private const string Complete = "The answer is complete.";

    private static Browser s_browser = null!;

    [OneTimeSetUp]
    public static async Task StartBrowser() => s_browser = await Browser.StartAsync();

    [OneTimeTearDown]
    public static async Task StopBrowser()
    {
        if (s_browser is not null)
            await s_browser.DisposeAsync();
    }

    [Test]
    public async Task AnAnswer_ArrivesWhole()
    {
        await using var endpoint = await Server.StartAsync(new Options("http://127.0.0.1:0", Tokens: 500, Rate: 1000));
        var page = await s_browser.OpenAsync(endpoint.Address);

        await page.ClickAsync("#ask");
        await Said(page, Complete);

        Assert.That(await Shown(page), Is.EqualTo(string.Concat(AnswerText.Tokens(500))));
    }

    /// <summary>Reloaded again and again while the model speaks: every character once, in order.</summary>
    [Test]
    public async Task AReloadInTheMiddle_LosesNoCharacter_AndDoublesNone()
    {
        await using var endpoint = await Server.StartAsync(new Options("http://127.0.0.1:0", Tokens: 600, Rate: 150));
        var page = await s_browser.OpenAsync(endpoint.Address);
        var resumed = new List<string>();
        page.Request += (_, request) =>
        {
            if (request.Url.Contains("lastEventId", StringComparison.Ordinal))
                resumed.Add(request.Url);
        };

        await page.ClickAsync("#ask");
        for (var i = 1; i <= 3; i++)
        {
            await page.WaitForFunctionAsync("length => document.getElementById('answer').textContent.length > length", 300 * i);
            await page.ReloadAsync();
        }

        await Said(page, Complete);
        Assert.That(await Shown(page), Is.EqualTo(string.Concat(AnswerText.Tokens(600))));
        Assert.That(resumed.Select(url => LastId().Match(url).Groups[1].Value).Distinct().Count(), Is.EqualTo(3), "each time from where it was");
    }

    [Test]
    public async Task AReloadAfterTheEnd_ShowsIt_AndAsksNothing()
    {
        var script = new Script();
        script.Say("All ", "of it.");
        script.End();
        await using var site = await Site.StartAsync(script.Answer);
        var page = await s_browser.OpenAsync(site.Address);
        await page.ClickAsync("#ask");
        await Said(page, Complete);

        var requests = Requests(page);
        await page.ReloadAsync();
        await Said(page, Complete);

        Assert.That(await Shown(page), Is.EqualTo("All of it."));
        Assert.That(requests.Where(url => url.Contains("answers", StringComparison.Ordinal)), Is.Empty);
    }

    /// <summary>A model that speaks HTML is shown, not obeyed: in its text and in what is said of its failure.</summary>
    [Test]
    public async Task X05_AScriptInTheModelsText_DoesNotRun()
    {
        const string Text = "<script>alert(1)</script><img src=\"http://x.invalid/x\" onerror=\"alert(2)\"></div></textarea>&#x3c;b&#x3e;\r\nevent: forged\r\rid: 7\u2028\0 ";
        var script = new Script();
        script.Say([.. Text.Select(c => c.ToString())]);
        script.Say(Text);
        await using var site = await Site.StartAsync(script.Answer);
        var page = await s_browser.OpenAsync(site.Address);
        var dialogs = 0;
        page.Dialog += (_, dialog) =>
        {
            dialogs++;
            _ = dialog.DismissAsync();
        };
        var requests = Requests(page);

        await page.FillAsync("#question", "<script>alert(3)</script>");
        await page.ClickAsync("#ask");
        await page.WaitForFunctionAsync("length => document.getElementById('answer').textContent.length >= length", Text.Length * 2);
        await page.ReloadAsync(); // what is kept is text, too
        await page.WaitForFunctionAsync("length => document.getElementById('answer').textContent.length >= length", Text.Length * 2);
        script.End();
        await Said(page, Complete);

        Assert.Multiple(async () =>
        {
            Assert.That(await Shown(page), Is.EqualTo(Text + Text), "literally, with every line end");
            Assert.That(dialogs, Is.Zero);
            Assert.That(requests.Where(url => !url.StartsWith(site.Address.ToString(), StringComparison.Ordinal)), Is.Empty, "requests elsewhere");
            Assert.That(await page.EvaluateAsync<int>("document.querySelectorAll('#answer *, #status script, #status img').length"), Is.Zero, "elements of the model's");
            Assert.That(await page.EvaluateAsync<int>("document.scripts.length"), Is.EqualTo(1));
        });
    }

    [Test]
    public async Task X05_ThePolicy_AllowsNoScriptInThePage()
    {
        await using var site = await Site.StartAsync(new Script().Answer);
        var response = await (await s_browser.OpenAsync(site.Address)).GotoAsync(site.Address.ToString());
        var policy = await response!.HeaderValueAsync("content-security-policy");
        Assert.That(policy, Does.Contain("default-src 'none'").And.Contain("script-src 'self'").And.Not.Contain("unsafe"));
    }

    /// <summary>An EventSource comes back by itself after each end of a response, unless it is closed. A cut one it must resume.</summary>
    [TestCase("end", Complete)]
    [TestCase("failure", "The model has failed.")]
    [TestCase("quota", "You have used your 9 tokens within 10 minutes.")]
    [TestCase("stopped", "The answer was stopped.")]
    public async Task E05_AfterTheEnd_ThePageAsksNothingMore(string ending, string said)
    {
        var script = new Script();
        await using var site = await Site.StartAsync(script.Answer, ending == "quota" ? new Options("", Quota: 6 + 3) : null); // 6 for the question
        var page = await s_browser.OpenAsync(site.Address);
        await page.ClickAsync("#ask");
        script.Say("one ", "two ", "three");
        await page.WaitForFunctionAsync("() => document.getElementById('answer').textContent === 'one two three'");

        if (ending == "stopped")
            await page.ClickAsync("#stop");
        else if (ending == "quota")
            script.Say(" four");
        else
            script.End(ending == "end" ? null : new InvalidOperationException("internal"));
        await Said(page, said);

        await page.WaitForTimeoutAsync(500); // the last look at the figures
        var requests = Requests(page);
        await page.WaitForTimeoutAsync(4500); // Chromium comes back after 3 s
        Assert.That(requests, Is.Empty);
        Assert.That(await Shown(page), Is.EqualTo("one two three"));
        Assert.That(script.Asked, Is.EqualTo(1));
    }

    /// <summary>The server goes away with the connection and comes back with nothing: the answer is not to be had, and no second one is begun.</summary>
    [Test]
    public async Task E03_AServerThatWasStopped_SaysSo_AndIsNotAskedAnew()
    {
        var script = new Script();
        var site = await Site.StartAsync(script.Answer);
        var page = await s_browser.OpenAsync(site.Address);
        await page.ClickAsync("#ask");
        script.Say("Half");
        await page.WaitForFunctionAsync("() => document.getElementById('answer').textContent === 'Half'");

        var address = site.Address;
        await site.DisposeAsync();
        await Said(page, "The server is stopping.");
        var second = new Script();
        second.Say("Another");
        await using var next = await Site.StartAsync(second.Answer, urls: address.ToString());
        await page.WaitForTimeoutAsync(4500);

        Assert.That(second.Asked, Is.Zero);
        Assert.That(await Shown(page), Is.EqualTo("Half"));
    }

    /// <summary>The slow reader is behind, and says how far; when it is slow no more, all that it has missed comes in one event.</summary>
    [Test]
    public async Task ASlowReader_IsBehind_HoldsNobody_AndGetsTheRestInOne()
    {
        await using var endpoint = await Server.StartAsync(new Options("http://127.0.0.1:0", Tokens: 1500, Rate: 1000));
        var whole = string.Concat(AnswerText.Tokens(1500));
        var page = await s_browser.OpenAsync(endpoint.Address);

        await page.CheckAsync("#slow");
        await page.ClickAsync("#ask");
        await page.WaitForFunctionAsync("length => document.getElementById('model').textContent === length", whole.Length.ToString("N0", System.Globalization.CultureInfo.InvariantCulture));
        var has = (await Shown(page)).Length;
        var lag = await page.TextContentAsync("#lag");
        await page.UncheckAsync("#slow");
        await Said(page, Complete);

        Assert.That(has, Is.InRange(1, whole.Length / 2), "the model is at its end, and the page is not");
        Assert.That(lag, Does.Match(@"^\d,?\d+ characters$"));
        Assert.That(await Shown(page), Is.EqualTo(whole));
        var largest = int.Parse(Largest().Match((await page.TextContentAsync("#events"))!).Groups[1].Value, System.Globalization.NumberStyles.AllowThousands, System.Globalization.CultureInfo.InvariantCulture);
        Assert.That(largest, Is.GreaterThanOrEqualTo(whole.Length / 3), "what was missed, in one event");
    }

    /// <summary>More than is kept: the server holds what it is allowed to and no more, and the page learns that its place is lost, and begins anew.</summary>
    [Test]
    public async Task ASlowReaderOfAMuchLongerAnswer_LetsNothingPileUp_AndIsToldWhatIsLost()
    {
        const int Kept = 512 * 1024;
        var pieces = Enumerable.Range(0, 4000).Select(i => $"{i}:".PadRight(1000, 'x')).ToArray();
        var whole = string.Concat(pieces);
        var letGo = new TaskCompletionSource();
        await using var site = await Site.StartAsync(_ => Answer());
        var page = await s_browser.OpenAsync(site.Address);

        await page.CheckAsync("#slow");
        await page.ClickAsync("#ask");
        await page.WaitForFunctionAsync("() => document.getElementById('status').dataset.state === 'open'");
        letGo.SetResult();
        await page.WaitForFunctionAsync("() => document.getElementById('model').textContent === '4,000,000'");
        Assert.That(await page.EvaluateAsync<int>("async () => (await (await fetch(`answers/${JSON.parse(sessionStorage.getItem('answer')).id}/state`)).json()).kept"), Is.EqualTo(Kept));

        await page.UncheckAsync("#slow");
        await Said(page, Complete);
        Assert.That(await Shown(page), Is.EqualTo(whole[^Kept..]));
        Assert.That(await page.TextContentAsync("#page"), Is.EqualTo("4,000,000"), "its place is counted from the beginning");

        async IAsyncEnumerable<string> Answer()
        {
            await letGo.Task;
            foreach (var piece in pieces)
                yield return piece;
        }
    }

    /// <summary>A slow reader all the way: the parser of the page's own is right, too.</summary>
    [Test]
    public async Task ASlowReader_GetsEveryCharacter()
    {
        const string Text = "Ünïcödé, 🌊🌊 and \"quotes\"\\ \n\r\n in 日本語";
        var script = new Script();
        script.Say([.. Text.Select(c => c.ToString())]);
        script.End();
        await using var site = await Site.StartAsync(script.Answer);
        var page = await s_browser.OpenAsync(site.Address);
        await page.CheckAsync("#slow");
        await page.ClickAsync("#ask");
        await Said(page, Complete);
        Assert.That(await Shown(page), Is.EqualTo(Text));
    }

    [Test]
    public async Task ATooFrequentQuestion_IsRefused_AndThePageSaysWhenToComeBack()
    {
        var script = new Script();
        script.End();
        await using var site = await Site.StartAsync(script.Answer, new Options("", Questions: 1));
        var page = await s_browser.OpenAsync(site.Address);
        await page.ClickAsync("#ask");
        await Said(page, Complete);
        await page.ClickAsync("#ask");
        await page.WaitForFunctionAsync(@"() => /Try again in \d+ s\.$/.test(document.getElementById('said').textContent)");
    }

    /// <summary>For the documentation: SERVE_SCREENSHOT=docs/images/serve.png dotnet test tests/RxTokens.Serve.Tests --filter Name~Screenshot</summary>
    [Test]
    public async Task Screenshot()
    {
        if (Environment.GetEnvironmentVariable("SERVE_SCREENSHOT") is not { Length: > 0 } file)
        {
            Assert.Ignore("SERVE_SCREENSHOT names the file to write.");
            return;
        }

        await using var endpoint = await Server.StartAsync(new Options("http://127.0.0.1:0", Rate: 60));
        var page = await s_browser.OpenAsync(endpoint.Address, Environment.GetEnvironmentVariable("SERVE_SCHEME") == "dark" ? ColorScheme.Dark : ColorScheme.Light, 1000, 860);
        await page.CheckAsync("#slow");
        await page.ClickAsync("#ask");
        await page.WaitForFunctionAsync("() => document.getElementById('answer').textContent.length > 900");
        await page.ScreenshotAsync(new() { Path = Path.GetFullPath(file, Repository.Root) });
    }

    private static List<string> Requests(IPage page)
    {
        var requests = new List<string>();
        page.Request += (_, request) => requests.Add(request.Url);
        return requests;
    }

    private static Task Said(IPage page, string text) => page.WaitForFunctionAsync("text => document.getElementById('said').textContent.startsWith(text)", text);

    private static async Task<string> Shown(IPage page) => await page.EvaluateAsync<string>("document.getElementById('answer').textContent");

    [GeneratedRegex("lastEventId=(.*)")]
    private static partial Regex LastId();

    [GeneratedRegex("the largest ([0-9,]+)")]
    private static partial Regex Largest();
}
