using BenchmarkDotNet.Running;
using RxTokens.Benchmarks;

// "ratios [--markdown] [--quick]" is the short form; everything else goes to BenchmarkDotNet.
if (args is not ["ratios", .. var options])
{
    BenchmarkSwitcher.FromAssembly(typeof(Ratios).Assembly).Run(args);
    return 0;
}

if (options.Except(["--markdown", "--quick"]).ToList() is { Count: > 0 } unknown)
{
    Console.Error.WriteLine($"Unknown: {string.Join(" ", unknown)}. Usage: ratios [--markdown] [--quick]");
    return 2;
}

return await Ratios.RunAsync(markdown: options.Contains("--markdown"), quick: options.Contains("--quick"));
