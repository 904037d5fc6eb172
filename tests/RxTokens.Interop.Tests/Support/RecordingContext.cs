namespace RxTokens.Interop.Tests;

/// <summary>Where an async void method leaves what it throws.</summary>
internal sealed class RecordingContext : SynchronizationContext
{
    public Exception? Escaped { get; private set; }

    public void Run(Action action)
    {
        var before = Current;
        SetSynchronizationContext(this);
        try
        {
            action();
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    public override void Post(SendOrPostCallback d, object? state)
    {
        try
        {
            d(state);
        }
        catch (Exception escaped)
        {
            Escaped = escaped;
        }
    }
}
