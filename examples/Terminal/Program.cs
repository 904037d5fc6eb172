using System.Runtime.InteropServices;
using System.Text;
using Spectre.Console;
using Terminal;

try
{
    Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
}
catch (Exception closed) when (closed is IOException or UnauthorizedAccessException)
{
    // Whoever writes will be told.
}

using var stop = new CancellationTokenSource();
void OnSignal(PosixSignalContext signal)
{
    // The first one stops the model, and the summary follows; the second one ends the program at once.
    signal.Cancel = !stop.IsCancellationRequested;
    stop.Cancel();
}

using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);

var surface = Console.IsOutputRedirected ? Surface.Pipe : AnsiConsole.Profile.Capabilities.Ansi ? Surface.Terminal : Surface.DumbTerminal;
return await App.RunAsync(args, StandardOutput.Open(), Console.Error, surface, Keyboard.Keys, stop.Token);
