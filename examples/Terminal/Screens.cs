namespace Terminal;

/// <summary>Where an answer is drawn, piece by piece.</summary>
internal interface IScreen : IDisposable
{
    void Draw(string text);
}

/// <summary>Prints the text as it comes.</summary>
internal sealed class PlainScreen(TextWriter output, Figures figures) : IScreen
{
    private bool _isEmpty = true;

    public void Draw(string text)
    {
        _isEmpty = false;
        output.Write(text);
        output.Flush();
        figures.OnDrawn(text);
    }

    public void Dispose()
    {
        if (!_isEmpty)
            output.WriteLine();
        output.Flush();
    }
}

/// <summary>Shows nothing but counts, and tells how far it is.</summary>
internal sealed class BlankScreen(Figures figures, Action<FiguresNow> onProgress) : IScreen
{
    public void Draw(string text)
    {
        figures.OnDrawn(text);
        onProgress(figures.Now);
    }

    public void Dispose()
    {
        // There is nothing to take down.
    }
}
