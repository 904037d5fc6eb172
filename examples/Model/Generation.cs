using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace Examples;

/// <summary>One answer of the embedded model on its way to one client, and the record of what was really sent.</summary>
internal sealed partial class Generation(HttpContext context, ChatRequest request, Manner manner, TimeProvider time)
{
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly TaskCompletionSource<long> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly StringBuilder _text = new();
    private readonly string _id = $"chatcmpl-{Guid.NewGuid():N}";
    private int _tokensSent;

    public int TokensSent => Volatile.Read(ref _tokensSent);

    /// <summary>Whether the client left before the answer was complete.</summary>
    public bool ClientLeft { get; private set; }

    /// <summary>The timestamp of the moment at which the model stopped generating.</summary>
    public Task<long> Ended => _ended.Task;

    /// <summary>The text that the client was sent.</summary>
    public string TextSent
    {
        get
        {
            lock (_text)
                return _text.ToString();
        }
    }

    public async Task RunAsync()
    {
        try
        {
            await SpeakAsync();
        }
        catch (OperationCanceledException)
        {
            ClientLeft = true;
        }
        finally
        {
            _ended.TrySetResult(time.GetTimestamp());
        }
    }

    private async Task SpeakAsync()
    {
        var tokens = AnswerText.Tokens(manner.Tokens);
        var length = Math.Min(tokens.Count, request.MaxTokens ?? int.MaxValue);
        var faultAt = manner.Fault == Fault.None ? -1 : Math.Min(length / 2, 200);
        var rhythm = new Rhythm(manner.Rate, time);

        await SendAsync(Chunk(new JsonObject { ["role"] = "assistant", ["content"] = "" }));
        for (var i = 0; i < length; i++)
        {
            if (i == faultAt && await MisbehaveAsync())
                return;

            await rhythm.WaitForTurnAsync(i, context.RequestAborted);
            await SendAsync(Chunk(new JsonObject { ["content"] = tokens[i] }));
            Record(tokens[i]);
        }

        await SendAsync(Chunk([], finishReason: length < tokens.Count ? "length" : "stop"));
        if (request.WantsUsage)
            await SendAsync(Usage(length));
        await SendAsync("[DONE]");
    }

    /// <summary>Does what was asked for, in mid-stream; true if the answer ends with it.</summary>
    private async Task<bool> MisbehaveAsync()
    {
        switch (manner.Fault)
        {
            case Fault.Cut:
                return true;
            case Fault.Reset:
                context.Abort();
                return true;
            case Fault.Error:
                await SendAsync("""{"error":{"message":"The model is overloaded.","type":"server_error","param":null,"code":null}}""");
                await SendAsync("[DONE]");
                return true;
            case Fault.Malformed:
                await SendAsync("""{"id":"chatcmpl-broken","choices":[{"index":0,"delta":{"content":" oops""");
                return false;
            case Fault.Stall:
                await Task.Delay(Timeout.InfiniteTimeSpan, time, context.RequestAborted);
                return true;
            default:
                return false;
        }
    }

    private void Record(string token)
    {
        lock (_text)
            _text.Append(token);
        Interlocked.Increment(ref _tokensSent);
    }

    private string Chunk(JsonObject delta, string? finishReason = null) => Serialize(
        [new JsonObject { ["index"] = 0, ["delta"] = delta, ["logprobs"] = null, ["finish_reason"] = finishReason }], usage: null);

    private string Usage(int tokens) => Serialize(
        [], new JsonObject { ["prompt_tokens"] = 12, ["completion_tokens"] = tokens, ["total_tokens"] = 12 + tokens });

    /// <summary>Emoji, too, go out as they are: no encoder of the framework can be told to leave them alone.</summary>
    private string Serialize(JsonArray choices, JsonObject? usage)
    {
        var chunk = new JsonObject
        {
            ["id"] = _id,
            ["object"] = "chat.completion.chunk",
            ["created"] = time.GetUtcNow().ToUnixTimeSeconds(),
            ["model"] = request.Model,
            ["choices"] = choices,
            ["usage"] = usage,
        };
        return EscapedPair().Replace(
            chunk.ToJsonString(Json),
            pair => new string([(char)Convert.ToInt32(pair.Groups[1].Value, 16), (char)Convert.ToInt32(pair.Groups[2].Value, 16)]));
    }

    [GeneratedRegex(@"\\u(D[89AB][0-9A-F]{2})\\u(D[C-F][0-9A-F]{2})")]
    private static partial Regex EscapedPair();

    /// <summary>Sends one event, and flushes in the middle of its first character that has more than one byte.</summary>
    private async Task SendAsync(string data)
    {
        var bytes = Encoding.UTF8.GetBytes($"data: {data}\n\n");
        var inMidCharacter = bytes.AsSpan().IndexOfAnyInRange((byte)0xC0, (byte)0xFF) + 1;

        // A client that has left is not an error to Kestrel: writing to it succeeds and goes nowhere.
        context.RequestAborted.ThrowIfCancellationRequested();
        if (inMidCharacter > 0)
        {
            await context.Response.Body.WriteAsync(bytes.AsMemory(0, inMidCharacter), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }

        await context.Response.Body.WriteAsync(bytes.AsMemory(inMidCharacter), context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
    }
}

/// <summary>A steady rate on average, in bursts with pauses between them, the same in each run.</summary>
internal sealed class Rhythm(double rate, TimeProvider time)
{
    private readonly Random _random = new(7);
    private readonly long _start = time.GetTimestamp();
    private int _burstEnd;

    /// <summary>Waits until the burst that begins with this token is due: when its last token has been thought of.</summary>
    public async ValueTask WaitForTurnAsync(int token, CancellationToken cancellationToken)
    {
        if (rate == 0 || token < _burstEnd)
            return;

        _burstEnd = token + (token == 0 ? 1 : BurstLength());
        var wait = TimeSpan.FromSeconds((_burstEnd - 1) / rate) - time.GetElapsedTime(_start);
        if (wait > TimeSpan.Zero)
            await Task.Delay(wait, time, cancellationToken);
    }

    /// <summary>What piles up in some milliseconds; in about one burst of eight, in a pause that can be seen.</summary>
    private int BurstLength()
    {
        var milliseconds = _random.Next(8) == 0 ? _random.Next(80, 180) : _random.Next(6, 36);
        return Math.Max(1, (int)(rate * milliseconds / 1000));
    }
}
