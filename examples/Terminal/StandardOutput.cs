using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Terminal;

/// <summary>Who was to read the output has left: there is nobody to go on for.</summary>
internal sealed class ReaderLeftException(IOException cause) : IOException("The reader of the output has left.", cause);

/// <summary>Standard output that says so when nobody reads it any more: the console's own is silent about it.</summary>
internal static class StandardOutput
{
    private const int BrokenPipe = 32; // EPIPE

    public static TextWriter Open()
    {
        if (!Console.IsOutputRedirected || OperatingSystem.IsWindows())
            return Console.Out;

        try
        {
            var file = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);

            // In a file the system knows where others have written meanwhile; a FileStream does not.
            return file.CanSeek ? Console.Out : TextWriter.Synchronized(new StreamWriter(new Pipe(file), new UTF8Encoding(false)) { AutoFlush = true });
        }
        catch (Exception closed) when (closed is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return Console.Out;
        }
    }

    private sealed class Pipe(FileStream file) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Write(byte[] buffer, int offset, int count)
        {
            try
            {
                file.Write(buffer, offset, count);
            }
            catch (IOException broken) when (broken.HResult == BrokenPipe)
            {
                throw new ReaderLeftException(broken);
            }
        }

        public override void Flush()
        {
            // Nothing is kept back.
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
