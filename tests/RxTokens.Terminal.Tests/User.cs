using System.Text.RegularExpressions;
using System.Threading.Channels;
using Terminal;

namespace RxTokens.Terminal.Tests;

/// <summary>Somebody who runs the program and reads what it prints.</summary>
internal sealed class User
{
    private readonly Screen _output = new();
    private readonly StringWriter _error = new();

    public string Output => _output.ToString();

    public string Error => _error.ToString();

    public int ExitCode { get; private set; } = -1;

    public string[] Lines => Output.Split('\n', StringSplitOptions.TrimEntries);

    public static Task<User> Runs(params string[] args) => Runs(Surface.Pipe, args);

    /// <summary>Asks a server, and reads the answer on a terminal or in a pipe.</summary>
    public static Task<User> Asks(OddServer server, Surface surface = Surface.Pipe, params string[] more) =>
        Runs(surface, ["--endpoint", server.Address, "--model", "m", .. more]);

    public static async Task<User> Runs(Surface surface, params string[] args)
    {
        var user = new User();
        user.ExitCode = await App.RunAsync(args, user._output, user._error, surface).WaitAsync(TimeSpan.FromSeconds(20));
        return user;
    }

    /// <summary>Presses Ctrl+C when so many characters are on the screen.</summary>
    public static async Task<User> RunsAndStops(int afterCharacters, params string[] args)
    {
        using var stop = new CancellationTokenSource();
        var user = new User();
        // From another thread, as a signal comes.
        user._output.Grown = length =>
        {
            if (length >= afterCharacters && !stop.IsCancellationRequested)
                ThreadPool.QueueUserWorkItem(_ => stop.Cancel());
        };
        user.ExitCode = await App.RunAsync(args, user._output, user._error, stop: stop.Token).WaitAsync(TimeSpan.FromSeconds(20));
        return user;
    }

    /// <summary>Runs the live mode, and presses a key when something is drawn, then the next key when the next thing is.</summary>
    public static async Task<User> RunsAndPresses((string Seen, char Key)[] presses, params string[] args)
    {
        var waiting = new Queue<(string Seen, char Key)>(presses);
        var keys = Channel.CreateUnbounded<char>();
        var user = new User();
        user._output.Written = drawn =>
        {
            if (waiting.TryPeek(out var next) && drawn.Contains(next.Seen))
                keys.Writer.TryWrite(waiting.Dequeue().Key);
        };
        user.ExitCode = await App.RunAsync(args, user._output, user._error, Surface.Terminal, TokenStream.FromChannel(keys.Reader)).WaitAsync(TimeSpan.FromSeconds(20));
        return user;
    }

    /// <summary>The value in the line of the summary that begins with this label.</summary>
    public string Figure(string label) =>
        Regex.Match(Output, $"^{Regex.Escape(label)} {{2,}}(.*?)\r?$", RegexOptions.Multiline) is { Success: true } line
            ? line.Groups[1].Value
            : throw new AssertionException($"There is no '{label}' in:\n{Output}");

    private sealed class Screen : StringWriter
    {
        private int _length;

        public Action<int>? Grown { get; set; }

        public Action<string>? Written { get; set; }

        public override void Write(char value)
        {
            base.Write(value);
            Grow(1);
        }

        public override void Write(string? value)
        {
            base.Write(value);
            Written?.Invoke(value ?? "");
            Grow(value?.Length ?? 0);
        }

        private void Grow(int by) => Grown?.Invoke(_length += by);
    }
}
