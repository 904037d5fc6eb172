using System.Text.Json;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>Overloads and functions that vectors may use, a small vector each; those of the corpus are run by <see cref="ReferenceVectorTests"/>.</summary>
[Category("Vectors")]
public class InterpreterTests
{
    private const string Ab = """ "source": "e1", "sources": { "e1": { "kind": "hot", "marbles": "-a-b|" } } """;

    [Test]
    public void Delay_WithASubscriptionDelay() => Run("""
        "operator": "delayWhen", "params": [{ "$fn": "timer", "due": 1 }, { "$source": "e2" }],
        "source": "e1", "sources": { "e1": { "kind": "cold", "marbles": "a-b|" }, "e2": { "kind": "cold", "marbles": "--x|" } },
        "expected": "---a-(b|)", "expectedSubs": { "e1": ["--^--!"], "e2": ["^-!"] }
        """, "Delay(subscriptionDelay, selector)");

    [Test]
    public void Buffer_ByTimeAndCount() => Run("""
        "operator": "bufferTime", "params": [5, null, 2],
        "source": "e1", "sources": { "e1": { "kind": "hot", "marbles": "-abc---|" } },
        "expected": "--x----(y|)", "expectedValues": { "x": ["a", "b"], "y": ["c"] }, "expectedSubs": { "e1": ["^------!"] }
        """, "Buffer(TimeSpan, int)");

    [TestCase("Timeout(DateTimeOffset)", """{ "first": { "$date": 3 } }""")]
    [TestCase("Timeout(DateTimeOffset)", """{ "$date": 3 }""")]
    public void Timeout_AtADate(string api, string date) => Run($$"""
        "operator": "timeout", "params": [{{date}}],
        "source": "e1", "sources": { "e1": { "kind": "hot", "marbles": "-a-----b|" } },
        "expected": "-a-#", "expectedError": { "$errorType": "TimeoutError" }, "expectedSubs": { "e1": ["^--!"] }
        """, api);

    [TestCase("Timeout(DateTimeOffset)")]
    [TestCase("Timeout(DateTimeOffset, other)")]
    [TestCase("Timeout(DateTimeOffset) [first-value semantics differ]")]
    public void Timeout_AtADate_WithAnother(string api) => Run("""
        "operator": "timeout", "params": [{ "first": { "$date": 3 }, "with": { "$fn": "source", "source": "e2" } }],
        "source": "e1", "sources": { "e1": { "kind": "hot", "marbles": "-a-----b|" }, "e2": { "kind": "cold", "marbles": "x-y|" } },
        "expected": "-a-x-y|", "expectedSubs": { "e1": ["^--!"], "e2": ["---^--!"] }
        """, api);

    [TestCase("Window(TimeSpan)")]
    [TestCase("Window(TimeSpan[, int])")]
    public void Window_ByTime(string api) => Run("""
        "operator": "windowTime", "params": [3],
        "source": "e1", "sources": { "e1": { "kind": "hot", "marbles": "-a--b|" } },
        "expected": "x--y-|", "expectedValues": { "x": { "$source": "x" }, "y": { "$source": "y" } },
        "expectedInner": { "x": { "kind": "cold", "marbles": "-a-|" }, "y": { "kind": "cold", "marbles": "-b|" } }, "expectedSubs": {}
        """, api);

    [TestCase("Window(TimeSpan, int)")]
    [TestCase("Window(TimeSpan[, int])")]
    public void Window_ByTimeAndCount(string api) => Run("""
        "operator": "windowTime", "params": [9, null, 2],
        "source": "e1", "sources": { "e1": { "kind": "hot", "marbles": "-ab-c|" } },
        "expected": "x-y--|", "expectedValues": { "x": { "$source": "x" }, "y": { "$source": "y" } },
        "expectedInner": { "x": { "kind": "cold", "marbles": "-a(b|)" }, "y": { "kind": "cold", "marbles": "--c|" } }, "expectedSubs": {}
        """, api);

    [Test]
    public void WithLatestFrom() => Run("""
        "operator": "withLatestFrom", "params": [{ "$source": "e2" }, { "$fn": "joinSpace" }],
        "source": "e1", "sources": { "e1": { "kind": "hot", "marbles": "-a--b|" }, "e2": { "kind": "hot", "marbles": "--x----|" } },
        "expected": "----z|", "expectedValues": { "z": "b x" }, "expectedSubs": { "e1": ["^----!"], "e2": ["^----!"] }
        """, "WithLatestFrom");

    [TestCase("map", "Select", """{ "$fn": "joinSpace" }""", """ "a": ["x", "y"], "b": ["z"] """, """ "a": "x y", "b": "z" """)]
    [TestCase("map", "Select", """{ "$fn": "mod2" }""", """ "a": 3, "b": 4 """, """ "a": 1, "b": 0 """)]
    [TestCase("map", "Select", """{ "$fn": "prefix", "value": "p" }""", """ "a": "x", "b": "y" """, """ "a": "px", "b": "py" """)]
    [TestCase("scan", "Scan(f)", """{ "$fn": "second" }""", """ "a": "x", "b": "y" """, """ "a": "x", "b": "y" """)]
    public void AFunction(string op, string api, string function, string values, string expected) => Run($$"""
        "operator": "{{op}}", "params": [{{function}}],
        "source": "e1", "sources": { "e1": { "kind": "hot", "marbles": "-a-b|", "values": { {{values}} } } },
        "expected": "-a-b|", "expectedValues": { {{expected}} }, "expectedSubs": {}
        """, api);

    [Test]
    public void Equal2_IsAComparer() => Run("""
        "operator": "distinctUntilChanged", "params": [{ "$fn": "equal2" }],
        "source": "e1", "sources": { "e1": { "kind": "hot", "marbles": "-aab|" } },
        "expected": "-a-b|", "expectedSubs": {}
        """, "DistinctUntilChanged(comparer)");

    [Test]
    public void ThrowIfSecond() => Run($$"""
        "operator": "scan", "params": [{ "$fn": "throwIfSecond", "value": "b", "error": "bad", "else": { "$fn": "add" } }], {{Ab}},
        "expected": "-a-#", "expectedError": "bad", "expectedSubs": {}
        """, "Scan(f)");

    [Test]
    public void ThrowIfSecond_GoesOnOtherwise() => Run($$"""
        "operator": "scan", "params": [{ "$fn": "throwIfSecond", "value": "a", "error": "bad", "else": { "$fn": "add" } }], {{Ab}},
        "expected": "-a-b|", "expectedValues": { "a": "a", "b": "ab" }, "expectedSubs": {}
        """, "Scan(f)");

    [Test]
    public void AnArgumentOutOfRangeError() => Run($$"""
        "operator": "elementAt", "params": [5], {{Ab}},
        "expected": "----#", "expectedError": { "$errorType": "ArgumentOutOfRangeError" }, "expectedSubs": {}
        """, "ElementAt");

    [TestCase(""", "error": "bad" """, "bad")]
    [TestCase("", "error")]
    public void AnObservable_ThatThrows(string error, string message) => Run($$"""
        "operator": "concatWith", "params": [{ "$obs": "throw" {{error}} }], {{Ab}},
        "expected": "-a-b#", "expectedError": "{{message}}", "expectedSubs": {}
        """, "Concat");

    [Test]
    public void Delay_AsASecondStep_IsATime() => Run($$"""
        "operator": "map", "params": [], "pipeline": [{ "op": "map", "args": [{ "$fn": "identity" }] }, { "op": "delay", "args": [2] }], {{Ab}},
        "expected": "---a-b|", "expectedSubs": { "e1": ["^---!"] }
        """, "Select");

    [Test]
    public void Delay_AsASecondStep_IsADate_IfItSaysSo() => Run($$"""
        "operator": "map", "params": [], "pipeline": [{ "op": "map", "args": [{ "$fn": "identity" }] }, { "op": "delay", "args": [{ "$date": 2 }] }], {{Ab}},
        "expected": "---a-b|", "expectedSubs": {}
        """, "Select");

    private static void Run(string vector, string api)
    {
        var read = JsonSerializer.Deserialize<Vector>(
            $$"""{ "id": "test", {{vector}}, "rxnet": { "status": "same", "api": "{{api}}" } }""", JsonSerializerOptions.Web)!;
        MarbleTest.Run(m => new Interpreter(m, read).Expect());
        Assert.That(
            () => MarbleTest.Run(m => new Interpreter(m, read with { Expected = "#", ExpectedError = default }).Expect()),
            Throws.TypeOf<MarbleAssertionException>(), "it can fail");
    }
}
