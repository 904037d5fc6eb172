using System.Diagnostics.CodeAnalysis;
using System.Net.ServerSentEvents;

namespace RxTokens;

/// <summary>An <see cref="SseItem{T}"/> behind a type that does not say so: its envelope is not to be taken for data.</summary>
internal sealed record BoxedEvent(object? Data, string EventType, string? EventId, TimeSpan? ReconnectionInterval)
{
    public static bool IsEvent(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(SseItem<>);

    /// <summary>The fields of the item, if it is an event.</summary>
    /// <exception cref="NotSupportedException">It is one whose properties a trimmed application has lost.</exception>
    public static BoxedEvent? Open(object? item) => item switch
    {
        null => null,
        SseItem<string> text => new(text.Data, text.EventType, text.EventId, text.ReconnectionInterval),
        SseItem<object> any => new(any.Data, any.EventType, any.EventId, any.ReconnectionInterval),
        _ when IsEvent(item.GetType()) => Read(item),
        _ => null,
    };

    [DynamicDependency(DynamicallyAccessedMemberTypes.PublicProperties, typeof(SseItem<>))]
    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "The properties of SseItem are kept by the line above; where one is missing all the same, the item fails.")]
    private static BoxedEvent Read(object item)
    {
        var type = item.GetType();
        return new(
            Get(nameof(SseItem<>.Data)),
            (string)Get(nameof(SseItem<>.EventType))!,
            (string?)Get(nameof(SseItem<>.EventId)),
            (TimeSpan?)Get(nameof(SseItem<>.ReconnectionInterval)));

        object? Get(string name) => (type.GetProperty(name) ?? throw new NotSupportedException(
            $"The property {name} of {type} is not to be found in this application: give the stream to ServerSentEvents as one of SseItem, not of {nameof(Object)}.")).GetValue(item);
    }
}
