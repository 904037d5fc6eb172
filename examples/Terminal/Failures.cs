using System.ClientModel;
using System.Net.Http;
using System.Net.Sockets;
using System.Text.Json;

namespace Terminal;

/// <summary>The stream ended without saying that the answer is complete.</summary>
internal sealed class CutOffException() : IOException("The stream ended without a finish reason.");

/// <summary>The server left a request unanswered for longer than the limit.</summary>
internal sealed class SilentServerException(TimeSpan limit) : IOException("The server has gone silent.")
{
    public TimeSpan Limit { get; } = limit;
}

/// <summary>One clear line for everything that can go wrong.</summary>
internal static class Failures
{
    public static string Describe(Exception failure, Uri address, int tokens)
    {
        var after = tokens == 0 ? "before the first token" : $"after {Counted(tokens)}";
        foreach (var cause in Causes(failure))
        {
            switch (cause)
            {
                case RecordingFileException:
                    return $"the recording cannot be written {after}: {OneLine(cause.Message)}";
                case CutOffException:
                    return $"the answer was cut off {after}: the stream ended without a finish reason";
                case SilentServerException silent:
                    return $"the server went silent {after}: nothing came for {silent.Limit.TotalSeconds:0.#} s (--timeout)";
                case JsonException or FormatException:
                    return $"the server sent a malformed event {after}: it is not valid JSON";
                case ClientResultException { Status: > 0 } refused:
                    return DescribeRefusal(refused, address);
                case HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError }:
                    return $"there is no server named {address.Host}";
                case SocketException { SocketErrorCode: SocketError.ConnectionRefused }:
                    return $"nobody is listening at {address.Authority}: the connection was refused";
                case HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError }:
                    return $"no secure connection to {address.Authority}: {OneLine(cause.GetBaseException().Message)}";
                case HttpRequestException or IOException when tokens == 0:
                    return $"no connection to {address.Authority}: {OneLine(cause.Message)}";
                case IOException:
                    return $"the connection broke {after}: {OneLine(cause.Message)}";
            }
        }

        return $"{failure.GetType().Name} {after}: {OneLine(failure.Message)}";
    }

    public static string Counted(int tokens) => tokens == 1 ? "1 token" : $"{tokens:N0} tokens";

    /// <summary>The innermost cause first: it knows best.</summary>
    private static IEnumerable<Exception> Causes(Exception failure)
    {
        var chain = new Stack<Exception>();
        for (var cause = failure; cause is not null; cause = cause.InnerException)
            chain.Push(cause);
        return chain;
    }

    private static string DescribeRefusal(ClientResultException refused, Uri address)
    {
        var response = refused.GetRawResponse();
        var says = MessageIn(response?.Content) is { Length: > 0 } message ? $": \"{message.TrimEnd('.')}\"" : "";
        return refused.Status switch
        {
            401 or 403 => $"the key was refused ({refused.Status}){says}; set OPENAI_API_KEY",
            404 => $"the server knows no such model or path ({refused.Status}, {address}){says}",
            429 when RetryAfter(response) is { } wait => $"too many requests (429){says}; the server asks to wait {wait}",
            429 => $"too many requests (429){says}; the server does not say how long to wait",
            >= 500 => $"the server failed ({refused.Status}){says}",
            var status => $"the server refused the request ({status}){says}",
        };
    }

    private static string? RetryAfter(System.ClientModel.Primitives.PipelineResponse? response)
    {
        if (response is null || !response.Headers.TryGetValue("Retry-After", out var value) || string.IsNullOrWhiteSpace(value))
            return null;
        return double.TryParse(value, out _) ? $"{value} s" : $"until {value}";
    }

    private static string? MessageIn(BinaryData? body)
    {
        try
        {
            using var json = JsonDocument.Parse(body?.ToMemory() ?? default);
            return OneLine(json.RootElement.GetProperty("error").GetProperty("message").GetString() ?? "");
        }
        catch (Exception unreadable) when (unreadable is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }

    public static string OneLine(string text) => string.Join(' ', text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
