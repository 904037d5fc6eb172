using System.Globalization;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>Diagrams as tests write them down.</summary>
internal static class Diagrams
{
    /// <summary>What a diagram says, in a line.</summary>
    public static string Render(MarbleDiagram diagram) => diagram.Row switch
    {
        MarbleRow.Subscription or MarbleRow.ExpectedSubscription =>
            $"subscribe {At(diagram, MarbleKind.Subscribe) ?? "None"} unsubscribe {At(diagram, MarbleKind.Unsubscribe) ?? "None"}",
        MarbleRow.Time => Frames(diagram.Symbols.Single().Time),
        MarbleRow.Demand => string.Join(' ', Requests(diagram).Append(Boundary(diagram, "subscribe", MarbleKind.Subscribe)).Append(Boundary(diagram, "cancel", MarbleKind.Unsubscribe)).OfType<string>()),
        MarbleRow.Pulls => string.Join(' ', diagram.Symbols.Select(s => $"{Frames(s.Time)}:{s.Text}")),
        _ => string.Join(' ', diagram.Symbols.Select(s => $"{Frames(s.Time)}:{s.Text}")),
    };

    /// <summary>What a diagram says, in a line.</summary>
    public static string Read(string diagram, MarbleRow row, MarbleSyntax? syntax = null) => Render(MarbleDiagram.Parse(diagram, row, syntax));

    /// <summary>A time in milliseconds, without trailing zeros.</summary>
    public static string Frames(TimeSpan time) => ((decimal)time.Ticks / TimeSpan.TicksPerMillisecond).ToString("0.####", CultureInfo.InvariantCulture);

    /// <summary>The error that a diagram gives.</summary>
    public static MarbleSyntaxException Refuse(string diagram, MarbleRow row, MarbleSyntax? syntax = null)
    {
        var error = Assert.Throws<MarbleSyntaxException>(() => MarbleDiagram.Parse(diagram, row, syntax));
        Assert.That(error.Hint, Is.Not.Null.And.Not.Empty, "hint");
        Assert.That(error.Message, Does.EndWith($"\nhint: {error.Hint}"));
        Assert.That(error.Diagram, Is.EqualTo(diagram));
        return error;
    }

    public static string FirstLine(Exception error) => error.Message.Split('\n')[0];

    public static string Visible(string diagram) => diagram.Replace("\t", "⇥").Replace("\r", "␍").Replace("\n", "␊");

    private static IEnumerable<string?> Requests(MarbleDiagram diagram) =>
        from symbol in diagram.Symbols
        where symbol.Kind == MarbleKind.Request
        select $"{Frames(symbol.Time)}:{(symbol.Count == long.MaxValue ? "max" : symbol.Count)}";

    private static string? Boundary(MarbleDiagram diagram, string name, MarbleKind kind) =>
        At(diagram, kind) is { } frame ? $"{name} {frame}" : null;

    private static string? At(MarbleDiagram diagram, MarbleKind kind) =>
        diagram.Symbols.Where(s => s.Kind == kind).Select(s => Frames(s.Time)).SingleOrDefault();
}
