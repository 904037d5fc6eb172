using System.Globalization;
using BenchmarkDotNet.Running;
using RxTokens.Benchmarks;

// "ratios" is the short form; everything else goes to BenchmarkDotNet.
if (args is not ["ratios", .. var given])
{
    BenchmarkSwitcher.FromAssembly(typeof(Ratios).Assembly).Run(args);
    return 0;
}

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (!Options.TryParse(given, out var options, out var error))
{
    Console.Error.WriteLine(error);
    return 2;
}

return options.Child is { } name ? await Child.AnswerAsync(name, options.Quick) : await Ratios.RunAsync(options);
