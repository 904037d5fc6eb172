using Microsoft.Coyote.SystematicTesting;

namespace RxTokens.Exploration;

/// <summary>The bell of a response: whoever rings, from whatever thread, the loop hears of it, and goes on once.</summary>
public static class BellScenarios
{
    [Test] public static void OneWhoRings() => Run([News.Landed, News.Landed, News.Flushed]);

    [Test] public static void TwoWhoRing() => Run([News.Landed, News.Landed], [News.Flushed, News.Tick]);

    [Test] public static void ThreeWhoRing() => Run([News.Landed, News.Flushed], [News.Tick, News.Stopping], [News.Gone]);

    [Test] public static void TheSameFromTwo() => Run([News.Tick, News.Tick], [News.Tick]);

    private static void Run(params News[][] ringers)
    {
        var scene = new Scene();
        var loop = new Loop(scene);
        scene.Start(loop.GoOn);
        foreach (var rings in ringers)
        {
            scene.Start(() =>
            {
                foreach (var news in rings)
                    loop.Ring(news);
            });
        }

        scene.Play();
        Scene.Require(loop.Unheard == News.None, $"nobody has heard of {loop.Unheard}");
        Scene.Require(loop.IsWaiting, "the loop does not wait for more");
    }

    /// <summary>Takes what there is, looks at times without waiting, and waits for more.</summary>
    private sealed class Loop(Scene scene)
    {
        private readonly Bell _bell = new();
        private bool _isInside;

        public News Unheard { get; private set; }

        public bool IsWaiting { get; private set; }

        public void Ring(News news)
        {
            Unheard |= news;
            Scene.Pause();
            _bell.Ring(news);
        }

        public void GoOn()
        {
            Scene.Require(!_isInside, "the loop goes on twice");
            _isInside = true;
            IsWaiting = false;
            while (true)
            {
                if (scene.Toss())
                    Hear(_bell.Look());
                var next = _bell.NextAsync();
                Scene.Pause();
                if (!next.IsCompleted)
                {
                    IsWaiting = true;
                    _isInside = false;
                    var awaiter = next.GetAwaiter();
                    awaiter.UnsafeOnCompleted(() =>
                    {
                        var heard = awaiter.GetResult();
                        Scene.Require(heard != News.None, "woken for nothing");
                        Hear(heard);
                        GoOn();
                    });
                    return;
                }

                var news = next.Result;
                Scene.Require(news != News.None, "woken for nothing");
                Hear(news);
            }
        }

        private void Hear(News news) => Unheard &= ~news;
    }
}
