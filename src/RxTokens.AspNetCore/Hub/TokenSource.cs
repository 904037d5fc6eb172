namespace RxTokens;

/// <summary>Makes the stream of an answer, away from the request that has asked for it.</summary>
/// <param name="services">A scope of the application's services, which lasts as long as the stream does. Those of the request do not.</param>
/// <param name="cancellationToken">Cancelled when the answer is stopped.</param>
/// <returns>The stream, enumerated once.</returns>
public delegate IAsyncEnumerable<string> TokenSource(IServiceProvider services, CancellationToken cancellationToken);
