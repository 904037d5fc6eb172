using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>Items, the end, joining, leaving and cancelling in one instant, of two consumers of one shared text: what comes of them in the order of scheduling, and in every other.</summary>
public class ShareOrderTests
{
    private const int Orders = 80;

    private const int At = 4;

    /// <summary>The other joins when a letter, the end or the failure lands: it gets each letter once, in whatever order.</summary>
    [TestCase("ab--c-d|")]
    [TestCase("ab--|")]
    [TestCase("ab--#")]
    [TestCase("ab--[cd|]")]
    [TestCase("----[abc|]")]
    [TestCase("----|")]
    public void Joining(string diagram) => InEachOrder(m => Shared(m, diagram, (shared, other) => m.At(At, () => other.Begin(shared))), story =>
    {
        Assert.That(story.First, Is.EqualTo(All(diagram)));
        Assert.That(story.Other, Is.EqualTo(All(diagram)));
    });

    /// <summary>One leaves, or is cancelled, when something lands: the other gets all.</summary>
    [Test]
    public void LeavingBesideTheOther([Values("ab--c-d|", "ab--|", "ab--#", "----[abc|]")] string diagram, [Values] bool isCancelled, [Values] bool isFirst) =>
        InEachOrder(m => Shared(m, diagram, (shared, other) =>
        {
            m.At(0, () => other.Begin(shared));
            m.At(At, isFirst ? () => shared.First.End(isCancelled) : () => other.End(isCancelled));
        }), story =>
        {
            var (gone, stays) = isFirst ? (story.First, story.Other) : (story.Other, story.First);
            Assert.That(stays, Is.EqualTo(All(diagram)));
            Assert.That(All(diagram), Does.StartWith(gone.TrimEnd('|', '#', 'x')));
        });

    /// <summary>One leaves in the very moment in which the other joins: it goes on for that one, or was over before, and says so.</summary>
    [Test]
    public void LeavingAsTheOtherJoins([Values("ab--c-d|", "ab--|", "ab------")] string diagram, [Values] bool isCancelled) => InEachOrder(m => Shared(m, diagram, (shared, other) =>
    {
        m.At(At, () => shared.First.End(isCancelled));
        m.At(At, () => other.Begin(shared));
        m.At(At + 10, () => other.End(isCancelled: false));
    }), story =>
    {
        Assert.That(story.Other, Is.EqualTo(diagram.EndsWith('|') ? All(diagram) : "ab|").Or.EqualTo("ab!").Or.EqualTo("abc!"));
        Assert.That(story.Enumerations, Is.EqualTo(1));
    });

    private static string All(string diagram) => diagram.Replace("-", "", StringComparison.Ordinal).Replace("[", "", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal);

    private sealed record Story(string First, string Other, int Enumerations);

    private static Func<Story> Shared(MarbleTest m, string diagram, Action<Scene, Reader> act)
    {
        var source = m.Pull(diagram, error: Marbles.Failure);
        var scene = new Scene(source.ShareText(), new Reader());
        var other = new Reader();
        m.At(0, () => scene.First.Begin(scene));
        act(scene, other);
        return () =>
        {
            Assert.That((source.Enumerations.Count, source.Disposals.Count, source.Violations.Count), Is.EqualTo((1, 1, 0)));
            Assert.That((scene.Stream.ConsumerCount, scene.First.IsDone, other.IsDone), Is.EqualTo((0, true, true)), "nobody waits");
            return new Story(scene.First.Text, other.Text, source.Enumerations.Count);
        };
    }

    private sealed record Scene(SharedStream<string> Stream, Reader First);

    /// <summary>Reads all that it gets. At the end stands | for the end, # for the failure, x for its cancellation, ! for a stream that others have ended.</summary>
    private sealed class Reader
    {
        private readonly CancellationTokenSource _cancellation = new();
        private IAsyncEnumerator<string>? _reading;
        private Task _reads = Task.CompletedTask;
        private Task? _leaving;

        public string Text { get; private set; } = "";

        public bool IsDone => _reads.IsCompletedSuccessfully && _leaving is null or { IsCompletedSuccessfully: true };

        public void Begin(Scene scene)
        {
            _reading = scene.Stream.Join(2).GetAsyncEnumerator(_cancellation.Token);
            _reads = ReadAsync(_reading);
        }

        public void End(bool isCancelled)
        {
            if (isCancelled)
                _cancellation.Cancel();
            else
                _leaving = _reading?.DisposeAsync().AsTask();
        }

        private async Task ReadAsync(IAsyncEnumerator<string> reading)
        {
            try
            {
                while (await reading.MoveNextAsync())
                    Text += reading.Current;
                Text += "|";
            }
            catch (Exception failure)
            {
                Text += failure switch
                {
                    OperationCanceledException => "x",
                    InvalidDataException => "#",
                    InvalidOperationException => "!",
                    _ => failure.ToString(),
                };
            }
            finally
            {
                await reading.DisposeAsync();
            }
        }
    }

    private static void InEachOrder(Func<MarbleTest, Func<Story>> arrange, Action<Story> check)
    {
        MarbleTest.Run(Play);
        MarbleTest.Explore(Play, Orders);

        void Play(MarbleTest m)
        {
            var story = arrange(m);
            m.Flush();
            check(story());
        }
    }
}
