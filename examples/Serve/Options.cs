using System.CommandLine;
using System.Globalization;

namespace Serve;

/// <summary>What the user asked for.</summary>
/// <param name="Urls">Where it listens.</param>
/// <param name="Endpoint">The server to ask; null for the model in this process.</param>
/// <param name="Model">Which of its models.</param>
/// <param name="Tokens">The length of the embedded model's answer; null for the answer as it was written.</param>
/// <param name="Rate">Its tokens per second; 0 for as fast as possible.</param>
/// <param name="Quota">How many tokens a visitor has.</param>
/// <param name="QuotaWindow">Within which time.</param>
/// <param name="Questions">How many questions a visitor may ask.</param>
/// <param name="QuestionsWindow">Within which time.</param>
internal sealed record Options(
    string Urls, Uri? Endpoint = null, string Model = "embedded", int? Tokens = null, double Rate = 100,
    int Quota = 20_000, TimeSpan? QuotaWindow = null, int Questions = 20, TimeSpan? QuestionsWindow = null);

/// <summary>The command line.</summary>
internal static class CommandLine
{
    public static RootCommand Create(Func<Options, CancellationToken, Task<int>> serve, Func<CancellationToken, Task<int>> check)
    {
        var urls = new Option<string>("--urls") { Description = "Where it listens.", HelpName = "urls", DefaultValueFactory = _ => "http://localhost:5080" };
        var endpoint = new Option<Uri>("--endpoint")
        {
            Description = "Another OpenAI-compatible server, e.g. http://localhost:11434/v1. The key comes from OPENAI_API_KEY.",
            HelpName = "url",
            CustomParser = result =>
            {
                if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var address) && address.Scheme is "http" or "https")
                    return address;
                result.AddError("--endpoint must be an http or https address.");
                return null;
            },
        };
        var model = new Option<string>("--model") { Description = "The model to ask; needed with --endpoint.", HelpName = "name" };
        var tokens = new Option<int?>("--tokens") { Description = "The length of the embedded model's answer. [default: all of it]", HelpName = "n" };
        var rate = new Option<double>("--rate") { Description = "Its tokens per second; 0 for as fast as possible.", HelpName = "n", DefaultValueFactory = _ => 100 };
        var quota = new Option<int>("--quota") { Description = "How many tokens a visitor has within 10 minutes.", HelpName = "n", DefaultValueFactory = _ => 20_000 };
        var isCheck = new Option<bool>("--check") { Description = "Start on a free port, be its client, and say whether all went well." };

        var command = new RootCommand(
            """
            Serves a model's answers to browsers: a page that resumes its answer after a
            reload, a slow-reader switch, a quota of tokens for each visitor, and a limit to
            how often one may ask. By itself it asks a model in this process, through a real
            OpenAI-compatible endpoint.
            """)
        { urls, endpoint, model, tokens, rate, quota, isCheck };
        AtLeast(tokens, 1);
        AtLeast(rate, 0);
        AtLeast(quota, 1);
        command.Validators.Add(result =>
        {
            if (result.GetResult(endpoint) is not null && result.GetResult(model) is null)
                result.AddError("--endpoint needs --model.");
        });
        command.SetAction((parsed, stop) => parsed.GetValue(isCheck)
            ? check(stop)
            : serve(
                new Options(
                    parsed.GetValue(urls)!, parsed.GetValue(endpoint), parsed.GetValue(model) ?? "embedded", parsed.GetValue(tokens), parsed.GetValue(rate), parsed.GetValue(quota)),
                stop));
        return command;
    }
    private static void AtLeast<T>(Option<T> option, int least) => option.Validators.Add(result =>
    {
        if (Convert.ToDouble(result.GetValueOrDefault<T>(), CultureInfo.InvariantCulture) < least)
            result.AddError($"{option.Name} must be a number from {least} on.");
    });
}
