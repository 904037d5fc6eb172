using System.Threading.Channels;
using Channels = System.Threading.Channels.Channel;

namespace RxTokens.Tests.Conceptual;

/// <summary>The framework's channels, whose readers go on inside the write: the models run on one thread.</summary>
internal static class Channel
{
    public static Channel<T> CreateUnbounded<T>() => Channels.CreateUnbounded<T>(new UnboundedChannelOptions { AllowSynchronousContinuations = true });

    public static Channel<T> CreateBounded<T>(BoundedChannelOptions options, Action<T>? itemDropped = null)
    {
        options.AllowSynchronousContinuations = true;
        return Channels.CreateBounded(options, itemDropped);
    }
}
