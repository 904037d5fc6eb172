using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;

namespace RxTokens.AspNetCore.Tests;

/// <summary>The samples of docs/serving.md and of the package's readme, line by line, and run.</summary>
public class GuideSamples
{
    [Test]
    public async Task TheServer_OfTheGuide()
    {
        await using var host = await TestHost.StartAsync(Map, Configure);

        Assert.That(await host.Client.GetStringAsync(new Uri("/answer?question=Why", UriKind.Relative)), Does.Contain("data: Why").And.EndsWith("event: end\ndata: \nid: ended\n\n"));
        Assert.That(await host.Client.GetStringAsync(new Uri("/updates", UriKind.Relative)), Does.StartWith("event: update\ndata: {\"Text\":\"new\"}\n"));
        using (var refused = await host.Client.GetAsync(new Uri("/answer?question=too much", UriKind.Relative)))
            Assert.That((int)refused.StatusCode, Is.EqualTo(429));
        using (var text = await host.Client.PostAsync(new Uri("/answer.txt", UriKind.Relative), new StringContent("{\"Text\":\"Why\"}", Encoding.UTF8, "application/json")))
            Assert.That(await text.Content.ReadAsStringAsync(), Is.EqualTo("Why: because"));

        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{host.Port}/socket"), CancellationToken.None).WaitAsync(TestHost.Patience);
        var said = new StringBuilder();
        var bytes = new byte[1024];
        while (await socket.ReceiveAsync(bytes, CancellationToken.None).WaitAsync(TestHost.Patience) is { MessageType: WebSocketMessageType.Text } received)
            said.Append(Encoding.UTF8.GetString(bytes, 0, received.Count));
        Assert.That((said.ToString(), socket.CloseStatus), Is.EqualTo(("Why?: because", WebSocketCloseStatus.NormalClosure)));
    }

    [Test]
    public async Task D13_HubThatIsNotReadFrom_HoldsItsSourceWithin300Items()
    {
        var source = Script.Repeats(new string('x', 1000));
        await using var host = await TestHost.StartAsync(
            app => app.MapHub<PlainHub>("/hub"),
            builder =>
            {
                builder.WebHost.UseUnsentLimit();
                builder.Services.AddSignalR();
                builder.Services.AddSingleton<IAnswers>(new Unending(source));
            });
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{host.Port}/hub"), CancellationToken.None).WaitAsync(TestHost.Patience);
        await SendAsync("{\"protocol\":\"json\",\"version\":1}\u001e");
        await SendAsync("{\"type\":4,\"invocationId\":\"1\",\"target\":\"Ask\",\"arguments\":[\"Why?\"]}\u001e");

        var (reads, still) = (0, 0);
        for (var i = 0; still < 10 && i < 100; i++)
        {
            await Task.Delay(50);
            still = source.Reads == reads && reads > 0 ? still + 1 : 0;
            reads = source.Reads;
        }

        TestContext.Out.WriteLine($"{reads} items read ahead");
        Assert.That(reads, Is.InRange(1, 300));

        Task SendAsync(string text) => socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, CancellationToken.None).WaitAsync(TestHost.Patience);
    }

    [TestCase("docs/serving.md", 30)]
    [TestCase("src/RxTokens.AspNetCore/README.md", 5)]
    public void EveryLineOfCode_IsCompiledHere(string page, int least)
    {
        var root = Root();
        var compiled = Directory.GetFiles(Path.Combine(root, "tests", "RxTokens.AspNetCore.Tests"), "Guide*Samples.cs").SelectMany(File.ReadLines).Select(Bare).Append("using RxTokens;").ToHashSet();
        var (isCode, lines) = (false, 0);
        foreach (var line in File.ReadLines(Path.Combine(root, page)).Select(Bare))
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
            {
                isCode = line == "```csharp";
                continue;
            }

            if (!isCode || line.Length == 0)
                continue;
            lines++;
            Assert.That(compiled, Does.Contain(line), $"a line of {page} is not compiled");
        }

        Assert.That(lines, Is.GreaterThanOrEqualTo(least), "there is code on the page");

        static string Bare(string line) => line.Split("   //")[0].Trim();
    }

    [Test]
    public void EveryOption_IsInTheGuide_WithItsDefault()
    {
        var page = File.ReadAllLines(Path.Combine(Root(), "docs", "serving.md"));
        var options = new TokenResultOptions();
        foreach (var option in typeof(TokenResultOptions).GetProperties())
        {
            var row = page.Single(line => line.StartsWith($"| `{option.Name}` |", StringComparison.Ordinal));
            var expected = option.GetValue(options) switch
            {
                TimeSpan time => $"{time.TotalSeconds} s",
                false => "no",
                _ => "",
            };
            Assert.That(row.Split('|')[2], Does.Contain(expected), option.Name);
        }
    }

    /// <summary>Compiled only: it runs until it is stopped.</summary>
    internal static void Program(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        builder.WebHost.UseUnsentLimit();

        var app = builder.Build();
        app.MapGet("/answer", (string question, IAnswers answers) =>
            TokenResults.ServerSentEvents(answers.Ask(question)
                .Conflate()));
        app.Run();
    }

    private static void Configure(WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<IAnswers, Answers>();
        builder.Services.Configure<TokenResultOptions>(options => options.DescribeFailure = failure => failure switch
        {
            TooManyQuestionsException { ComeBackIn: var time } => new TokenFailure
            {
                EventType = TokenEvents.Quota,
                Message = "That was enough for today.",
                StatusCode = StatusCodes.Status429TooManyRequests,
                RetryAfter = time,
            },
            _ => null,
        });
    }

    private static void Map(WebApplication app)
    {
        app.MapGet("/answer", (string question, IAnswers answers) =>
            TokenResults.ServerSentEvents(answers.Ask(question)
                .Conflate()));
        app.MapGet("/updates", (IAnswers answers) =>
            TokenResults.ServerSentEvents(answers.Updates(), AppJson.Default.Update, eventType: "update"));
        app.MapPost("/answer.txt", (Question question, IAnswers answers) => TokenResults.Text(answers.Ask(question.Text)));
        app.UseWebSockets();
        app.Map("/socket", async (HttpContext context, IAnswers answers) =>
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            await foreach (var text in answers.Ask("Why?").Conflate().WithCancellation(context.RequestAborted))
                await socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, context.RequestAborted);
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "end", context.RequestAborted);
        });
    }

    private static string Root([CallerFilePath] string thisFile = "")
    {
        foreach (var place in new[] { AppContext.BaseDirectory, Path.GetDirectoryName(thisFile)! })
        {
            for (var folder = new DirectoryInfo(place); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, "RxTokens.sln")))
                    return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException("No folder above holds RxTokens.sln.");
    }

    private sealed class Answers : IAnswers
    {
        public async IAsyncEnumerable<string> Ask(string question)
        {
            await Task.Yield();
            if (question == "too much")
                throw new TooManyQuestionsException();
            yield return $"{question}: ";
            yield return "because";
        }

        public async IAsyncEnumerable<Update> Updates()
        {
            await Task.Yield();
            yield return new Update("new");
        }
    }

    /// <summary>Without Conflate, which reads on for a client that is slow.</summary>
    public sealed class PlainHub(IAnswers answers) : Hub
    {
        public IAsyncEnumerable<string> Ask(string question) => answers.Ask(question);
    }

    private sealed class Unending(IAsyncEnumerable<string> source) : IAnswers
    {
        public IAsyncEnumerable<string> Ask(string question) => source;

        public IAsyncEnumerable<Update> Updates() => throw new NotSupportedException();
    }
}

public interface IAnswers
{
    IAsyncEnumerable<string> Ask(string question);

    IAsyncEnumerable<Update> Updates();
}

public sealed record Update(string Text);

public sealed record Question(string Text);

public sealed class TooManyQuestionsException() : Exception("That was enough for today.")
{
    public TimeSpan ComeBackIn => TimeSpan.FromHours(1);
}

[JsonSerializable(typeof(Update))]
internal sealed partial class AppJson : JsonSerializerContext;

public sealed class AnswerHub(IAnswers answers) : Hub
{
    public IAsyncEnumerable<string> Ask(string question) => answers.Ask(question).Conflate();
}
