using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace RxTokens.Tests.Pages;

/// <summary>The text of an XML documentation as Markdown.</summary>
internal static partial class DocumentationText
{
    /// <summary>A member's remarks: its paragraphs and lists, without its code.</summary>
    public static IEnumerable<string> Paragraphs(XElement? remarks)
    {
        foreach (var element in remarks?.Elements() ?? [])
        {
            if (element.Name.LocalName == "para")
                yield return Inline(element);
            else if (element.Name.LocalName == "list")
                yield return string.Join('\n', element.Elements("item").Select(item => $"- {Inline(item)}"));
        }
    }

    /// <summary>On one line.</summary>
    public static string Inline(XElement? element) => element is null ? "" : Spaces().Replace(string.Concat(element.Nodes().Select(Of)), " ").Trim();

    /// <summary>A code block as it stands, without the indentation that all its lines have.</summary>
    public static string Code(XElement code)
    {
        var lines = code.Value.Replace("\r\n", "\n", StringComparison.Ordinal).Trim('\n').TrimEnd().Split('\n');
        var indentation = lines.Where(line => line.Trim().Length > 0).Min(line => line.Length - line.TrimStart().Length);
        return string.Join('\n', lines.Select(line => line.Length > indentation ? line[indentation..].TrimEnd() : ""));
    }

    private static string Of(XNode node) => node switch
    {
        XText text => Escape(text.Value),
        XElement { Name.LocalName: "b" } e => $"**{Inline(e)}**",
        XElement { Name.LocalName: "em" or "i" } e => $"*{Inline(e)}*",
        XElement { Name.LocalName: "c" } e => $"`{e.Value}`",
        XElement { Name.LocalName: "paramref" or "typeparamref" } e => $"`{e.Attribute("name")!.Value}`",
        XElement { Name.LocalName: "see" } e when e.Attribute("href") is { } link => $"[{(e.IsEmpty ? link.Value : Inline(e))}]({link.Value})",
        XElement { Name.LocalName: "see" } e when e.Attribute("langword") is { } word => $"`{word.Value}`",
        XElement { Name.LocalName: "see" } e => See(e.Attribute("cref")!.Value),
        XElement e => Inline(e),
        _ => "",
    };

    /// <summary>An operator that has a page is a link to it.</summary>
    private static string See(string cref)
    {
        var member = Parameters().Replace(cref[2..], "");
        var isOperator = member.StartsWith("RxTokens.TokenStream.", StringComparison.Ordinal);
        var parts = Arity().Replace(member, "").Split('.');
        var isMember = cref[0] is 'M' or 'P' or 'F' or 'E';
        var name = isOperator || !isMember ? parts[^1] : $"{parts[^2]}.{parts[^1]}";
        return isOperator && Operators.All.Any(o => o.Name == name) ? $"[`{name}`]({name}.md)" : $"`{name}`";
    }

    private static string Escape(string text) => text.Replace("<", "&lt;", StringComparison.Ordinal).Replace("|", "\\|", StringComparison.Ordinal).Replace("*", "\\*", StringComparison.Ordinal);

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex(@"\(.*\)$")]
    private static partial Regex Parameters();

    [GeneratedRegex(@"`+\d")]
    private static partial Regex Arity();
}
