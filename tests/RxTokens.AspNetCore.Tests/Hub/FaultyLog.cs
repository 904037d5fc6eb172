using Microsoft.Extensions.Logging;

namespace RxTokens.AspNetCore.Tests;

/// <summary>A log in memory that does first what the test says.</summary>
internal sealed class FaultyLog : ITokenLog
{
    public MemoryTokenLog Inner { get; } = new(100_000, TimeSpan.FromMinutes(5));

    public Func<CancellationToken, Task> OnBegin { get; init; } = _ => Task.CompletedTask;

    public Func<CancellationToken, Task> OnAppend { get; init; } = _ => Task.CompletedTask;

    public Func<Task> OnEnd { get; init; } = () => Task.CompletedTask;

    /// <summary>Whether it is found.</summary>
    public Func<Task<bool>> OnFind { get; init; } = () => Task.FromResult(true);

    public async ValueTask<long> BeginAsync(string key, CancellationToken cancellationToken = default)
    {
        await OnBegin(cancellationToken);
        return await Inner.BeginAsync(key, cancellationToken);
    }

    public async ValueTask AppendAsync(string key, long fence, string text, CancellationToken cancellationToken = default)
    {
        await OnAppend(cancellationToken);
        await Inner.AppendAsync(key, fence, text, cancellationToken);
    }

    public async ValueTask<bool> EndAsync(string key, long? fence, TokenLogEnd end, CancellationToken cancellationToken = default)
    {
        await OnEnd();
        return await Inner.EndAsync(key, fence, end, cancellationToken);
    }

    public async ValueTask<TokenLogState?> FindAsync(string key, CancellationToken cancellationToken = default) =>
        await OnFind() ? await Inner.FindAsync(key, cancellationToken) : null;

    public IAsyncEnumerable<TokenLogEntry> ReadAsync(string key, long position, CancellationToken cancellationToken = default) => Inner.ReadAsync(key, position, cancellationToken);

    public ValueTask RemoveAsync(string key, CancellationToken cancellationToken = default) => Inner.RemoveAsync(key, cancellationToken);
}

/// <summary>Logging that fails.</summary>
internal sealed class FaultyLogger : ILoggerFactory, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => throw new IOException("The disk is full.");

    public void Dispose()
    {
    }
}

/// <summary>A clock whose timers ring when the test says, also those that are disposed: a callback may be on its way then.</summary>
internal sealed class HeldClock : TimeProvider
{
    private readonly List<(TimeSpan Due, Action Ring)> _timers = [];

    public List<Action> Due(int seconds) => [.. _timers.Where(timer => timer.Due == TimeSpan.FromSeconds(seconds)).Select(timer => timer.Ring)];

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        _timers.Add((dueTime, () => callback(state)));
        return new Held();
    }

    private sealed class Held : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => default;
    }
}
