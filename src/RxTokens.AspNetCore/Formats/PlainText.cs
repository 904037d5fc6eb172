using System.Buffers;
using System.Text;

namespace RxTokens;

/// <summary>The texts, and nothing else: what goes wrong can only be told by an aborted connection.</summary>
internal sealed class PlainText : ResponseFormat<string>
{
    public const string MediaType = "text/plain";

    public const string ContentTypeOfText = MediaType + "; charset=utf-8";

    private WholeCharacters _whole;

    public override string ContentType => ContentTypeOfText;

    public override bool WriteItem(IBufferWriter<byte> output, string item)
    {
        if (_whole.Take(item) is { Length: > 0 } text)
            Encoding.UTF8.GetBytes(text, output);
        return false;
    }
}
