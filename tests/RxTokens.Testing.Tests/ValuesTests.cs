using System.Buffers;
using System.Collections.Frozen;
using System.Reactive.Linq;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>What an expectation says of items: values by their content, a comparer, conditions, and how a failure shows them.</summary>
public class ValuesTests
{
    [Test]
    public void AWrongValue_IsShownBesideTheRightOne() => Shows(
        m => m.Expect(m.Cold("abcd|").Buffer(2), name: "pairs").ToBe("-x-y|", [("x", ["a", "b"]), ("y", ["c", "e"])]),
        """
        Marble mismatch in "pairs" at frame 3 (3 ms): OnNext(A) instead of OnNext(y)
          frame     0
          source    abcd|      cold, subscribed ^---!
          expected  -x-y|
          actual    -x-A|
                       ^ expected OnNext(y), got OnNext(A)
          where y = [c, e]
          where A = [c, d]
          to accept the actual result:  -x-A|
          letters that stand for values without one have to be among the values too
        """);

    [Test]
    public void AnotherLettersValue_IsShownToo() => Shows(
        m => m.Expect(m.Cold("abcd|").Buffer(2), name: "pairs").ToBe("-y-y|", [("x", ["a", "b"]), ("y", ["c", "d"])]),
        """
        Marble mismatch in "pairs" at frame 1 (1 ms): OnNext(x) instead of OnNext(y)
          frame     0
          source    abcd|      cold, subscribed ^---!
          expected  -y-y|
          actual    -x-y|
                     ^ expected OnNext(y), got OnNext(x)
          where y = [c, d]
          where x = [a, b]
          to accept the actual result:  -x-y|
        """);

    [Test]
    public void Records_AreShownByWhatIsInThem()
    {
        var message = Failing.Message(m => m.Expect(m.Cold<Person>("a|", [("a", new Person("x", ["p", ""]))])).ToBe("a|", [("a", new Person("x", ["p", "q"]))]));
        Assert.That(message, Does.Contain("  where a = Person { Name = x, Tags = [p, q] }\n  where A = Person { Name = x, Tags = [p, \"\"] }\n"));
    }

    [TestCaseSource(nameof(Alikes))]
    public void ValuesWithTheSameContent_AreAlike(object one, object other)
    {
        Assert.That(AreAlike(one, other), Is.True);
        Assert.That(AreAlike(other, one), Is.True);
    }

    private static IEnumerable<TestCaseData> Alikes() =>
    [
        Case("record", new Person("x", ["a"]), new Person("x", ["a"])),
        Case("derived record", new Employee("x", ["a"], [1]), new Employee("x", ["a"], [1])),
        Case("record struct", new Chunk(new byte[] { 1, 2 }), new Chunk(new byte[] { 1, 2 })),
        Case("struct", new Plain(["a"]), new Plain(["a"])),
        Case("anonymous", new { A = new[] { 1 } }, new { A = new[] { 1 } }),
        Case("tuple", (1, new List<int> { 1, 2 }), (1, new List<int> { 1, 2 })),
        Case("old tuple", Tuple.Create(new[] { "a" }), Tuple.Create(new[] { "a" })),
        Case("long tuple", (1, 2, 3, 4, 5, 6, 7, 8, new[] { 9 }), (1, 2, 3, 4, 5, 6, 7, 8, new[] { 9 })),
        Case("pair", KeyValuePair.Create("a", new[] { 1 }), KeyValuePair.Create("a", new[] { 1 })),
        Case("memory", new ReadOnlyMemory<byte>([1, 2]), new ReadOnlyMemory<byte>([0, 1, 2])[1..]),
        Case("memory of ints", new Memory<int>([1, 2]), new Memory<int>([1, 2])),
        Case("segment", new ArraySegment<byte>([1, 2], 1, 1), new ArraySegment<byte>([2])),
        Case("sequence", new ReadOnlySequence<byte>([1]), new ReadOnlySequence<byte>([1])),
        Case("memory of text", "abc".AsMemory(), "xabc".AsMemory(1)),
        Case("set", new HashSet<string> { "a", "b" }, new HashSet<string> { "b", "a" }),
        Case("sets of other kinds", new SortedSet<int> { 1, 2 }, new[] { 2, 1 }.ToFrozenSet()),
        Case("set of lists", new HashSet<int[]> { new[] { 1 }, new[] { 2 } }, new HashSet<int[]> { new[] { 2 }, new[] { 1 } }),
        Case("list of records", new[] { new Person("x", ["a"]) }, new List<Person> { new("x", ["a"]) }),
        Case("dictionary of sets", new Dictionary<int, HashSet<int>> { [1] = [1, 2] }, new Dictionary<int, HashSet<int>> { [1] = [2, 1] }),
        Case("empty segment", default(ArraySegment<byte>), default(ArraySegment<byte>)),
        Case("a generic record", new Box<int[]>([1]), new Box<int[]>([1])),
    ];

    [TestCaseSource(nameof(Differents))]
    public void ValuesWithOtherContent_AreDifferent(object one, object other)
    {
        Assert.That(AreAlike(one, other), Is.False);
        Assert.That(AreAlike(other, one), Is.False);
    }

    private static IEnumerable<TestCaseData> Differents() =>
    [
        Case("record", new Person("x", ["a"]), new Person("x", ["b"])),
        Case("base", new Person("x", ["a"]), new Employee("x", ["a"], [1])),
        Case("derived", new Employee("x", ["a"], [1]), new Employee("x", ["a"], [2])),
        Case("tuple", (1, new[] { 1 }), (1, new[] { 2 })),
        Case("tuples of two lengths", (1, 2), (1, 2, 3)),
        Case("memory", new ReadOnlyMemory<byte>([1]), new ReadOnlyMemory<byte>([1, 2])),
        Case("set", new HashSet<int> { 1, 2 }, new HashSet<int> { 1, 3 }),
        Case("sets of two sizes", new HashSet<int> { 1, 2 }, new HashSet<int> { 1 }),
        Case("set of lists", new HashSet<int[]> { new[] { 1 }, new[] { 1 } }, new HashSet<int[]> { new[] { 1 }, new[] { 2 } }),
        Case("list and set", new List<int> { 1 }, new HashSet<int> { 1 }),
        Case("objects", new object(), new object()),
        Case("an equality that somebody wrote", new Handmade("x", 1), new Handmade("y", 1)),
        Case("text and characters", "ab", new[] { 'a', 'b' }),
    ];

    [Test]
    public void AnEqualityThatSomebodyWrote_IsBelieved() => Assert.That(AreAlike(new Handmade("x", 1), new Handmade("x", 2)), Is.True);

    [TestCaseSource(nameof(Texts))]
    public void Values_AreShownByWhatIsInThem(object value, string text) => Assert.That(Shown(value), Is.EqualTo(text));

    private static IEnumerable<TestCaseData> Texts() =>
    [
        Case("empty", "", "\"\""),
        Case("blank", " a", "\" a\""),
        Case("empty in a list", new[] { "a", "", "b, c" }, "[a, \"\", \"b, c\"]"),
        Case("controls", "\e[31mred\e[0m\a\r\n", "\"␛[31mred␛[0m␇␍␊\""),
        Case("record", new Person("x", ["a", "b"]), "Person { Name = x, Tags = [a, b] }"),
        Case("derived", new Employee("x", [], [1]), "Employee { Name = x, Tags = [], Shifts = [1] }"),
        Case("anonymous", new { A = 1, B = new[] { 2 } }, "{ A = 1, B = [2] }"),
        Case("tuple", ("a", new List<int> { 1 }), "(a, [1])"),
        Case("memory", new ReadOnlyMemory<byte>([1, 2]), "[1, 2]"),
        Case("memory of text", "hello".AsMemory(), "hello"),
        Case("set", new HashSet<string> { "b", "a" }, "{a, b}"),
        Case("dictionary", new Dictionary<string, int[]> { ["a"] = [1, 2] }, "[a: [1, 2]]"),
        Case("a text that somebody wrote", new Handmade("x", 1), "handmade x"),
        Case("an observable", Observable.Never<int>(), "an observable"),
        Case("struct", new Plain(["a"]), "Plain { Items = [a] }"),
        Case("items that cannot be read", Enumerable.Range(0, 2).Select(n => 1 / n), "RangeSelectIterator`2, which cannot be shown: DivideByZeroException(\"Attempted to divide by zero.\")"),
        Case("a getter that throws", new Broken(1), "Broken { Number = 1, Half = InvalidOperationException }"),
    ];

    [Test]
    public void LongLists_SayInWhichItemTheyDiffer()
    {
        var (expected, actual) = (Enumerable.Range(0, 1000).ToArray(), Enumerable.Range(0, 1000).ToArray());
        actual[700] = 0;
        var message = Failing.Message(m => m.Expect(m.Cold<int[]>("a|", [("a", actual)])).ToBe("x|", [("x", expected)]));
        Assert.That(message, Does.Contain("… (differs in item 700)\n  where A = [0, 1, 2"));
    }

    [Test]
    public void ValuesThatLookAlikeInTheLegend_HaveTheirTypes()
    {
        var message = Failing.Message(m => m.Expect(m.Cold<object>("a|", [("a", 1L)])).ToBe("x|", [("x", 1)]));
        Assert.That(message, Does.Contain("  where x = 1 (Int32, not Int64)\n  where A = 1\n"));
    }

    [Test]
    public void AComparer_SaysWhatIsTheSame()
    {
        MarbleTest.Run(m => m.Expect(m.Cold("aB|")).ToBe("Ab|", comparer: StringComparer.OrdinalIgnoreCase));
        MarbleTest.Run(m => m.Expect(m.Cold("aB|")).ToBe("xy|", [("x", "A"), ("y", "b")], comparer: StringComparer.OrdinalIgnoreCase));
        MarbleTest.Run(m => m.Expect(m.Pull("aB|")).ToBe("Ab|", comparer: StringComparer.OrdinalIgnoreCase));
        Shows(
            m => m.Expect(m.Cold("aB|"), name: "result").ToBe("xz|", [("x", "A"), ("z", "c")], comparer: StringComparer.OrdinalIgnoreCase),
            """
            Marble mismatch in "result" at frame 1 (1 ms): OnNext(A) instead of OnNext(z)
              frame     0
              source    aB|      cold, subscribed ^-!
              expected  xz|
              actual    xA|
                         ^ expected OnNext(z), got OnNext(A)
              where z = c
              where A = B
              to accept the actual result:  xA|
              letters that stand for values without one have to be among the values too:  ("A", "B")
            """);
    }

    [Test]
    public void AnyItem_AndACondition_AreLetters()
    {
        MarbleValues<Person> people = [("a", new Person("Ann", [])), ("b", new Person("Bob", []))];
        MarbleTest.Run(m => m.Expect(m.Cold("-a-b|", people)).ToBe("-x-y|", [("x", Marble.Any), ("y", Marble.Where<Person>(person => person.Name == "Bob"))]));
        MarbleTest.Run(m => m.Expect(m.Cold("-a-b-a|", people)).ToBe("-x-x-a|", [("x", Marble.Any), ("a", new Person("Ann", []))]));
        MarbleTest.Run(m => m.Expect(m.Cold<string?>("ab|", [("a", null), ("b", "b")])).ToBe("xb|", [("x", Marble.Where<string?>(text => text is null)), ("b", "b")]));
        Shows(
            m => m.Expect(m.Cold("-a-b|", people, name: "source"), name: "people").ToBe("-x-y|", [("x", Marble.Any), ("y", Marble.Where<Person>(person => person.Name == "Ann"))]),
            """
            Marble mismatch in "people" at frame 3 (3 ms): OnNext(x) instead of OnNext(y)
              frame     0
              source    -a-b|      cold, subscribed ^---!
              expected  -x-y|
              actual    -x-x|
                           ^ expected OnNext(y), got OnNext(x)
              where y = an item for which person => person.Name == "Ann"
              where x = Person { Name = Bob, Tags = [] }
              to accept the actual result:  -x-x|
            """);
    }

    [Test]
    public void AConditionWithoutAnotherLetter_ShowsTheItem() => Shows(
        m => m.Expect(m.Cold<int>("-5|"), name: "result").ToBe("-x|", [("x", Marble.Where<int>(n => n > 10, "it is above 10"))]),
        """
        Marble mismatch in "result" at frame 1 (1 ms): OnNext(A) instead of OnNext(x)
          frame     0
          source    -5|      cold, subscribed ^-!
          expected  -x|
          actual    -A|
                     ^ expected OnNext(x), got OnNext(A)
          where x = an item for which it is above 10
          where A = 5
          to accept the actual result:  -A|
          letters that stand for values without one have to be among the values too:  ("A", 5)
        """);

    [Test]
    public void AConditionThatThrows_SaysWhat()
    {
        var message = Failing.Message(m => m.Expect(m.Cold("a|")).ToBe("x|", [("x", Marble.Where<string>(text => text.Length > 1 ? true : throw new InvalidDataException("too\nshort"), "it is long"))]));
        Assert.That(message, Does.Contain("  where x = an item for which it is long; the condition failed: InvalidDataException(\"too␊short\")\n  where A = a\n"));
    }

    [Test]
    public void Letters_AreThoseThatAreExpectedThere()
    {
        var message = Failing.Message(m => m.Expect(m.Cold("aba|"), name: "result").ToBe("xay|", [("x", Marble.Any), ("a", "a"), ("y", "a")]));
        Assert.That(message, Does.Contain("  actual    xxy|\n"));
    }

    [Test]
    public void ValuesOfAnExpectation_AreChecked()
    {
        Assert.That(() => MarbleValues.Expected<int>([("", 1)]), Throws.ArgumentException.With.Message.Contains("empty"));
        Assert.That(() => MarbleValues.Expected<int>([("a", 1), ("a", Marble.Any)]), Throws.ArgumentException.With.Message.Contains("'a' twice"));
        Assert.That(() => MarbleValues.Expected<int>([("a}", Marble.Any)]), Throws.ArgumentException.With.Message.Contains("'a}' cannot be a key"));
        Assert.That(() => Marble.Where<int>(null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("predicate"));
        Assert.That(Marble.Any.ToString(), Is.EqualTo("any item"));
        Assert.That(MarbleValues.Expected<int>([("a", 1), ("b", default(ExpectedItem))]).Keys, Is.EqualTo(new[] { "a", "b" }));
    }

    [Test]
    public void ValuesOfASource_AndADictionary_ServeAsWell()
    {
        MarbleTest.Run(m => m.Expect(m.Cold<int>("a|", [("a", 1)])).ToBe("a|", MarbleValues.By("a", _ => 1)));
        MarbleTest.Run(m => m.Expect(m.Cold<int>("a|", [("a", 1)])).ToBe("a|", new Dictionary<string, int> { ["a"] = 1 }));
        MarbleTest.Run(m => m.Expect(m.Cold<object>("a|", [("a", 1)])).ToBe("a|", new Dictionary<string, object> { ["a"] = Marble.Any }));
        MarbleTest.Run(m => m.Expect(m.Cold<int>("1|")).ToBe("1|", (MarbleValues<int>?)null));
    }

    [Test]
    public void ControlCharacters_AreSymbolsEverywhere() => Shows(
        m => m.Expect(m.Cold<string>("a|", [("a", "\e[31mred\e[0m\a")]), name: "result").ToBe("-|"),
        """
        Marble mismatch in "result" at frame 0 (0 ms): OnNext(␛[31mred␛[0m␇) was not expected
          frame     0
          source    a              |      cold, subscribed ^!
          expected  -              |
          actual    {␛[31mred␛[0m␇}|
                    ^ expected nothing, got OnNext(␛[31mred␛[0m␇)
          to accept the actual result:  {\u001b[31mred\u001b[0m\u0007}|
        """);

    [Test]
    public void WhatIsAccepted_PastesBackIntoCSharp()
    {
        MarbleTest.Run(m => m.Expect(m.Cold<string>("a|", [("a", "\e[31mred\e[0m\a")])).ToBe("{\u001b[31mred\u001b[0m\u0007}|"));

        foreach (var (item, written) in new[] { ("say \"hi\"", @"{say \""hi\""}|"), (@"a\b", @"{a\\b}|"), ("\"", @"\""|"), ("a\r\n\tb", @"{a\r\n\tb}|"), ("\u2028", @"{\u2028}|"), ("\ud83d", @"{\ud83d}|") })
        {
            var failure = Failing.Run(m => m.Expect(m.Cold<string>("a|", [("a", item)])).ToBe("#"));
            Assert.That(failure.Message, Does.Contain($"to accept the actual result:  {written}"));
            Assert.That(failure.Message.Split('\n'), Has.All.Matches<string>(line => !line!.Any(char.IsControl)));
            MarbleTest.Run(m => m.Expect(m.Cold<string>("a|", [("a", item)])).ToBe(failure.Mismatches.Single().Actual!));
        }
    }

    [Test]
    public void ValuesToAccept_AreWrittenInCSharp()
    {
        var message = Failing.Message(m => m.Expect(m.Cold<string>("ab|", [("a", "one \"1\""), ("b", "a text that is too long for a row")])).ToBe("#"));
        Assert.That(message, Does.Contain("""to accept the actual result:  {one \"1\"}A|"""));
        Assert.That(message, Does.EndWith("""among the values too:  ("one \"1\"", "one \"1\""), ("A", "a text that is too long for a row")"""));
    }

    [Test]
    public void ErrorsWithLines_AreOnOneLine()
    {
        var error = new ArgumentOutOfRangeException("n", 3, "too\nlarge");
        var message = Failing.Message(m => m.Expect(m.Cold("#", error), name: "result").ToBe("#"));
        Assert.That(message.Split('\n')[0], Does.StartWith("Marble mismatch in \"result\" at frame 0 (0 ms): OnError(ArgumentOutOfRangeException(\"too␊large (Parameter 'n')").And.EndsWith("instead of OnError(MarbleException(\"#\"))"));
        Assert.That(message.Split('\n'), Has.Length.EqualTo(8));
        Assert.That(Failing.Message(m => m.Expect(m.Cold("#"), name: "result").ToBe("#", error: error)).Split('\n'), Has.Length.EqualTo(8));
        Assert.That(Marble.Error<int>(1, error).ToString(), Does.StartWith("1:# ArgumentOutOfRangeException: too␊large"));
        Assert.That(Marble.Next(1, "a\nb").ToString(), Is.EqualTo("1:a␊b"));
    }

    private static TestCaseData Case(string name, params object[] arguments) => new TestCaseData(arguments).SetArgDisplayNames(name);

    private static bool AreAlike(object expected, object actual)
    {
        try
        {
            MarbleTest.Run(m => m.Expect(m.Cold<object>("a|", [("a", actual)])).ToBe("a|", [("a", expected)]));
            return true;
        }
        catch (MarbleAssertionException)
        {
            return false;
        }
    }

    private static string Shown(object value)
    {
        var message = Failing.Message(m => m.Expect(m.Cold<object>("a|", [("a", value)])).ToBe("a|", [("a", Marble.Where<object>(_ => false))]));
        return message.Split('\n').Single(line => line.StartsWith("  where A = ", StringComparison.Ordinal))["  where A = ".Length..];
    }

    private static void Shows(Action<MarbleTest> test, string message) => Assert.That(Failing.Message(test), Is.EqualTo(message));

    private record Person(string Name, IReadOnlyList<string> Tags);

    private sealed record Employee(string Name, IReadOnlyList<string> Tags, int[] Shifts) : Person(Name, Tags);

    private readonly record struct Chunk(ReadOnlyMemory<byte> Bytes);

    private sealed record Box<T>(T Value);

    private sealed record Broken(int Number)
    {
        public int Half => throw new InvalidOperationException();
    }

    private readonly struct Plain(string[] items)
    {
        public string[] Items { get; } = items;
    }

    private sealed record Handmade(string Name, int Number)
    {
        public bool Equals(Handmade? other) => other?.Name == Name;

        public override int GetHashCode() => Name.Length;

        public override string ToString() => $"handmade {Name}";
    }
}
