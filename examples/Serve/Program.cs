using Serve;

return await CommandLine.Create(Server.RunAsync, Check.RunAsync).Parse(args).InvokeAsync();
