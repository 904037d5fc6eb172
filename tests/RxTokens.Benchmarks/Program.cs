using System.Globalization;
using BenchmarkDotNet.Running;
using RxTokens.Benchmarks;

// What a limit to unsent bytes costs a client that is fast.
if (args is ["unsent-limit", ..])
    return await UnsentLimitRun.RunAsync();

// "ratios" is the short form, "load" serves many readers, "text" is about the text operators; everything else goes to BenchmarkDotNet.
if (args is not ["ratios" or "load" or "text", .. var given])
{
    BenchmarkSwitcher.FromAssembly(typeof(Ratios).Assembly).Run(args);
    return 0;
}

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args[0] == "load")
    return await Load.MainAsync(given);
if (args[0] == "text")
    return TextRates.Run(given);

if (!Options.TryParse(given, out var options, out var error))
{
    Console.Error.WriteLine(error);
    return 2;
}

return options.Child is { } name ? await Child.AnswerAsync(name, options.Quick) : await Ratios.RunAsync(options);
