using Spectre.Console.Rendering;
using Terminal;

namespace RxTokens.Terminal.Tests;

/// <summary>What becomes of the Markdown of an answer, line by line.</summary>
public sealed class MarkdownTests
{
    [Test]
    public void Lists_within_lists_are_further_in() => Expect(
        """
        - a
          - deeper
            - deeper still
          - back
        - b
            * by four
        1. one
           - three in
        10) ten

        done
        """,
        """
         • a
           ◦ deeper
             ▪ deeper still
           ◦ back
         • b
           ◦ by four
        1. one
           ◦ three in
        10) ten

        done
        """);

    [Test]
    public void What_belongs_to_an_item_stays_beneath_it() => Expect(
        """
        1. Install:

           ```sh
           npm i
             --save
           ```
           and then
           - check

        2. Done
        plain
        """,
        """
        1. Install:

            │ npm i
            │   --save
           and then
           ◦ check

        2. Done
        plain
        """);

    [TestCase("```\n- no list\n```\nafter", "  │ - no list\nafter")]
    [TestCase("~~~python\n```\nx\n~~~\nafter", "  │ ```\n  │ x\nafter")]
    [TestCase("````\n```\n````\nafter", "  │ ```\nafter")]
    [TestCase("  ```js\n  indented\n    more\n  ```\nafter", "  │ indented\n  │   more\nafter")]
    [TestCase("    ```\nfour columns in is no fence", "    ```\nfour columns in is no fence")]
    [TestCase("```inline``` is no fence, `` a`b `` neither", "inline is no fence, a`b neither")]
    [TestCase("```\nfunc f() {\n\tx()\n}", "  │ func f() {\n  │     x()\n  │ }")]
    public void A_fence_begins_and_ends_code(string text, string shown) => Expect(text, shown);

    [Test]
    public void The_lines_that_are_seen_are_the_same_as_among_all()
    {
        var text = string.Concat(Enumerable.Repeat("- a\n  - b\n    ```\n    c\n    ```\n\n", 40)) + "- end";
        var all = Shown(text, int.MaxValue);

        for (var count = 1; count < 30; count++)
            Assert.That(Shown(text, count), Is.EqualTo(all[^count..]));
    }

    [Test]
    public void A_list_that_is_too_deep_still_has_room()
    {
        var deep = string.Join('\n', Enumerable.Range(0, 60).Select(i => $"{new string(' ', 2 * i)}- item"));

        Assert.That(Shown(deep, int.MaxValue).Where(line => !line.Contains("item") && !line.Contains("it")), Is.Empty);
    }

    private static void Expect(string text, string shown) =>
        Assert.That(string.Join('\n', Shown(text, int.MaxValue)), Is.EqualTo(shown.ReplaceLineEndings("\n")));

    private static string[] Shown(string text, int count)
    {
        var (console, _) = Canvas.Create(60, 24, hasColors: false);
        var options = RenderOptions.Create(console, console.Profile.Capabilities);
        return [.. Markdown.LastLines(text.ReplaceLineEndings("\n"), options, 60, count).Select(line => string.Concat(line.Select(segment => segment.Text)).TrimEnd())];
    }
}
