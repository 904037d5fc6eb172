namespace RxTokens;

/// <summary>One clock for everything: Rx's schedulers as the framework's <see cref="TimeProvider"/>, and the other way round.</summary>
public static partial class ClockExtensions;
