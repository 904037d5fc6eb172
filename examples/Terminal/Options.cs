using System.CommandLine;

namespace Terminal;

/// <summary>What the user asked for.</summary>
internal sealed record Options(
    Uri? Endpoint, string Model, string Prompt, int? Tokens, double Rate, TimeSpan ScreenTime, Strategy Strategy, int Buffer,
    TimeSpan Timeout, Fault Fault, bool Plain, bool Compare);

/// <summary>The command line.</summary>
internal static class CommandLine
{
    private static readonly Dictionary<string, Strategy> Strategies = new()
    {
        ["conflate"] = Strategy.Conflate,
        ["wait"] = Strategy.Wait,
        ["drop-oldest"] = Strategy.DropOldest,
        ["drop-newest"] = Strategy.DropNewest,
        ["latest"] = Strategy.Latest,
        ["push"] = Strategy.Push,
    };

    private static readonly Dictionary<string, Fault> Faults = new()
    {
        ["cut"] = Fault.Cut,
        ["reset"] = Fault.Reset,
        ["error"] = Fault.Error,
        ["malformed"] = Fault.Malformed,
        ["stall"] = Fault.Stall,
        ["401"] = Fault.Unauthorized,
        ["429"] = Fault.TooManyRequests,
    };

    public static string NameOf(Strategy strategy) => Strategies.First(known => known.Value == strategy).Key;

    /// <summary>The command line, which runs <paramref name="run"/> when it is understood.</summary>
    public static RootCommand Create(Func<Options, CancellationToken, Task<int>> run)
    {
        var compare = new Option<bool>("--compare") { Description = "Play the same stream to a slow screen with one strategy after another, and print a table." };
        var strategy = new Option<string>("--strategy")
        {
            Description = "What happens to tokens that arrive while the screen is busy.",
            HelpName = string.Join('|', Strategies.Keys),
            DefaultValueFactory = _ => "conflate",
        }.AcceptOnlyFromAmong([.. Strategies.Keys]);
        var buffer = new Option<int>("--buffer") { Description = "How many tokens may wait with wait, drop-oldest and drop-newest.", HelpName = "n", DefaultValueFactory = _ => 5 };
        var screen = new Option<double>("--screen-ms") { Description = "A slow screen: each frame takes this long. Never more than 60 frames a second.", HelpName = "ms" };
        var tokens = new Option<int?>("--tokens") { Description = "The length of the answer; with --endpoint the most that it may have.", HelpName = "n" };
        var rate = new Option<double>("--rate") { Description = "Tokens per second of the embedded model; 0 for as fast as possible. [default: 500; 100 with --compare]", HelpName = "n", DefaultValueFactory = _ => double.NaN };
        rate.DefaultValueFactory = null;
        var fault = new Option<string?>("--fault") { Description = "What the embedded endpoint does wrong.", HelpName = string.Join('|', Faults.Keys) };
        fault.AcceptOnlyFromAmong([.. Faults.Keys]);
        var timeout = new Option<double?>("--timeout") { Description = "Give up when the server is silent for this many seconds. [default: 10; 60 with --endpoint]", HelpName = "s" };
        var plain = new Option<bool>("--plain") { Description = "Print the text as it comes. Chosen by itself when the output is not a terminal." };
        var endpoint = new Option<string?>("--endpoint") { Description = "Another OpenAI-compatible server, e.g. http://localhost:11434/v1. The key comes from OPENAI_API_KEY.", HelpName = "url" };
        var model = new Option<string?>("--model") { Description = "The model to ask; needed with --endpoint.", HelpName = "name" };
        var prompt = new Option<string>("--prompt") { Description = "What to ask.", HelpName = "text", DefaultValueFactory = _ => "Explain backpressure." };

        Check(buffer, value => value >= 1, "--buffer must be at least 1.");
        Check(screen, value => value is >= 0 and <= 60_000, "--screen-ms must be from 0 to 60000.");
        Check(tokens, value => value is null or (>= 1 and <= 1_000_000), "--tokens must be from 1 to 1000000.");
        Check(rate, value => value is >= 0 and <= 1_000_000, "--rate must be from 0 to 1000000.");
        Check(timeout, value => value is null or (> 0 and <= 3600), "--timeout must be more than 0 and at most 3600.");
        Check(endpoint, value => value is null || IsHttp(value), "--endpoint must be an http or https address.");

        var command = new RootCommand(
            """
            Draws a model's answer in the terminal, at most 60 frames a second, and shows live what happens between the
            model and the screen. Without options it starts an OpenAI-compatible endpoint of its own, on this machine.

            Ctrl+C stops the model. "Model waited" is the time in which the model had handed over a token and was not
            asked for the next. Exit code: 0 the answer is complete, 1 it is not, 2 wrong options, 130 stopped by you.
            """)
        { compare, strategy, buffer, screen, tokens, rate, fault, timeout, plain, endpoint, model, prompt };

        command.Validators.Add(result =>
        {
            var elsewhere = result.GetResult(endpoint) is not null;
            if (elsewhere && result.GetResult(model) is null)
                result.AddError("--endpoint needs --model.");
            if (elsewhere && result.GetResult(compare) is not null)
                result.AddError("--compare plays the embedded model; leave out --endpoint.");
            if (elsewhere && result.GetResult(fault) is not null)
                result.AddError("--fault is for the embedded endpoint; leave out --endpoint.");
            if (elsewhere && result.GetResult(rate) is not null)
                result.AddError("--rate is for the embedded model; leave out --endpoint.");
        });

        command.SetAction((parsed, cancellationToken) =>
        {
            var url = parsed.GetValue(endpoint);
            var compares = parsed.GetValue(compare);
            return run(
                new Options(
                    url is null ? null : new Uri(url),
                    parsed.GetValue(model) ?? "embedded",
                    parsed.GetValue(prompt)!,
                    parsed.GetValue(tokens),
                    parsed.GetResult(rate) is null ? (compares ? 100 : 500) : parsed.GetValue(rate),
                    TimeSpan.FromMilliseconds(parsed.GetResult(screen) is null && compares ? 100 : parsed.GetValue(screen)),
                    Strategies[parsed.GetValue(strategy)!],
                    parsed.GetValue(buffer),
                    TimeSpan.FromSeconds(parsed.GetValue(timeout) ?? (url is null ? 10 : 60)),
                    parsed.GetValue(fault) is { } name ? Faults[name] : Fault.None,
                    parsed.GetValue(plain),
                    compares),
                cancellationToken);
        });
        return command;
    }

    private static bool IsHttp(string text) => Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https";

    private static void Check<T>(Option<T> option, Func<T?, bool> isRight, string complaint) => option.Validators.Add(result =>
    {
        // A value that cannot be read has been complained about already.
        if (!result.Errors.Any() && !isRight(result.GetValueOrDefault<T>()))
            result.AddError(complaint);
    });
}
