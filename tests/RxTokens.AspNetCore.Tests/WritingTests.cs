using System.Net.ServerSentEvents;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.DependencyInjection;

namespace RxTokens.AspNetCore.Tests;

/// <summary>What is on the wire, byte for byte.</summary>
public class WritingTests
{
    private const string End = "event: end\ndata: \nid: ended\n\n";

    /// <summary>Without an id at the first event.</summary>
    private static readonly TokenResultOptions Plain = new() { RunsAgain = true };

    [TestCase("a\nb", "data: a\ndata: b\n\n")]
    [TestCase("a\r\nb", "data: a\ndata: b\n\n")]
    [TestCase("a\rb", "data: a\ndata: b\n\n")]
    [TestCase("x\revent: steal", "data: x\ndata: event: steal\n\n")]
    [TestCase("\r\n\r\n", "data: \ndata: \ndata: \n\n")]
    [TestCase("é€😀", "data: é€😀\n\n")]
    public async Task W01_TextWithLineEnds_IsOneEventOfLines(string text, string expected)
    {
        var body = await BodyOf(TokenResults.ServerSentEvents(Script.Items(text), options: Plain));
        Assert.That(body, Is.EqualTo(expected + End));
        Assert.That(body, Does.Not.Contain('\r'));
    }

    [TestCase("a\rb\n", "data: \"a\\rb\\n\"\n\n")]
    [TestCase("\0", "data: \"\\u0000\"\n\n")]
    [TestCase("", "data: \"\"\n\n")]
    public async Task W01_TextAsJson_KeepsEachCharacter(string text, string expected)
    {
        var body = await BodyOf(TokenResults.ServerSentEvents(Script.Items(text, text), options: new() { RunsAgain = true, TextAsJson = true }));
        Assert.That(body, Is.EqualTo(expected + expected + End));
    }

    [Test]
    public async Task W03_SpaceAndNewline_ArriveAsTheyAre()
    {
        string[] tokens = ["a", " b", "\n", "", "c\n"];
        var body = await BodyOf(TokenResults.ServerSentEvents(Script.Items(tokens), options: Plain));
        Assert.That(body, Is.EqualTo("data: a\n\ndata:  b\n\ndata: \ndata: \n\ndata: \n\ndata: c\ndata: \n\n" + End));
        Assert.That(Events(body).Select(e => e.Data), Is.EqualTo(tokens.Append("")), "five events, and the end");
    }

    [Test]
    public async Task W05_IdWithNul_IsAFailure_AndNoByteOfItsEvent()
    {
        var response = new MemoryResponse();
        await response.Serve(TokenResults.ServerSentEvents(Script.Items(new SseItem<string>("one") { EventId = "1" }, new SseItem<string>("two") { EventId = "1\02" })));
        Assert.That(response.Body, Is.EqualTo("data: one\nid: 1\n\nevent: failure\ndata: {\"message\":\"The stream has failed.\"}\nid: ended\n\n"));
    }

    [Test]
    public void W05_OurOwnIds_AreLettersAlone() => Assert.That(EventIds.OfAnyStream.First + EventIds.OfAnyStream.Last, Does.Match("^[A-Za-z0-9.-]+$"));

    [Test]
    public void W06_FixedNameWithALineEnd_IsRefusedAtConstruction()
    {
        Assert.That(() => TokenResults.ServerSentEvents(Script.Items("a"), "chat\ndata: forged"), Throws.ArgumentException.With.Property("ParamName").EqualTo("eventType"));
        Assert.That(() => TokenResults.ServerSentEvents(Script.Items(1), eventType: "chat\r"), Throws.ArgumentException);
        Assert.That(() => TokenResults.ServerSentEvents(Script.Items("a"), ""), Throws.ArgumentException);
    }

    [Test]
    public async Task W06_ItemWithALineEndInItsName_FailsTheStream()
    {
        var source = new ScriptedSource<SseItem<string>>((number, _) => new((true, new SseItem<string>("x", number == 1 ? "chat" : "chat\ndata: forged"))));
        var body = await BodyOf(TokenResults.ServerSentEvents(source));
        Assert.That(Events(body).Select(e => e.EventType), Is.EqualTo(new[] { "chat", TokenEvents.Failure }));
        Assert.That(body, Does.Not.Contain("forged"));
    }

    private static readonly SseItem<DateTimeOffset> Beat = new(DateTimeOffset.UnixEpoch, "heartbeat") { EventId = "019a", ReconnectionInterval = TimeSpan.FromSeconds(2) };

    [Test]
    public async Task W08_EventsBehindAnyType_AreEvents()
    {
        const string Expected = "event: heartbeat\ndata: \"1970-01-01T00:00:00+00:00\"\nid: 019a\nretry: 2000\n\n" + End;
        Assert.That(await BodyOf(TokenResults.ServerSentEvents(Script.Items(Beat))), Is.EqualTo(Expected));
        Assert.That(await BodyOf(TokenResults.ServerSentEvents<object>(Script.Items<object>(Beat))), Is.EqualTo(Expected));
        Assert.That(await BodyOf(Generic(Script.Items(Beat))), Is.EqualTo(Expected));

        static IResult Generic<T>(IAsyncEnumerable<T> items) => TokenResults.ServerSentEvents(items);
    }

    [Test]
    public async Task W08_ObjectsThatAreNoEvents_AreJsonByTheirOwnType()
    {
        var body = await BodyOf(TokenResults.ServerSentEvents<object?>(Script.Items<object?>(new { a = 1 }, "text\n", null, 7, new SseItem<string>("t")), options: Plain));
        Assert.That(body, Is.EqualTo("data: {\"a\":1}\n\ndata: text\ndata: \n\ndata: \n\ndata: 7\n\ndata: t\n\n" + End));
    }

    [Test]
    public async Task JsonOfTheCaller_IsUsedForTextsToo()
    {
        var body = await BodyOf(TokenResults.ServerSentEvents(Script.Items("a\r"), SampleJson.Default.String, options: Plain));
        Assert.That(body, Is.EqualTo("data: \"a\\r\"\n\n" + End));
    }

    [Test]
    public async Task JsonOfTheSourceGenerator_IsOnOneLine_WhateverIsSaidOfIndentation()
    {
        var body = await BodyOf(TokenResults.ServerSentEvents(Script.Items(new Sample(1, "x"), new Sample(2, null)), SampleJson.Default.Sample, "sample", Plain));
        Assert.That(body, Is.EqualTo("event: sample\ndata: {\"Number\":1,\"Text\":\"x\"}\n\nevent: sample\ndata: {\"Number\":2,\"Text\":null}\n\n" + End));
    }

    [Test]
    public async Task JsonWithLineEndsOfAConvertersOwn_IsOnOneLineAllTheSame()
    {
        var json = (System.Text.Json.Serialization.Metadata.JsonTypeInfo<Sample>)new JsonSerializerOptions
        {
            Converters = { new RawConverter() }, TypeInfoResolver = new System.Text.Json.Serialization.Metadata.DefaultJsonTypeInfoResolver(),
        }.GetTypeInfo(typeof(Sample));
        Assert.That(await BodyOf(TokenResults.ServerSentEvents(Script.Items(new Sample(1, "x")), json, options: Plain)), Is.EqualTo("data: { \"a\":  \"event: steal\"}\n\n" + End));
        Assert.That(await BodyOf(TokenResults.JsonLines(Script.Items(new Sample(1, "x")), json)), Is.EqualTo("{ \"a\":  \"event: steal\"}\n"));
    }

    [Test]
    public async Task JsonThatFails_LeavesNoByteOfItsEvent()
    {
        var body = await BodyOf(TokenResults.ServerSentEvents(Script.Items<Sample>(new(1, "x"), new Unserializable()), options: Plain));
        Assert.That(body, Is.EqualTo("data: {\"number\":1,\"text\":\"x\"}\n\nevent: failure\ndata: {\"message\":\"The stream has failed.\"}\nid: ended\n\n"));
    }

    [Test]
    public async Task W11_JsonLines_AreOneLineEach_AndTheLastIsTheError()
    {
        await using var host = await TestHost.StartAsync(
            () => TokenResults.JsonLines(Script.Fails(new InvalidOperationException("secret"), new Sample(1, "a\nb"), new Sample(2, null), new Sample(3, "c"))),
            builder => builder.Services.ConfigureHttpJsonOptions(options => options.SerializerOptions.WriteIndented = true));
        using var response = await host.Client.GetAsync(new Uri("/", UriKind.Relative));
        var bytes = await response.Content.ReadAsByteArrayAsync();
        var body = System.Text.Encoding.UTF8.GetString(bytes);

        Assert.That(response.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/x-ndjson"));
        Assert.That(bytes[0], Is.EqualTo((byte)'{'), "no BOM");
        Assert.That(body, Does.EndWith("\n").And.Not.Contain("\r"));
        var lines = body[..^1].Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.That(lines, Has.Count.EqualTo(4));
        Assert.That(lines[0].GetProperty("text").GetString(), Is.EqualTo("a\nb"));
        Assert.That(lines[3].GetProperty("error").GetProperty("message").GetString(), Is.EqualTo("The stream has failed."));
        Assert.That(lines[3].GetProperty("error").GetProperty("type").GetString(), Is.EqualTo("failure"));
    }

    [Test]
    public async Task JsonLines_ThatEnd_AreItemsAlone() => Assert.That(await BodyOf(TokenResults.JsonLines(Script.Items(1, 2))), Is.EqualTo("1\n2\n"));

    [Test]
    public async Task Text_IsWhatItWas() => Assert.That(await BodyOf(TokenResults.Text(Script.Items("a\r", "", "\nb"))), Is.EqualTo("a\r\nb"));

    [Test]
    public async Task ACharacterThatIsCutInTwo_ArrivesWhole()
    {
        string[] tokens = ["a\ud83d", "", "\ude00b", "\ud83d", "\ude00"];
        Assert.That(await BodyOf(TokenResults.Text(Script.Items(tokens))), Is.EqualTo("a😀b😀"));
        foreach (var asJson in new[] { false, true })
        {
            var body = await BodyOf(TokenResults.ServerSentEvents(Script.Items(tokens), options: new() { TextAsJson = asJson }));
            var data = Events(body).SkipLast(1).Select(e => asJson ? JsonSerializer.Deserialize<string>(e.Data) : e.Data).ToList();
            Assert.That(data, Has.Count.EqualTo(5), "an event for each item all the same");
            Assert.That(string.Concat(data), Is.EqualTo("a😀b😀"));
        }
    }

    [Test]
    public async Task ItemsWithoutText_AreEmpty() =>
        Assert.That(await BodyOf(TokenResults.ServerSentEvents(Script.Items<string>(null!, null!), options: new() { RunsAgain = true })), Is.EqualTo("data: \n\ndata: \n\n" + End));

    [Test]
    public void OpenApi_IsToldTypeAndContent()
    {
        var app = WebApplication.CreateSlimBuilder().Build();
        app.MapGet("/sse", () => TokenResults.ServerSentEvents(Script.Items(new Sample(1, "x"))));
        app.MapGet("/lines", () => TokenResults.JsonLines(Script.Items(new Sample(1, "x"))));
        app.MapGet("/text", () => TokenResults.Text(Script.Items("x")));
        var produced = ((Microsoft.AspNetCore.Routing.IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints)
            .Select(endpoint => endpoint.Metadata.GetMetadata<IProducesResponseTypeMetadata>()!)
            .Select(metadata => (metadata.StatusCode, metadata.Type, metadata.ContentTypes.Single()));
        Assert.That(produced, Is.EqualTo(new[]
        {
            (200, typeof(SseItem<Sample>), "text/event-stream"), (200, typeof(Sample), "application/x-ndjson"), (200, typeof(string), "text/plain"),
        }));
    }

    private static async Task<string> BodyOf(IResult result)
    {
        var response = new MemoryResponse();
        await response.Serve(result);
        return response.Body;
    }

    private static List<SseItem<string>> Events(string body) => [.. SseParser.Create(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(body))).Enumerate()];
}
