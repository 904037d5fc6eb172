using System.Reactive.Linq;
using System.Text;
using RxTokens;

namespace Terminal;

/// <summary>The recording cannot be written any further.</summary>
internal sealed class RecordingFileException(string message) : IOException(message);

/// <summary>
/// The file that an answer is recorded in. The whole line goes to the system at once: what has arrived is in the file
/// however the program ends.
/// </summary>
internal sealed class RecordingFile(string path, string name, TimeProvider time) : TextWriter
{
    private readonly Lock _gate = new();
    private readonly FileStream _file = new(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
    private int _chunks;

    public string Path { get; } = path;

    /// <summary>How many pieces of text are in the file.</summary>
    public int Chunks => Volatile.Read(ref _chunks);

    public override Encoding Encoding => Encoding.UTF8;

    /// <summary>The same stream, written down with its times as it is read.</summary>
    public IAsyncEnumerable<string> Record(IAsyncEnumerable<string> tokens) =>
        tokens
            .RecordTo(this, time, name)
            .Through(recorded => recorded.Do(_ => Interlocked.Increment(ref _chunks)));

    public override void Write(char value) => Write(value.ToString());

    public override void Write(string? value)
    {
        try
        {
            // A pushed answer may still be read when the program closes the file.
            lock (_gate)
                _file.Write(Encoding.UTF8.GetBytes(value ?? ""));
        }
        catch (IOException full)
        {
            // Anything else that is an IOException is the connection's.
            throw new RecordingFileException(full.Message);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            lock (_gate)
                _file.Dispose();
        }

        base.Dispose(disposing);
    }
}
