namespace Terminal;

/// <summary>What the output goes to.</summary>
internal enum Surface
{
    /// <summary>A pipe or a file: the answer stays to the letter what the model has said.</summary>
    Pipe,

    /// <summary>A person's screen, which obeys no escapes that anybody could rely on.</summary>
    DumbTerminal,

    /// <summary>A person's screen.</summary>
    Terminal,
}
