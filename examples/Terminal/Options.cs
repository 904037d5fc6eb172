using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace Terminal;

/// <summary>What the user asked for.</summary>
internal sealed record Options(
    Uri? Endpoint, string Model, string Prompt, int? Tokens, double Rate, TimeSpan ScreenTime, Strategy Strategy, int Buffer,
    TimeSpan Timeout, Fault Fault, string? Record, bool Plain, bool Compare)
{
    /// <summary>The length of a frame: 60 a second, or what a slow screen needs.</summary>
    public TimeSpan Frame => ScreenTime > ShortestFrame ? ScreenTime : ShortestFrame;

    /// <summary>60 a second.</summary>
    public static TimeSpan ShortestFrame { get; } = TimeSpan.FromSeconds(1.0 / 60);
}

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
        var strategy = Choice("--strategy", Strategies, "What happens to tokens that arrive while the screen is busy", "[default: conflate]");
        var buffer = Number<int>("--buffer", "n", 1, 1_000_000, "How many tokens may wait with wait, drop-oldest and drop-newest. [default: 5]");
        var screen = Number<double>("--screen-ms", "ms", 0, 60_000, "A slow screen: each frame takes this long. Never more than 60 frames a second. [default: 0; 100 with --compare]");
        var tokens = Number<int>("--tokens", "n", 1, 1_000_000, "The length of the answer; with --endpoint the most that it may have. [default: all of it; 100 with --compare]");
        var rate = Number<double>("--rate", "n", 0, 1_000_000, "Tokens per second of the embedded model; 0 for as fast as possible. [default: 500; 100 with --compare]");
        var fault = Choice("--fault", Faults, "What the embedded endpoint does wrong, half way or after 200 tokens");
        var timeout = Number<double>("--timeout", "s", 0.001, 3600, "Give up when the server is silent for this many seconds. [default: 10; 60 with --endpoint]");
        var record = new Option<string>("--record") { Description = "Write the text as it arrives, before any strategy, and when, to this file, which a test can replay: StreamRecording.Load reads it. An existing file is replaced.", HelpName = "file", CustomParser = ParseFile };
        var plain = new Option<bool>("--plain") { Description = "Print the text as it comes. Chosen by itself when the output is not a terminal." };
        var endpoint = new Option<Uri>("--endpoint") { Description = "Another OpenAI-compatible server, e.g. http://localhost:11434/v1. The key comes from OPENAI_API_KEY.", HelpName = "url", CustomParser = ParseAddress };
        var model = Text("--model", "name", "The model to ask; needed with --endpoint.");
        var prompt = Text("--prompt", "text", "What to ask.");
        prompt.DefaultValueFactory = _ => "Explain backpressure.";

        var command = new RootCommand(
            """
            Draws a model's answer in the terminal, at most 60 frames a second, and
            shows live what happens between the model and the screen. By itself it
            starts an OpenAI-compatible endpoint of its own, on this machine.

            While it is drawn, p pauses: the model is held until p is pressed again.
            s stops the model and draws what it has said so far; Ctrl+C stops it at
            once. "Model waited" is the time in which the model had handed over a
            token and was not asked for the next, be the screen slow or the user.

            Exit codes:
              0    the answer is complete
              1    something went wrong, and the last line says what
              2    wrong options; nothing was asked
              3    the model itself stopped short: at its limit of tokens, at a
                   filter, with a refusal, or to have a tool called
              130  stopped by you
              141  the reader of the output left, and the model was stopped
            """)
        { compare, strategy, buffer, screen, tokens, rate, fault, timeout, record, plain, endpoint, model, prompt };

        command.Validators.Add(result =>
        {
            var elsewhere = result.GetResult(endpoint) is not null;
            if (elsewhere && result.GetResult(model) is null)
                result.AddError("--endpoint needs --model.");
            if (elsewhere && result.GetResult(compare) is not null)
                result.AddError("--compare plays the embedded model; leave out --endpoint.");
            if (result.GetResult(compare) is not null && result.GetResult(strategy) is not null)
                result.AddError("--compare plays five strategies; leave out --strategy.");
            if (result.GetResult(compare) is not null && result.GetResult(record) is not null)
                result.AddError("--record writes one answer; leave out --compare.");
            if (elsewhere && result.GetResult(fault) is not null)
                result.AddError("--fault is for the embedded endpoint; leave out --endpoint.");
            if (elsewhere && result.GetResult(rate) is not null)
                result.AddError("--rate is for the embedded model; leave out --endpoint.");
        });

        command.SetAction((parsed, cancellationToken) =>
        {
            var isElsewhere = parsed.GetValue(endpoint) is not null;
            var compares = parsed.GetValue(compare);
            return run(
                new Options(
                    parsed.GetValue(endpoint),
                    parsed.GetValue(model) ?? "embedded",
                    parsed.GetValue(prompt)!,
                    parsed.GetValue(tokens) ?? (compares ? 100 : null),
                    parsed.GetValue(rate) ?? (compares ? 100 : 500),
                    TimeSpan.FromMilliseconds(parsed.GetValue(screen) ?? (compares ? 100 : 0)),
                    parsed.GetValue(strategy) ?? Strategy.Conflate,
                    parsed.GetValue(buffer) ?? 5,
                    TimeSpan.FromSeconds(parsed.GetValue(timeout) ?? (isElsewhere ? 60 : 10)),
                    parsed.GetValue(fault) ?? Fault.None,
                    parsed.GetValue(record),
                    parsed.GetValue(plain),
                    compares),
                cancellationToken);
        });
        return command;
    }

    private static Option<T?> Number<T>(string name, string unit, T least, T most, string description)
        where T : struct, INumber<T> => new(name)
        {
            Description = description,
            HelpName = unit,
            CustomParser = result =>
            {
                if (T.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most)
                    return value;
                result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} must be a number from {least} to {most}."));
                return null;
            },
        };

    private static Option<T?> Choice<T>(string name, Dictionary<string, T> choices, string description, string standard = "")
        where T : struct => new(name)
        {
            Description = $"{description}: {string.Join(", ", choices.Keys)}. {standard}".TrimEnd(),
            HelpName = "name",
            CustomParser = result =>
            {
                if (choices.TryGetValue(result.Tokens[0].Value, out var choice))
                    return choice;
                result.AddError($"{name} must be one of {string.Join(", ", choices.Keys)}.");
                return null;
            },
        };

    private static Option<string> Text(string name, string unit, string description) => new(name)
    {
        Description = description,
        HelpName = unit,
        CustomParser = result =>
        {
            if (!string.IsNullOrWhiteSpace(result.Tokens[0].Value))
                return result.Tokens[0].Value;
            result.AddError($"{name} must not be empty.");
            return null;
        },
    };

    private static string? ParseFile(ArgumentResult result)
    {
        if (result.Tokens[0].Value is { Length: > 0 } path)
            return path;
        result.AddError("--record must be a file.");
        return null;
    }

    private static Uri? ParseAddress(ArgumentResult result)
    {
        if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var address) && address.Scheme is "http" or "https")
            return address;
        result.AddError("--endpoint must be an http or https address.");
        return null;
    }
}
