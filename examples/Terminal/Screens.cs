namespace Terminal;

/// <summary>Where an answer is drawn, piece by piece.</summary>
internal interface IScreen : IDisposable
{
    /// <summary>A piece of the answer, in its frame.</summary>
    void Draw(string text);

    /// <summary>What the model thinks before it answers, as it comes.</summary>
    void Think(string text);

    /// <summary>Counts the tokens as they come, for a pane of its own; a screen that has none leaves them alone.</summary>
    Task CountAsync(IAsyncEnumerable<int> tokens, CancellationToken cancellationToken);
}

/// <summary>Prints the text as it comes: into a pipe to the letter, on a terminal so that it cannot control it.</summary>
internal sealed class PlainScreen(TextWriter output, Figures figures, Surface surface) : IScreen
{
    private const string Dim = "\e[2m";
    private const string Plain = "\e[0m";

    private readonly TerminalText _answer = new();
    private readonly TerminalText _thoughts = new();
    private bool _isThinking;
    private bool _isEmpty = true;

    public void Draw(string text)
    {
        EndThoughts();
        _isEmpty = false;
        output.Write(surface == Surface.Pipe ? text : _answer.Next(text));
        output.Flush();
        figures.OnDrawn(text);
    }

    public void Think(string text)
    {
        // In a pipe it would look like the answer, and so it would on a terminal that cannot show the difference.
        if (surface != Surface.Terminal)
            return;
        lock (_thoughts)
        {
            _isThinking = true;
            output.Write($"{Dim}{_thoughts.Next(text)}{Plain}");
            output.Flush();
        }
    }

    public Task CountAsync(IAsyncEnumerable<int> tokens, CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        EndThoughts();
        if (surface != Surface.Pipe)
            output.Write(_answer.Rest());
        if (!_isEmpty)
            output.WriteLine();
        output.Flush();
    }

    private void EndThoughts()
    {
        lock (_thoughts)
        {
            if (!_isThinking)
                return;
            _isThinking = false;
            output.WriteLine($"{Dim}{_thoughts.Rest()}{Plain}");
            output.WriteLine();
        }
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

    public void Think(string text)
    {
        // Nothing is shown.
    }

    public Task CountAsync(IAsyncEnumerable<int> tokens, CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        // There is nothing to take down.
    }
}
