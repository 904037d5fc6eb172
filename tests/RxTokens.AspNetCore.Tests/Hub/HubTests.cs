using System.Threading.Channels;

namespace RxTokens.AspNetCore.Tests;

/// <summary>An answer lives apart from the request that began it.</summary>
public class HubTests
{
    /// <summary>An answer whose pieces the test hands over.</summary>
    private static (Func<IAsyncEnumerable<string>> Source, ChannelWriter<string> Writer) Handed()
    {
        var (source, writer) = Script.Handed<string>();
        return (() => source, writer);
    }

    [Test]
    public async Task WhatWasStarted_IsFollowedToItsEnd()
    {
        await using var host = await HubHost.StartAsync(() => Script.Items("Hel", "lo, ", "world\r\n"));
        var id = await host.PostAsync();
        var followed = await host.FollowAsync(id);
        Assert.That((followed.Status, followed.Text, followed.Ending), Is.EqualTo((200, "Hello, world\r\n", "end")));
        Assert.That(followed.Events, Has.Count.LessThanOrEqualTo(4));
        Assert.That(id, Does.Match("^[0-9a-f]{32}$"));
    }

    [Test]
    public async Task R15_WhoIsCutBeforeTheFirstToken_ComesBackToTheSameAnswer()
    {
        var (source, writer) = Handed();
        var started = 0;
        await using var host = await HubHost.StartAsync(() =>
        {
            started++;
            return source();
        });
        var id = await host.PostAsync();
        using var client = await host.Host.ConnectAsync($"/answers/{id}");
        var received = await client.ReadToAsync(".0\n\n");
        client.Reset();
        writer.TryWrite("late");
        writer.Complete();
        var lastId = received[(received.IndexOf("id: ", StringComparison.Ordinal) + 4)..].TrimEnd();
        var followed = await host.FollowAsync(id, lastEventId: lastId);
        Assert.That((followed.Text, started), Is.EqualTo(("late", 1)));
        Assert.That(received, Does.Not.Contain("data:"));
    }

    [Test]
    public async Task E05_WhoHasTheEnd_IsToldToStayAway()
    {
        await using var host = await HubHost.StartAsync(() => Script.Items("a"));
        var id = await host.PostAsync();
        var followed = await host.FollowAsync(id);
        var again = await host.FollowAsync(id, lastEventId: followed.LastId);
        Assert.That((again.Status, again.Body), Is.EqualTo((204, "")));
    }

    [Test]
    public async Task Delete_TellsTheFollowers_AndCancelsTheSource()
    {
        var source = Script.Waits("a");
        await using var host = await HubHost.StartAsync(() => source);
        var id = await host.PostAsync();
        var following = host.FollowAsync(id);
        using (var deleted = await host.SendAsync(HttpMethod.Delete, id))
            Assert.That((int)deleted.StatusCode, Is.EqualTo(204));
        var followed = await following;
        Assert.That((followed.Text, followed.Ending), Is.EqualTo(("a", "stopped")).Or.EqualTo(("", "stopped")));
        await source.Disposed.Task.WaitAsync(TestHost.Patience);
        Assert.That(source.WasMisused, Is.False);
        using var again = await host.SendAsync(HttpMethod.Delete, id);
        Assert.That((int)again.StatusCode, Is.EqualTo(204), "it is known, and has ended");
    }
}
