namespace RxTokens;

/// <summary>In the library's place of <see cref="System.Threading.Lock"/>, which the explorer does not know: a plain monitor.</summary>
internal sealed class Lock;
