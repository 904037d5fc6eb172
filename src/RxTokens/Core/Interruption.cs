namespace RxTokens;

/// <summary>
/// Thrown out of our <c>OnNext</c> when the stage has been ended meanwhile, and the query speaks on inside the very call that brought it an
/// item: it may be a loop in a <c>Subscribe</c> that nobody can unsubscribe from yet, and would keep the thread for ever.
/// </summary>
internal sealed class Interruption() : Exception("The stream has ended, and the query that speaks on is interrupted.");
