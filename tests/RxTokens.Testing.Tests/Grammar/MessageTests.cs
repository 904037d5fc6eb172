using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>What a reader sees: the sentence, the diagram, carets under what is wrong, and a hint.</summary>
public class MessageTests
{
    [Test]
    public void ADuration_IsUnderlinedAsAWhole() => Check("a 10ms|", MarbleRow.Expected, """
        MG014 at column 3 of 'expected': '10ms' looks like a time progression but is not delimited by spaces
          a 10ms|
            ^^^^
        hint: write "a 10ms |"
        """);

    [Test]
    public void AnAstralCharacter_IsOneColumn() => Check("🙈-🙉|-b", MarbleRow.Cold, """
        MG007 at column 6 of 'cold': 'b' after the terminal at column 4
          🙈-🙉|-b
               ^
        hint: nothing follows | or #; a Noncompliant source may go on
        """);

    [Test]
    public void AnEmptyGroup_IsUnderlinedAsAWhole() => Check("-(  )", MarbleRow.Hot, """
        MG006 at column 2 of 'hot': empty group
          -(  )
           ^^^^
        hint: remove it, or write dashes where time should pass
        """);

    [Test]
    public void TabsAndLineBreaks_AreSpaces() => Check("a\t-\r\nb!", MarbleRow.Cold, """
        MG001 at column 7 of 'cold': '!' not allowed in a values diagram
          a -  b!
                ^
        hint: a values diagram has items, | # and groups; write the item as "{!}"
        """);

    [Test]
    public void ARow_HasTheNameThatItIsGiven() => Check("-{order2}-|", MarbleRow.Expected, """
        MG020 at column 2 of 'orders': no value for the key '{order2}' (known keys: order1)
          -{order2}-|
           ^^^^^^^^
        hint: add it to the values, or correct the key
        """, new() { Name = "orders", Keys = ["order1"] });

    [Test]
    public void AnEmptyDiagram_HasACaretToo() => Check("", MarbleRow.Time, $"""
        MG021 at column 1 of 'time': a time diagram needs exactly one '|'
          {""}
          ^
        hint: write '|' where the time ends
        """);

    [Test]
    public void ACombiningCharacter_IsNamed() => Check("-❤️|", MarbleRow.Cold, """
        MG018 at column 3 of 'cold': combining/control/joiner character cannot be a marble of its own
          -❤️|
            ^
        hint: U+FE0F joins the character before it; write "{❤️}"
        """);

    [Test]
    public void ARequest_IsUnderlinedWithItsBraces() => Check("^--{-25}", MarbleRow.Demand, """
        MG022 at column 4 of 'demand': request count must be positive (got -25); use Noncompliant demand to test it
          ^--{-25}
             ^^^^^
        hint: write 1 to 9, {25}, or * for all
        """);

    [Test]
    public void ALongDiagram_IsShownAroundTheError() => Check($"{new string('-', 200)}a!b{new string('-', 200)}", MarbleRow.Cold, $"""
        MG001 at column 202 of 'cold': '!' not allowed in a values diagram
          …{new string('-', 39)}a!b{new string('-', 58)}…
          {new string(' ', 41)}^
        hint: a values diagram has items, | # and groups; write the item as "{'{'}!{'}'}"
        """);

    [Test]
    public void TheEndOfALongDiagram_IsShownToItsEnd() => Check($"{new string('-', 150)}a 10ms|", MarbleRow.Cold, $"""
        MG014 at column 153 of 'cold': '10ms' looks like a time progression but is not delimited by spaces
          …{new string('-', 93)}a 10ms|
          {new string(' ', 96)}^^^^
        hint: write " 10ms "
        """);

    [Test]
    public void TheBeginningOfALongDiagram_IsShownFromItsBeginning()
    {
        var name = new string('x', 150);
        var lines = Diagrams.Refuse($"|{{{name}}}", MarbleRow.Cold).Message.Split('\n');

        Assert.That(lines[1], Is.EqualTo($"  |{{{name[..98]}…"));
        Assert.That(lines[2], Is.EqualTo($"   {new string('^', 99)}"), "no carets beyond what is shown");
    }

    [Test]
    public void AHundredColumns_AreShownAsTheyAre()
    {
        var diagram = new string('-', 99) + "!";

        Assert.That(Diagrams.Refuse(diagram, MarbleRow.Cold).Message.Split('\n')[1], Is.EqualTo("  " + diagram));
    }

    [Test]
    public void Properties_TellTheSameAsTheMessage()
    {
        var error = Diagrams.Refuse("🙈 1.5ms b!", MarbleRow.Cold, new() { Name = "mine", FrameSize = TimeSpan.FromMilliseconds(2) });

        Assert.That((error.Code, error.Index, error.Column, error.Row), Is.EqualTo(("MG001", 10, 10, "mine")));
        Assert.That((error.Time, error.Frame), Is.EqualTo((TimeSpan.FromMilliseconds(5.5), 2L)));
    }

    [Test]
    public void TheFrameOfAnError_IsCountedFromTheBeginning_InHotRowsToo() =>
        Assert.That(Diagrams.Refuse("--^--!", MarbleRow.Hot).Frame, Is.EqualTo(5));

    private static void Check(string diagram, MarbleRow row, string message, MarbleSyntax? syntax = null) =>
        Assert.That(Diagrams.Refuse(diagram, row, syntax).Message, Is.EqualTo(message.ReplaceLineEndings("\n")));
}
