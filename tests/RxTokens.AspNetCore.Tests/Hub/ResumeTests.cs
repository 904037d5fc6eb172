namespace RxTokens.AspNetCore.Tests;

/// <summary>A reader that is cut, and comes back with its last id, has every character once, in order.</summary>
public class ResumeTests
{
    private static readonly string Answer = string.Concat(Enumerable.Range(0, 35).Select(n => $"{n}: naïve \"café\" 日本語 😀 <b>&\r\n\t\u2028")); // some 2 KB of UTF-8

    /// <summary>The events of an answer of many pieces, as they go over the wire.</summary>
    private static async Task<byte[]> WireAsync(MemoryTokenLog log, StreamKey key, long fence)
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        var events = new AnswerEvents(key, 0, () => TimeSpan.FromSeconds(3));
        events.WriteOpening(output);
        var at = 0;
        await foreach (var entry in AppendBetween())
            events.WriteItem(output, entry);
        return output.WrittenSpan.ToArray();

        async IAsyncEnumerable<TokenLogEntry> AppendBetween()
        {
            await using var reader = log.ReadAsync(key.Value, 0).GetAsyncEnumerator();
            do
            {
                if (at < Answer.Length)
                {
                    var end = Math.Min(Answer.Length, at + 40);
                    if (end < Answer.Length && char.IsLowSurrogate(Answer[end]))
                        end++;
                    await log.AppendAsync(key.Value, fence, Answer[at..end]);
                    at = end;
                }
                else
                {
                    await log.EndAsync(key.Value, fence, TokenLogEnd.Complete);
                }

                await reader.MoveNextAsync();
                yield return reader.Current;
            }
            while (reader.Current.End is null);
        }
    }

    [Test]
    public async Task R03_CutAfterEveryByte_NothingIsLostOrDoubled()
    {
        var log = new MemoryTokenLog(100_000, TimeSpan.FromMinutes(1));
        var key = new StreamKey("owner", "id");
        var wire = await WireAsync(log, key, await log.BeginAsync(key.Value));
        var ids = new HashSet<string>();
        for (var n = 0; n <= wire.Length; n++)
        {
            var reader = new EventSourceReader();
            reader.Feed(wire.AsSpan(0, n));
            reader.Cut();
            var position = 0L;
            if (reader.LastEventId.Length > 0)
            {
                Assert.That(key.TryParse(reader.LastEventId, out position, out var isEnd), Is.True);
                ids.Add(reader.LastEventId);
                Assert.That(isEnd, Is.EqualTo(reader.Ending is not null));
                if (isEnd)
                    continue; // 204
            }

            var output = new System.Buffers.ArrayBufferWriter<byte>();
            var events = new AnswerEvents(key, position, () => TimeSpan.FromSeconds(3));
            events.WriteOpening(output);
            await foreach (var entry in log.ReadAsync(key.Value, position))
                events.WriteItem(output, entry);
            reader.Feed(output.WrittenSpan);
            Assert.That((reader.Text == Answer, reader.Ending, reader.Losses), Is.EqualTo((true, "end", 0)), $"cut after {n} bytes");
        }

        Assert.That(ids, Has.Count.GreaterThan(20), "each event's id, once at least");
    }

    private static string RandomText(Random random)
    {
        string[] pieces = ["a", "naïve ", "\r", "\n", "\r\n", "\"", "\\", "😀", "👨‍👩‍👧", "日本語", "<script>", "\u2028", "\0", ": ", "data: x\n\n", "id: 7\n", new string('x', 300)];
        return string.Concat(Enumerable.Range(0, random.Next(5, 400)).Select(_ => pieces[random.Next(pieces.Length)]));
    }

    /// <summary>As the model sends it: in pieces of any length, cut within pairs too, now and then with a pause.</summary>
    private static async IAsyncEnumerable<string> Pieces(string text, int seed)
    {
        var random = new Random(seed);
        for (var at = 0; at < text.Length;)
        {
            var count = Math.Min(random.Next(0, 30), text.Length - at);
            yield return text.Substring(at, count);
            at += count;
            if (random.Next(8) == 0)
                await Task.Delay(1);
        }
    }

    [Test]
    public async Task WithRealSockets_CutAtRandomBytes_EveryCharacterComesOnce()
    {
        var seed = 0;
        var texts = new List<string>();
        await using var host = await HubHost.StartAsync(() => Pieces(texts[^1], seed), options => options.AnswersPerOwner = 100);
        var reconnects = 0;
        for (seed = 1; seed <= 60; seed++)
        {
            var random = new Random(seed);
            texts.Add(RandomText(random));
            var id = await host.PostAsync();
            var reader = new EventSourceReader();
            for (var connection = 0; reader.Ending is null; connection++)
            {
                Assert.That(connection, Is.LessThan(1000));
                using var response = await host.SendAsync(HttpMethod.Get, id, lastEventId: reader.LastEventId.Length > 0 ? reader.LastEventId : null);
                Assert.That((int)response.StatusCode, Is.EqualTo(200));
                await using var body = await response.Content.ReadAsStreamAsync();
                await ReadSomeAsync(body, reader, connection < 20 ? random.Next(2500) : int.MaxValue);
                reconnects++;
            }

            Assert.That((reader.Text, reader.Ending, reader.Losses), Is.EqualTo((texts[^1], "end", 0)), $"seed {seed}");
            Assert.That(reader.AfterTheEnd, Is.Empty);
            Assert.That((await host.FollowAsync(id, lastEventId: reader.LastEventId)).Status, Is.EqualTo(204));
        }

        Assert.That(reconnects, Is.GreaterThan(120), "they were cut");
        await HubTests.Until(() => host.Hub.Limits.Followers == 0);
    }

    [Test]
    public async Task R12_WhoReadsAKilobyteAtATime_GetsWhatItMissesInLargeEvents_AndEachCharacter()
    {
        var text = string.Concat(Enumerable.Range(0, 20_000).Select(n => $"{n} "));
        await using var host = await HubHost.StartAsync(() => Pieces(text, seed: 1));
        using var response = await host.SendAsync(HttpMethod.Get, await host.PostAsync());
        await using var body = await response.Content.ReadAsStreamAsync();
        var reader = new EventSourceReader();
        var bytes = new byte[1024];
        for (int read; (read = await body.ReadAsync(bytes).AsTask().WaitAsync(TestHost.Patience)) > 0; await Task.Delay(1))
            reader.Feed(bytes.AsSpan(0, read));
        Assert.That((reader.Text == text, reader.Ending, reader.Losses), Is.EqualTo((true, "end", 0)));
    }

    /// <summary>Reads so many bytes and no more; what has come of the next is lost with the connection.</summary>
    private static async Task ReadSomeAsync(Stream body, EventSourceReader reader, int count)
    {
        var bytes = new byte[512];
        while (count > 0)
        {
            var read = await body.ReadAsync(bytes.AsMemory(0, Math.Min(bytes.Length, count))).AsTask().WaitAsync(TestHost.Patience);
            if (read == 0)
                break;
            reader.Feed(bytes.AsSpan(0, read));
            count -= read;
        }

        reader.Cut();
    }

    /// <summary>A page that was loaded anew begins from what it has kept itself.</summary>
    [Test]
    public async Task AQuery_SaysWhatAPageHas_WhereTheHeaderDoesNot()
    {
        await using var host = await HubHost.StartAsync(() => Script.Items("abcdef"));
        var id = await host.PostAsync();
        var tag = (await host.FollowAsync(id)).LastId![..8];
        var followed = await host.FollowAsync($"{id}?lastEventId={tag}.4");
        Assert.That(followed.Text, Is.EqualTo("ef"));
        followed = await host.FollowAsync($"{id}?lastEventId={tag}.4", lastEventId: $"{tag}.2");
        Assert.That(followed.Text, Is.EqualTo("cdef"), "the header is newer");
    }

    [Test]
    public async Task WhoComesLate_GetsWhatItMissedInOne_ThenWhatComes()
    {
        var (source, writer) = Script.Handed<string>();
        await using var host = await HubHost.StartAsync(() => source);
        var id = await host.PostAsync();
        foreach (var piece in new[] { "a", "b", "c" })
            writer.TryWrite(piece);
        await HubTests.Until(() => host.Hub.Log.FindAsync(new StreamKey("someone", id).Value).Result!.Position == 3);
        using var client = await host.Host.ConnectAsync($"/answers/{id}");
        await client.ReadToAsync("data: \"abc\"\n");
        writer.TryWrite("d");
        await client.ReadToAsync("data: \"d\"\n");
        writer.Complete();
        await client.ReadToAsync("event: end\n");
    }
}
