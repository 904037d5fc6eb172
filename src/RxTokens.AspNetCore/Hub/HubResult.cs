using System.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace RxTokens;

/// <summary>What an endpoint of a <see cref="TokenStreamHub"/> answers.</summary>
[DebuggerDisplay("{_what,nq}")]
internal sealed class HubResult(string what, Func<HttpContext, Task> execute) : IResult
{
    private readonly string _what = what;

    public Task ExecuteAsync(HttpContext httpContext)
    {
        ArgumentNullException.ThrowIfNull(httpContext);

        return execute(httpContext);
    }

    public override string ToString() => _what;
}
