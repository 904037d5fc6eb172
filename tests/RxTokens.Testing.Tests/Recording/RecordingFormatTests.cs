using System.Globalization;
using System.Reactive;
using System.Text.Json;
using System.Text.Json.Serialization;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>The file: what is written is what is read, and what is not a recording is refused with the line and the reason.</summary>
public partial class RecordingFormatTests
{
    private const string Header = """{"recording":"rxtokens","version":1}""";

    private sealed record Token(int Id, string? Text);

    [JsonSerializable(typeof(Token))]
    [JsonSerializable(typeof(byte[]))]
    [JsonSerializable(typeof(int?))]
    [JsonSourceGenerationOptions(WriteIndented = true)]
    private sealed partial class Json : JsonSerializerContext;

    [Test]
    public void AFile_IsLinesForPeopleToRead()
    {
        var recording = new StreamRecording<string>(
            [At(12.3456, "Hello"), At(12.3456, " \"wörld\"\n"), At(1000, "世界"), Failed(2000.5, new TimeoutException("too late"))], "greeting");

        Assert.That(Text(recording), Is.EqualTo(
            """
            {"recording":"rxtokens","version":1,"name":"greeting"}
            {"ms":12.3456,"item":"Hello"}
            {"ms":12.3456,"item":" \"wörld\"\n"}
            {"ms":1000,"item":"世界"}
            {"ms":2000.5,"end":"failed","type":"System.TimeoutException","message":"too late"}

            """.ReplaceLineEndings("\n")));
    }

    [TestCase("")]
    [TestCase("a\nb\r\nc\rd\te\0f\u2028g\u0085h")]
    [TestCase("🌊👩‍👩‍👧‍👦é\u0301")]
    [TestCase("\uFEFF\uFFFD\uFFFF")]
    [TestCase("\uD83D")]
    [TestCase("\uDE00 is the other half")]
    [TestCase("both, the wrong way round: \uDE00\uD83D")]
    public void AnyText_IsReadAsItWasWritten(string text)
    {
        var read = Read(Text(new StreamRecording<string>([At(1, text), Failed(2, new IOException(text))], text)));

        Assert.That(read.Name, Is.EqualTo(text));
        Assert.That(read.Items, Is.EqualTo(new[] { text }));
        Assert.That(((RecordedException)read.Marbles[1].Notification.Exception!).Message, Is.EqualTo(text));
    }

    [Test]
    public void HalfAnEmoji_IsTheListOfItsCodeUnits() =>
        Assert.That(Text(new StreamRecording<string>([At(9, "a\uD83D")])), Does.EndWith("\n{\"ms\":9,\"item\":[97,55357]}\n"));

    [Test]
    public void AnyMarbles_AreReadAsTheyWereWritten()
    {
        var text = Gen.ListOf(Gen.Elements("a", "\n", "\"", "\\", "é", "世", "🌊", "\uD83D", "\uDE00", "\0", "{", "}")).Select(string.Concat);
        var ending = Gen.Elements<Notification<string>?>(
            null, Notification.CreateOnCompleted<string>(), Notification.CreateOnError<string>(new RecordedException("A.B", "c\nd")));
        var marbles =
            from items in Gen.ListOf(from gap in Gen.Choose(0, int.MaxValue) from item in text select (Gap: gap, Item: item))
            from lastGap in Gen.Choose(0, 9)
            from end in ending
            select Marbles(items.Select(i => ((long)i.Gap, Notification.CreateOnNext(i.Item))).Concat(end is null ? [] : [(lastGap, end)]));

        ForAll(marbles, m =>
        {
            var written = Text(new StreamRecording<string>(m));
            var read = Read(written);

            Assert.That(read.Marbles.Select(Describe), Is.EqualTo(m.Select(Describe)), written);
            Assert.That(Text(read), Is.EqualTo(written));
        });
    }

    /// <summary>A crash may cut anywhere: what is whole is read, what is not counts as not written.</summary>
    [Test]
    public void AFileThatIsCutAnywhere_IsReadUpToThere()
    {
        var whole = new StreamRecording<string>([At(1, "a🌊\"\\"), At(2.5, "b\uD83D"), At(3, ""), Marble.End<string>(4)], "name");
        var text = Text(whole);
        var header = text.IndexOf('\n');

        for (var length = header; length < text.Length; length++)
        {
            var read = Read(text[..length]);
            var lines = text[..length].Count(c => c == '\n') - (text[length] == '\n' ? 0 : 1);
            Assert.That(read.Marbles.Select(Describe), Is.EqualTo(whole.Marbles.Take(Math.Max(0, lines)).Select(Describe)), text[..length]);
        }

        for (var length = 0; length < header; length++)
            Assert.That(() => Read(text[..length]), Throws.TypeOf<RecordingFormatException>(), text[..length]);
    }

    [Test]
    public void ARecordingWithoutAnEnding_HasNone()
    {
        var read = Read(Header + "\n" + """{"ms":1,"item":"a"}""" + "\n" + """{"ms":2,"it""");

        Assert.That(read.HasEnding, Is.False);
        Assert.That(read.ToString(), Is.EqualTo("recording: 1 item in 00:00:00.0010000, broken off"));
    }

    [Test]
    public void AFailure_IsReadAsARecordedException()
    {
        var read = Read(Text(new StreamRecording<string>([Failed(1, new TimeoutException("too late"))])));
        var error = read.Marbles[0].Notification.Exception as RecordedException;

        Assert.That((error?.OriginalType, error?.Message), Is.EqualTo(("System.TimeoutException", "too late")));
        Assert.That(read.ToString(), Is.EqualTo("recording: 0 items in 00:00:00.0010000, failed with RecordedException(\"too late\")"));
    }

    [Test]
    public void OtherItems_AreWrittenAsTheirJson_OnOneLineEach()
    {
        var tokens = new StreamRecording<Token>([At(1, new Token(7, "a\nb")), At(2, new Token(8, null))]);
        using var text = new StringWriter();

        tokens.Save(text, Json.Default.Token);

        Assert.That(text.ToString(), Is.EqualTo(Header + "\n" + """{"ms":1,"item":{"Id":7,"Text":"a\nb"}}""" + "\n" + """{"ms":2,"item":{"Id":8,"Text":null}}""" + "\n"));
        Assert.That(StreamRecording.Load(new StringReader(text.ToString()), Json.Default.Token).Items, Is.EqualTo(tokens.Items));
    }

    [Test]
    public void Chunks_AreBase64()
    {
        var chunks = new StreamRecording<byte[]>([At(1, new byte[] { 0, 255, 195 })]);
        using var text = new StringWriter();

        chunks.Save(text, Json.Default.ByteArray);

        Assert.That(text.ToString(), Does.EndWith("\n{\"ms\":1,\"item\":\"AP/D\"}\n"));
        Assert.That(StreamRecording.Load(new StringReader(text.ToString()), Json.Default.ByteArray).Items.Single(), Is.EqualTo(chunks.Items[0]));
    }

    [Test]
    public void Null_IsAnItem()
    {
        using var text = new StringWriter();

        new StreamRecording<int?>([At<int?>(1, null), At<int?>(2, 5)]).Save(text, Json.Default.NullableInt32);

        Assert.That(StreamRecording.Load(new StringReader(text.ToString()), Json.Default.NullableInt32).Items, Is.EqualTo(new int?[] { null, 5 }));
        Assert.That(Read(Header + "\n" + """{"ms":1,"item":null}""").Items, Is.EqualTo(new string?[] { null }));
    }

    [Test]
    public void TheCulture_ChangesNothing()
    {
        var culture = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo("de-DE");
            var text = Text(new StreamRecording<string>([At(1234.5678, "a")]));

            Assert.That(text, Does.Contain("\"ms\":1234.5678,"));
            Assert.That(Read(text).Duration, Is.EqualTo(TimeSpan.FromTicks(12345678)));
            Assert.That(() => Read(text + """{"ms":1,"item":""}"""), Throws.Exception.Message.Contains("1234.5678 or later"));
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    [Test]
    public void TheLongestTime_Survives()
    {
        var last = new Marble<string>(TimeSpan.MaxValue, Notification.CreateOnNext("a"));

        Assert.That(Read(Text(new StreamRecording<string>([last]))).Duration, Is.EqualTo(TimeSpan.MaxValue));
    }

    [Test]
    public void AFileOfPeople_MayHaveMore()
    {
        var read = Read(
            "\r\n" + """ {"version":1,"machine":{"cores":2},"recording":"rxtokens","name":null} """ + "\r\n\r\n"
            + """{"item":"a","ms":1.00004,"note":"rounded to a tick"}""" + "\r\n  \r\n" + """{"end":"completed","ms":1e1}""");

        Assert.That(read.Name, Is.Null);
        Assert.That(read.Marbles.Select(Describe), Is.EqualTo(new[] { "10000 a", "100000 |" }));
    }

    [TestCase("", "line 1: expected the header {\"recording\":\"rxtokens\",\"version\":1}, found: nothing")]
    [TestCase("{\"recor", "line 1: expected the header {\"recording\":\"rxtokens\",\"version\":1}, found: {\"recor")]
    [TestCase("\n[1]", "line 2: expected the header {\"recording\":\"rxtokens\",\"version\":1}, found: [1]")]
    [TestCase("{\"ms\":1,\"item\":\"a\"}", "line 1: expected the header {\"recording\":\"rxtokens\",\"version\":1}, found: {\"ms\":1,\"item\":\"a\"}")]
    [TestCase("{\"recording\":\"rxtokens\"}", "line 1: expected \"version\" to be a whole number from 1 on, found: {\"recording\":\"rxtokens\"}")]
    [TestCase("{\"recording\":\"rxtokens\",\"version\":1.5}", "line 1: expected \"version\" to be a whole number from 1 on, found: {\"recording\":\"rxtokens\",\"version\":1.5}")]
    [TestCase("{\"recording\":\"rxtokens\",\"version\":2}", "line 1: a recording of version 2; this RxTokens.Testing reads up to version 1")]
    [TestCase("{\"recording\":\"rxtokens\",\"version\":1,\"name\":7}", "line 1: expected \"name\" to be a text, found: {\"recording\":\"rxtokens\",\"version\":1,\"name\":7}")]
    public void AHeaderThatIsNone_IsRefused(string text, string message) => Refuses(text, message);

    [TestCase("{\"ms\":1,\"it\n{\"ms\":2,\"item\":\"b\"}", "line 2: expected a JSON object, found: {\"ms\":1,\"it")]
    [TestCase("{\"ms\":1,\"item\":\"a\"", "line 2: expected a JSON object, found: {\"ms\":1,\"item\":\"a\"", "\n")]
    [TestCase("what is this?", "line 2: expected a JSON object, found: what is this?")]
    [TestCase("{\"ms\":1,,", "line 2: expected a JSON object, found: {\"ms\":1,,")]
    [TestCase("[1,", "line 2: expected a JSON object, found: [1,")]
    [TestCase("{\"ms\":1,\"item\":\"a\"} {", "line 2: expected a JSON object, found: {\"ms\":1,\"item\":\"a\"} {")]
    [TestCase("5", "line 2: expected a JSON object, found: 5")]
    [TestCase("{\"item\":\"a\"}", "line 2: expected \"ms\" to be a number of milliseconds from 0 on, found: {\"item\":\"a\"}")]
    [TestCase("{\"ms\":\"soon\",\"item\":\"a\"}", "line 2: expected \"ms\" to be a number of milliseconds from 0 on, found: {\"ms\":\"soon\",\"item\":\"a\"}")]
    [TestCase("{\"ms\":-0.1,\"item\":\"a\"}", "line 2: expected \"ms\" to be a number of milliseconds from 0 on, found: {\"ms\":-0.1,\"item\":\"a\"}")]
    [TestCase("{\"ms\":1e300,\"item\":\"a\"}", "line 2: expected \"ms\" to be a number of milliseconds from 0 on, found: {\"ms\":1e300,\"item\":\"a\"}")]
    [TestCase("{\"ms\":2.5,\"item\":\"a\"}\n{\"ms\":2.4,\"item\":\"b\"}", "line 3: expected \"ms\" to be 2.5 or later, as on the line before, found: {\"ms\":2.4,\"item\":\"b\"}")]
    [TestCase("{\"ms\":1}", "line 2: expected either \"item\" or \"end\", found: {\"ms\":1}")]
    [TestCase("{\"ms\":1,\"item\":\"a\",\"end\":\"completed\"}", "line 2: expected either \"item\" or \"end\", found: {\"ms\":1,\"item\":\"a\",\"end\":\"completed\"}")]
    [TestCase("{\"ms\":1,\"item\":7}", "line 2: expected \"item\" to be a String, found: {\"ms\":1,\"item\":7}")]
    [TestCase("{\"ms\":1,\"item\":[70000]}", "line 2: expected \"item\" to be a String, found: {\"ms\":1,\"item\":[70000]}")]
    [TestCase("{\"ms\":1,\"item\":\"\\ud83d\"}", "line 2: expected \"item\" to be a String, found: {\"ms\":1,\"item\":\"\\ud83d\"}")]
    [TestCase("{\"ms\":1,\"end\":\"done\"}", "line 2: expected \"end\" to be \"completed\" or \"failed\", found: {\"ms\":1,\"end\":\"done\"}")]
    [TestCase("{\"ms\":1,\"end\":\"failed\",\"type\":\"T\"}", "line 2: expected \"type\" and \"message\" of the failure, as texts, found: {\"ms\":1,\"end\":\"failed\",\"type\":\"T\"}")]
    [TestCase("{\"ms\":1,\"end\":\"completed\"}\n\n{\"ms\":2,\"item\":\"a\"}", "line 4: expected nothing behind the ending, found: {\"ms\":2,\"item\":\"a\"}")]
    [TestCase("{\"recording\":\"rxtokens\",\"version\":1}", "line 2: expected \"ms\" to be a number of milliseconds from 0 on, found: {\"recording\":\"rxtokens\",\"version\":1}")]
    public void ALineThatIsNone_IsRefused(string lines, string message, string end = "") => Refuses($"{Header}\n{lines}{end}", message);

    [Test]
    public void ALongLine_IsNotRepeatedInFull() =>
        Refuses($"{Header}\n{{\"item\":\"{new string('x', 1000)}\"}}", $"line 2: expected \"ms\" to be a number of milliseconds from 0 on, found: {{\"item\":\"{new string('x', 71)}…");

    [Test]
    public void AnItemOfAnotherType_IsRefused_WithTheReason()
    {
        var failure = Assert.Throws<RecordingFormatException>(
            () => StreamRecording.Load(new StringReader($"{Header}\n{{\"ms\":1,\"item\":\"a\"}}"), Json.Default.Token))!;

        Assert.That(failure.Message, Is.EqualTo("recording, line 2: expected \"item\" to be a Token, found: {\"ms\":1,\"item\":\"a\"}"));
        Assert.That(failure.InnerException, Is.InstanceOf<JsonException>());
    }

    [Test]
    public void AFile_IsNamedInMessages()
    {
        var path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.jsonl");
        try
        {
            File.WriteAllText(path, Header + "\n" + """{"ms":1,"item":"a"}""" + "\n");
            Assert.That(StreamRecording.Load(path).Items, Is.EqualTo(new[] { "a" }));
            Assert.That(
                () => StreamRecording.Load(path, Json.Default.Token),
                Throws.TypeOf<RecordingFormatException>().With.Message.StartsWith($"{Path.GetFileName(path)}, line 2: "));
        }
        finally
        {
            File.Delete(path);
        }

        Assert.That(() => StreamRecording.Load(path), Throws.TypeOf<FileNotFoundException>());
        Assert.That(() => StreamRecording.Load(""), Throws.ArgumentException);
    }

    [Test]
    public void ARecording_IsMadeOfMarblesInOrder()
    {
        Assert.That(() => new StreamRecording<string>(null!), Throws.ArgumentNullException);
        Assert.That(() => new StreamRecording<string>([At(2, "a"), At(1, "b")]), Throws.ArgumentException.With.Message.Contains("Marble 1 (1:b)"));
        Assert.That(() => new StreamRecording<string>([At(-1, "a")]), Throws.ArgumentException.With.Message.Contains("Marble 0 (-1:a)"));
        Assert.That(
            () => new StreamRecording<string>([Marble.End<string>(1), At(2, "b")]), Throws.ArgumentException.With.Message.Contains("Marble 1 (2:b) comes behind the ending (1:|)"));
        Assert.That(new StreamRecording<string>([]), Has.Property("Duration").EqualTo(TimeSpan.Zero).And.Property("HasEnding").False);
    }

    private static void Refuses(string text, string message)
    {
        var failure = Assert.Throws<RecordingFormatException>(() => Read(text))!;

        Assert.That(failure.Message, Is.EqualTo($"recording, {message}"));
        Assert.That(failure.Message, Does.StartWith($"recording, line {failure.LineNumber}:"));
    }

    private static Marble<T> At<T>(double milliseconds, T item) => new(Ms(milliseconds), Notification.CreateOnNext(item));

    private static Marble<string> Failed(double milliseconds, Exception error) =>
        new(Ms(milliseconds), Notification.CreateOnError<string>(error));

    private static TimeSpan Ms(double milliseconds) => TimeSpan.FromTicks((long)Math.Round(milliseconds * TimeSpan.TicksPerMillisecond));

    private static List<Marble<string>> Marbles(IEnumerable<(long Gap, Notification<string> Notification)> items)
    {
        long ticks = 0;
        return [.. items.Select(i => new Marble<string>(TimeSpan.FromTicks(ticks += i.Gap), i.Notification))];
    }

    private static string Describe(Marble<string> marble) => marble.Time.Ticks + " " + marble.Notification.Kind switch
    {
        NotificationKind.OnNext => marble.Notification.Value,
        NotificationKind.OnError => $"# {(marble.Notification.Exception as RecordedException)?.OriginalType} {marble.Notification.Exception!.Message}",
        _ => "|",
    };

    private static string Text(StreamRecording<string> recording)
    {
        using var writer = new StringWriter();
        recording.Save(writer);
        return writer.ToString();
    }

    private static StreamRecording<string> Read(string text) => StreamRecording.Load(new StringReader(text));

    private static void ForAll<T>(Gen<T> cases, Action<T> check) =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(1000).WithEndSize(20).WithReplay(11, 1), Prop.ForAll(cases.ToArbitrary(), check));
}
