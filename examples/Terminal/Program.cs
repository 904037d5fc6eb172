using System.Runtime.InteropServices;
using System.Text;
using Spectre.Console;
using Terminal;

Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

using var stop = new CancellationTokenSource();
void OnSignal(PosixSignalContext signal)
{
    // The first one stops the model, and the summary follows; the second one ends the program at once.
    signal.Cancel = !stop.IsCancellationRequested;
    stop.Cancel();
}

using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);

var isTerminal = !Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities.Ansi;
return await App.RunAsync(args, Console.Out, Console.Error, isTerminal, stop.Token);
