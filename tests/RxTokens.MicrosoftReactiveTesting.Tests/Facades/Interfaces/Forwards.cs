using System.Reactive;
using System.Reactive.Concurrency;
using System.Runtime.CompilerServices;

[assembly: TypeForwardedTo(typeof(IObserver<,>))]
[assembly: TypeForwardedTo(typeof(IScheduler))]
