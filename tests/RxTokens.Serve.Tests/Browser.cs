using Microsoft.Playwright;

namespace RxTokens.Serve.Tests;

/// <summary>Chromium as the system has it; where there is none, the tests that want it are ignored.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;

    private Browser(IPlaywright playwright, IBrowser browser) => (_playwright, _browser) = (playwright, browser);

    public static async Task<Browser> StartAsync()
    {
        var executable = Programs.Find("CHROMIUM", Names);
        if (executable is null)
            Assert.Ignore("There is no browser here: apt-get install chromium gets one, or CHROMIUM names its executable.");

        var playwright = await Playwright.CreateAsync();
        var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = executable, Args = ["--no-sandbox", "--disable-dev-shm-usage"] });
        return new(playwright, browser);
    }

    public async Task<IPage> OpenAsync(Uri address, ColorScheme scheme = ColorScheme.Light, int width = 1100, int height = 900)
    {
        var context = await _browser.NewContextAsync(new() { ColorScheme = scheme, ViewportSize = new() { Width = width, Height = height }, DeviceScaleFactor = 2 });
        context.SetDefaultTimeout((float)Site.Patience.TotalMilliseconds);
        var page = await context.NewPageAsync();
        await page.GotoAsync(address.ToString());
        return page;
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }
}

/// <summary>Where a program is.</summary>
internal static class Programs
{
    private static readonly string[] Folders = ["/usr/sbin", "/sbin"]; // not everybody's PATH has them

    public static string? Find(string variable, params string[] names) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } named ? named : (
            from name in names
            from folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Concat(Folders)
            let path = Path.Combine(folder, name)
            where File.Exists(path)
            select path).FirstOrDefault();
}
