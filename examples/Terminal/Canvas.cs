using Spectre.Console;

namespace Terminal;

/// <summary>A console that writes to a string, so that a frame reaches the terminal in one piece.</summary>
internal static class Canvas
{
    /// <summary>Whether the user has not turned colors off: https://no-color.org.</summary>
    public static bool IsColorWanted => string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

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
