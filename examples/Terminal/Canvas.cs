using Spectre.Console;

namespace Terminal;

/// <summary>A console that writes to a string, so that a frame reaches the terminal in one piece.</summary>
internal static class Canvas
{
    /// <summary>Whether the user has not turned colors off: https://no-color.org.</summary>
    public static bool IsColorWanted => string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    /// <summary>The size of the terminal.</summary>
    public static (int Width, int Height) Size => SizeOf(Console.WindowWidth, Console.WindowHeight);

    /// <summary>Some terminals do not know their size, and say zero: then it is the usual one.</summary>
    public static (int Width, int Height) SizeOf(int width, int height) => (width > 0 ? width : 80, height > 0 ? height : 24);

    public static (IAnsiConsole Console, StringWriter Buffer) Create(int width, int height, bool hasColors)
    {
        var buffer = new StringWriter { NewLine = "\n" };
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes,
            ColorSystem = hasColors ? ColorSystemSupport.EightBit : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(buffer),
        });
        console.Profile.Width = width;
        console.Profile.Height = height;
        console.Profile.Capabilities.Unicode = true;
        return (console, buffer);
    }
}
