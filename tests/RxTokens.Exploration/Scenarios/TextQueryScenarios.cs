using Microsoft.Coyote.SystematicTesting;

namespace RxTokens.Exploration;

/// <summary>Text operators whose timer rings beside the piece that arrives, the end, and who disposes.</summary>
public static class TextQueryScenarios
{
    [Test] public static void Sentences() => PushPlay.Alone(Queries.Sentences);

    [Test] public static void SentencesFails() => PushPlay.Fails(Queries.Sentences);

    [Test] public static void SentencesDisposed() => PushPlay.Disposed(Queries.Sentences);

    [Test] public static void SentencesFailsAndDisposed() => PushPlay.FailsAndDisposed(Queries.Sentences);

    [Test] public static void SentencesDisposedFromInside() => PushPlay.DisposedFromInside(Queries.Sentences);

    [Test] public static void Words() => PushPlay.Alone(Queries.Words);

    [Test] public static void WordsFails() => PushPlay.Fails(Queries.Words);

    [Test] public static void WordsDisposed() => PushPlay.Disposed(Queries.Words);

    [Test] public static void WordsFailsAndDisposed() => PushPlay.FailsAndDisposed(Queries.Words);

    [Test] public static void WordsDisposedFromInside() => PushPlay.DisposedFromInside(Queries.Words);

    /// <summary>Two subscriptions look at a page of code points that nobody has looked at before.</summary>
    [Test] public static void CodePointKindsOfTwo()
    {
        var kinds = new CodePointKinds(static codePoint => (byte)(codePoint % 7));
        var scene = new Scene();
        for (var i = 0; i < 2; i++)
        {
            scene.Start(() =>
            {
                for (var codePoint = 126; codePoint < 130; codePoint++)
                {
                    Scene.Require(kinds[codePoint] == codePoint % 7, $"{codePoint} is taken for {kinds[codePoint]}");
                    Scene.Pause();
                }
            });
        }

        scene.Play();
    }
}
