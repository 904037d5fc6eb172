using System.ClientModel;
using System.ClientModel.Primitives;
using System.Net.Http;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using RxTokens;

namespace Terminal;

/// <summary>The server sent something that is no stream.</summary>
/// <param name="kind">What it says that it is.</param>
/// <param name="says">What is in it for a person to read.</param>
internal sealed class NoStreamException(string kind, string? says) : IOException($"The server answered with {kind}.")
{
    public string Kind { get; } = kind;

    public string? Says { get; } = says;
}

/// <summary>The client cannot make sense of an event.</summary>
internal sealed class MalformedEventException(Exception cause) : IOException("The server sent a malformed event.", cause);

/// <summary>One clear line for everything that can go wrong.</summary>
internal static partial class Failures
{
    private const int LongestLine = 300;

    public static string Describe(Exception failure, Peer peer, FiguresNow figures, TimeSpan timeLimit) =>
        Secrets.Hide(Describe(failure, peer, figures.Read, After(figures), timeLimit), peer.Address, peer.Proxy);

    public static string Counted(int tokens) => tokens == 1 ? "1 token" : $"{tokens:N0} tokens";

    /// <summary>One line that is not too long, without anything that a terminal would obey.</summary>
    public static string OneLine(string text, int longest = LongestLine)
    {
        var line = Whitespace().Replace(text, " ").Trim().Printable(ControlCharacters.Show);
        if (line.Length <= longest)
            return line;
        return line[..(char.IsHighSurrogate(line[longest - 2]) ? longest - 2 : longest - 1)] + "…";
    }

    private static string After(FiguresNow figures) => figures switch
    {
        { Read: > 0 } => $"after {Counted(figures.Read)}",
        { Thoughts: > 0 } => "while the model was thinking",
        _ => "before the first token",
    };

    private static string Describe(Exception failure, Peer peer, int tokens, string after, TimeSpan timeLimit)
    {
        foreach (var cause in Causes(failure))
        {
            switch (cause)
            {
                case RecordingFileException:
                    return $"the recording cannot be written {after}: {OneLine(cause.Message)}";
                case CutOffException:
                    return $"the answer was cut off {after}: the stream ended without a finish reason";
                case TimeoutException:
                    return $"the server went silent {after}: nothing came for {timeLimit.TotalSeconds:0.###} s (--timeout)";
                case ServerFailureException:
                    return $"the server failed {after}{Quoted(cause.Message)}";
                case NoStreamException none:
                    return $"no stream: the server answered{peer.Via} with {OneLine(none.Kind)}{Quoted(none.Says)}";
                case JsonException or FormatException:
                    return $"the server sent a malformed event {after}: it is not valid JSON";
                case MalformedEventException:
                    return $"the server sent a malformed event {after}: {OneLine(cause.InnerException!.Message)}";
                case ClientResultException { Status: > 0 } refused:
                    return DescribeRefusal(refused, peer);
                case HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError }:
                    return peer.Proxy is null ? $"there is no server named {peer.Address.Host}" : $"there is no server named {peer.Proxy.Host}, which is to be the proxy";
                case HttpRequestException { HttpRequestError: HttpRequestError.ProxyTunnelError }:
                    return $"no connection to {peer.Name}{peer.Via}: {OneLine(cause.Message)}";
                case SocketException { SocketErrorCode: SocketError.ConnectionRefused }:
                    return peer.Proxy is null
                        ? $"nobody is listening at {peer.Name}: the connection was refused"
                        : $"nobody is listening at the proxy {peer.Proxy.Authority}, which the environment names for {peer.Name}: the connection was refused; no_proxy={peer.Address.Host} goes without it";
                case HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError }:
                    return $"no secure connection to {peer.Name}{peer.Via}: {OneLine(cause.GetBaseException().Message)}";
                case HttpRequestException or IOException when tokens == 0:
                    return $"no connection to {peer.Name}{peer.Via}: {OneLine(cause.Message)}";
                case IOException:
                    return $"the connection{peer.Via} broke {after}: {OneLine(cause.Message)}";
            }
        }

        return $"{failure.GetType().Name} {after}: {OneLine(failure.Message)}";
    }

    /// <summary>The innermost cause first: it knows best.</summary>
    private static IEnumerable<Exception> Causes(Exception failure)
    {
        var chain = new Stack<Exception>();
        for (var cause = failure; cause is not null; cause = cause.InnerException)
            chain.Push(cause);
        return chain;
    }

    private static string DescribeRefusal(ClientResultException refused, Peer peer)
    {
        var response = refused.GetRawResponse();
        var says = Quoted(response is null ? null : ServerMessage.In(response.Content.ToMemory(), MediaTypeOf(response)));
        return refused.Status switch
        {
            < 300 => $"no stream: the server answered{peer.Via} with the status {refused.Status}{says}",
            401 or 403 => $"the key was refused ({refused.Status}){says}; set OPENAI_API_KEY",
            404 => $"the server knows no such model or path ({refused.Status}, {peer.Shown}){says}",
            407 => $"the proxy {peer.Proxy?.Authority} wants a login (407){says}",
            429 when RetryAfter(response) is { } wait => $"too many requests (429){says}; the server asks to wait {wait}",
            429 => $"too many requests (429){says}; the server does not say how long to wait",
            502 or 503 or 504 when peer.Proxy is not null => $"the server or the proxy {peer.Proxy.Authority} failed ({refused.Status}){says}",
            >= 500 => $"the server failed ({refused.Status}){says}",
            var status => $"the server refused the request ({status}){says}",
        };
    }

    private static string Quoted(string? message) => string.IsNullOrWhiteSpace(message) ? "" : $": \"{OneLine(message).TrimEnd('.')}\"";

    private static string? MediaTypeOf(PipelineResponse response) =>
        response.Headers.TryGetValue("Content-Type", out var value) ? value?.Split(';')[0].Trim() : null;

    private static string? RetryAfter(PipelineResponse? response)
    {
        if (response is null || !response.Headers.TryGetValue("Retry-After", out var value) || string.IsNullOrWhiteSpace(value))
            return null;
        return double.TryParse(value, out _) ? $"{OneLine(value)} s" : $"until {OneLine(value)}";
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Whitespace();
}
