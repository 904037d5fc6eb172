namespace RxTokens;

public static partial class TokenStream
{
    /// <summary>Ends before the first of several stop sequences, wherever they are cut, and never shows a part of one.</summary>
    /// <remarks>
    /// <code>
    /// source  {is}--{ayE}--{at} --{.EN}--{Dx}    // it is left as soon as END is complete
    /// result  {is}--{ay} --{Eat}--.    --|       // StopAt("END")
    /// </code>
    /// <para><b>A sequence</b> is found character by character (ordinal: no case folding, no normalization), in the text as a whole. The first to be complete counts; of
    /// two that are complete at the same character the first in the list. It is not told, nor is what follows it.</para>
    /// <para><b>Demand:</b> inside <see cref="Through"/>: reads until there is text to tell. Held is the longest end of the text that begins a sequence, and
    /// half a surrogate pair; it is told as soon as it cannot become one. What has nothing to be held is told as the string that it came in.</para>
    /// <para><b>Errors:</b> a failure of the source, like its end, arrives after what is held; what <paramref name="onStopped"/> throws arrives as a failure.</para>
    /// <para><b>Disposal:</b> at the sequence the result completes, and the source is disposed. Disposing a subscription disposes the source's.</para>
    /// <para><b>Threading:</b> text is told inside the source's calls.</para>
    /// </remarks>
    /// <param name="source">Text, cut anywhere.</param>
    /// <param name="sequences">The sequences, one or more; none empty, none with half a surrogate pair.</param>
    /// <param name="onStopped">Called with the sequence that was found, before the end is told, unless the subscriber has left; null if nobody wants to know.</param>
    /// <returns>The text before the first of the sequences; all of it, where there is none.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="sequences"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="sequences"/> is empty, or one of them is null, empty, or has half a surrogate pair.</exception>
    public static IObservable<string> StopAt(this IObservable<string> source, IEnumerable<string> sequences, Action<string>? onStopped = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(sequences);
        string[] stops = [.. sequences];
        if (stops.Length == 0)
            throw new ArgumentException("There is no sequence to stop at.", nameof(sequences));
        for (var i = 0; i < stops.Length; i++)
            Sequences.ThrowIfBad(stops[i], $"sequences[{i}]", nameof(sequences));

        var matcher = new SequenceMatcher(stops);
        return new PushOperator<string, string>(source, observer => new StopSink(observer, stops, matcher, onStopped));
    }

    /// <summary>Ends before a stop sequence, wherever it is cut, and never shows a part of it.</summary>
    /// <remarks>
    /// <code>
    /// source  {is}--{ayE}--{at} --{.EN}--{Dx}    // it is left as soon as END is complete
    /// result  {is}--{ay} --{Eat}--.    --|       // StopAt("END")
    /// </code>
    /// <para>As <see cref="StopAt(IObservable{string}, IEnumerable{string}, Action{string})"/>, with one sequence.</para>
    /// <para><b>Demand:</b> inside <see cref="Through"/>: reads until there is text to tell.</para>
    /// <para><b>Errors:</b> a failure of the source, like its end, arrives after what is held.</para>
    /// <para><b>Disposal:</b> at the sequence the result completes, and the source is disposed. Disposing a subscription disposes the source's.</para>
    /// <para><b>Threading:</b> text is told inside the source's calls.</para>
    /// </remarks>
    /// <param name="source">Text, cut anywhere.</param>
    /// <param name="sequence">The sequence; not empty, without half a surrogate pair.</param>
    /// <returns>The text before the sequence; all of it, where it is not there.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="sequence"/> is null, empty, or has half a surrogate pair.</exception>
    public static IObservable<string> StopAt(this IObservable<string> source, string sequence)
    {
        ArgumentNullException.ThrowIfNull(source);
        Sequences.ThrowIfBad(sequence, nameof(sequence), nameof(sequence));

        return source.StopAt([sequence]);
    }
}

internal sealed class StopSink(IObserver<string> observer, string[] stops, SequenceMatcher matcher, Action<string>? onStopped) : TextSink<string>(observer)
{
    private int _state;
    private ReadOnlyMemory<char> _held; // that of the state, or half a surrogate pair

    protected override void Add(string piece)
    {
        var at = 0;
        if (matcher.Find(piece, ref at, ref _state) is var found and >= 0)
        {
            var before = Sequences.Join(_held.Span, piece.AsSpan(0, at), without: stops[found].Length);
            _held = default;
            Tell(before);
            if (IsOver)
                return;

            onStopped?.Invoke(stops[found]);
            Complete();
            return;
        }

        Tell(Sequences.Pass(piece, matcher.Held(_state), ref _held));
    }

    protected override void AddEnd() => Tell(_held.ToString());

    private void Tell(string text)
    {
        if (text.Length > 0)
            Emit(text);
    }
}

/// <summary>What those who look for sequences have in common.</summary>
internal static class Sequences
{
    /// <summary>What was held and a piece, without so many characters at their end.</summary>
    public static string Join(ReadOnlySpan<char> held, ReadOnlySpan<char> piece, int without)
    {
        var length = held.Length + piece.Length - without;
        return length <= held.Length ? held[..length].ToString() : string.Concat(held, piece[..(length - held.Length)]);
    }

    /// <summary>What passes of what was held and a piece; behind it waits what may become a sequence, or else half a surrogate pair.</summary>
    public static string Pass(string piece, ReadOnlyMemory<char> beginning, ref ReadOnlyMemory<char> held)
    {
        var before = held;
        held = beginning.Length > 0 ? beginning
            : piece.Length == 0 ? before
            : char.IsHighSurrogate(piece[^1]) ? piece[^1].ToString().AsMemory()
            : default;
        return before.Length == 0 && held.Length == 0 ? piece : Join(before.Span, piece, without: held.Length);
    }

    public static void ThrowIfBad(string? sequence, string what, string parameter)
    {
        if (sequence is null)
            throw new ArgumentException($"{what} is null.", parameter);
        if (sequence.Length == 0)
            throw new ArgumentException($"{what} is empty: every text would have it.", parameter);

        for (var i = 0; i < sequence.Length; i++)
        {
            if (char.IsSurrogatePair(sequence, i))
                i++;
            else if (char.IsSurrogate(sequence[i]))
                throw new ArgumentException($"{what} has half a surrogate pair, U+{(int)sequence[i]:X4}, at {i}: characters are not cut in two.", parameter);
        }
    }
}
