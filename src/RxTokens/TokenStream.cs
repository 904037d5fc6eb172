namespace RxTokens;

/// <summary>
/// Pull at both ends, Rx in the middle: operators that bridge pull streams (<see cref="IAsyncEnumerable{T}"/>) and push streams
/// (<see cref="IObservable{T}"/>) with backpressure intact.
/// </summary>
public static partial class TokenStream;
