using System.Diagnostics;

namespace RxTokens;

/// <summary>A pull stream over something that is no stream; each enumeration starts an enumerator of its own.</summary>
[DebuggerDisplay("{_name,nq}({_origin})")]
internal sealed class SourceStream<TSource>(string name, object origin, Func<CancellationToken, IAsyncEnumerator<TSource>> start)
    : IAsyncEnumerable<TSource>
{
    private readonly string _name = name;
    private readonly object _origin = origin;

    public IAsyncEnumerator<TSource> GetAsyncEnumerator(CancellationToken cancellationToken = default) => start(cancellationToken);

    public override string ToString() => $"{_name}({_origin})";
}
