using System.Reactive;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace RxTokens;

public static partial class TokenStream
{
    private const int DefaultMaxDepth = 64;

    /// <summary>Shows a JSON document while it arrives, as of a tool call's arguments: after each piece the document so far, made valid.</summary>
    /// <remarks>
    /// <code>
    /// source  -{[1}--{2,"}--{h}--{i"}--{]}|
    /// result  -{[1]}--{[12,""]}--{[12,"h"]}--{[12,"hi"]}---|    // PartialJson()
    /// </code>
    /// <para><b>A view</b> is valid JSON (RFC 8259): the text as it came, from its first character that is no white space, with what is open closed
    /// behind it. A string is closed where it is cut, but without half an escape or half a surrogate pair; a member is shown when its
    /// name is whole and its value has begun; a number is shown as far as it is one (of <c>-1.5e</c>: <c>-1.5</c>), its digits as they came; a
    /// literal is whole from its first letter; a comma that nothing follows is left out. Of members of the same name the last wins: the earlier one
    /// goes when its value begins. Half a surrogate pair that stays alone becomes U+FFFD, or <c>\uFFFD</c> where it was an escape.</para>
    /// <para><b>When:</b> once after each piece that changes the view. The last view is the whole document, without the white space
    /// around it. Nothing is told while only white space has come.</para>
    /// <para><b>Demand:</b> inside <see cref="Through"/>: reads on until a piece changes the view. Held is the document. A view is a string of its
    /// length, so that a document of n characters in k pieces costs n · k; besides that string each piece costs its own length.
    /// <c>Conflate</c> in front, which joins the text that has come while the reader was busy, makes fewer of them.</para>
    /// <para><b>Errors:</b> what System.Text.Json refuses fails at the same character (a wrong escape at the character behind the backslash),
    /// after the view of what stands before it, with a <see cref="JsonException"/> that has the line and the byte, and in its message the character. So does
    /// text behind the document, and at the end a document that is not whole, or none. A failure of the source arrives after the view.</para>
    /// <para><b>Disposal:</b> of a subscription disposes the source's.</para>
    /// <para><b>Threading:</b> views are told inside the source's calls.</para>
    /// </remarks>
    /// <param name="source">The text of one document, cut anywhere.</param>
    /// <param name="maxChars">The longest document, in UTF-16 characters; at least 1.</param>
    /// <param name="maxDepth">How deeply arrays and objects may lie in each other; at least 1.</param>
    /// <returns>The views. Fails with a <see cref="BackpressureException"/>, after the view, where the document is longer than <paramref name="maxChars"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxChars"/> or <paramref name="maxDepth"/> is not positive.</exception>
    public static IObservable<string> PartialJson(this IObservable<string> source, int maxChars = DefaultMaxSegment, int maxDepth = DefaultMaxDepth)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxChars, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxDepth, 1);

        return new PushOperator<string, string>(source, observer => new PartialJsonSink(observer, maxChars, maxDepth));
    }

    /// <summary>Reads a JSON document while it arrives: after each piece what there is of it, as an object.</summary>
    /// <remarks>
    /// <code>
    /// source  -{[1}--{,2}--{3}--{]}|
    /// result  -{[1]}--{[1,2]}--{[1,23]}---|    // PartialJson(Json.Default.Int32Array)
    /// </code>
    /// <para><b>What is told</b> is each view of <see cref="PartialJson(IObservable{string}, int, int)"/>, read by <see cref="JsonSerializer"/> as
    /// <paramref name="typeInfo"/> says (of a <c>JsonSerializerContext</c>: no reflection). A view that it cannot read, as one where a required
    /// member is yet to come or half a date stands, is left out. Properties with defaults cost less than such views: each is an exception.</para>
    /// <para><b>Demand:</b> inside <see cref="Through"/>: reads on until a view can be read. Each is read from its beginning.</para>
    /// <para><b>Errors:</b> those of the document (in its options: neither comments nor trailing commas); at its end the <see cref="JsonException"/> of the
    /// last view, where that could not be read. Any other exception of the serializer ends the stream at once.</para>
    /// <para><b>Disposal:</b> of a subscription disposes the source's.</para>
    /// <para><b>Threading:</b> values are read and told inside the source's calls.</para>
    /// </remarks>
    /// <typeparam name="T">The type of the document.</typeparam>
    /// <param name="source">The text of one document, cut anywhere.</param>
    /// <param name="typeInfo">How it is read: of a <c>JsonSerializerContext</c>.</param>
    /// <param name="maxChars">The longest document, in UTF-16 characters; at least 1.</param>
    /// <param name="maxDepth">How deeply arrays and objects may lie in each other; at least 1.</param>
    /// <returns>The values; null where the document is <c>null</c>. Fails as the views do.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="typeInfo"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxChars"/> or <paramref name="maxDepth"/> is not positive.</exception>
    public static IObservable<T?> PartialJson<T>(
        this IObservable<string> source, JsonTypeInfo<T> typeInfo, int maxChars = DefaultMaxSegment, int maxDepth = DefaultMaxDepth)
    {
        ArgumentNullException.ThrowIfNull(typeInfo);

        return new PartialJsonValues<T>(source.PartialJson(maxChars, maxDepth), typeInfo);
    }
}

internal sealed class PartialJsonSink(IObserver<string> observer, int maxChars, int maxDepth) : TextSink<string>(observer)
{
    private readonly JsonPrefix _document = new(maxChars, maxDepth);
    private string? _view;

    protected override void Add(string piece)
    {
        _document.Add(piece);
        Show();
    }

    protected override void AddEnd()
    {
        Show(); // of a piece with a mistake in it
        _document.End();
    }

    private void Show()
    {
        // A member that takes the place of an equal one has changed nothing.
        if (!_document.TryTakeView(out var view) || view == _view)
            return;

        _view = view;
        Emit(view);
    }
}

internal sealed class PartialJsonValues<T>(IObservable<string> views, JsonTypeInfo<T> typeInfo) : ObservableBase<T?>
{
    protected override IDisposable SubscribeCore(IObserver<T?> observer) => views.Subscribe(new Reader(observer, typeInfo));

    private sealed class Reader(IObserver<T?> observer, JsonTypeInfo<T> typeInfo) : IObserver<string>
    {
        private JsonException? _failure; // of the last view
        private bool _isOver;

        public void OnNext(string value)
        {
            if (_isOver)
                return;

            T? read;
            try
            {
                read = JsonSerializer.Deserialize(value, typeInfo);
                _failure = null;
            }
            catch (JsonException failure)
            {
                _failure = failure;
                return;
            }
            catch (Exception failure)
            {
                OnError(failure);
                return;
            }

            observer.OnNext(read);
        }

        public void OnError(Exception error)
        {
            if (_isOver)
                return;

            _isOver = true;
            observer.OnError(error);
        }

        public void OnCompleted()
        {
            if (_failure is not null)
                OnError(_failure);
            else if (!_isOver)
                observer.OnCompleted();
        }
    }
}
