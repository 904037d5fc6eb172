namespace RxTokens;

/// <summary>
/// The caller's <see cref="AsyncLocal{T}"/>s. What functions that run inside its call set is theirs alone, as in an iterator: the call restores
/// what it found.
/// </summary>
internal readonly struct AmbientValues
{
    private readonly ExecutionContext? _context;

    private AmbientValues(ExecutionContext? context) => _context = context;

    public static AmbientValues Capture() => new(ExecutionContext.Capture());

    public void Restore()
    {
        if (_context is not null)
            ExecutionContext.Restore(_context);
    }
}
