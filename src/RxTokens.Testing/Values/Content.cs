using System.Buffers;
using System.Collections;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace RxTokens;

/// <summary>Of what the values of a type consist, to compare and to print them: items, members, or nothing but themselves.</summary>
internal sealed class Content
{
    private const BindingFlags Own = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
    private static readonly ConcurrentDictionary<Type, Content> Known = new();

    private Content(object value)
    {
        var type = value.GetType();
        HasOwnEquals = OverridesEquals(value);
        IsSet = value is IEnumerable && Implements(type, typeof(ISet<>), typeof(IReadOnlySet<>));
        Fields = !type.IsPrimitive && !type.IsEnum && value is not (IEnumerable or ITuple) && IsComparedByMembers(value) ? FieldsOf(type) : null;
        Members = value is not (IFormattable or IEnumerable or ITuple) && IsPrintedByMembers(value) ? MembersOf(type) : null;
    }

    /// <summary>Whether the type itself says what is equal; arrays, tuples and the like, which have a comparison by items beside it, do not.</summary>
    public bool HasOwnEquals { get; }

    /// <summary>Whether the order of the items does not matter.</summary>
    public bool IsSet { get; }

    /// <summary>What is compared of a record or a plain struct; null if the type has an equality that somebody wrote, or that of references.</summary>
    public IReadOnlyList<FieldInfo>? Fields { get; }

    /// <summary>What is printed of it; null if it has a text that somebody wrote.</summary>
    public IReadOnlyList<MemberInfo>? Members { get; }

    public static Content Of(object value) => Known.GetOrAdd(value.GetType(), static (_, value) => new Content(value), value);

    /// <summary>Memory as an array of what is in it; anything else as it is.</summary>
    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "Without ToArray, memory is compared by its own Equals.")]
    public static object Unwrap(object value)
    {
        switch (value)
        {
            case ReadOnlyMemory<byte> bytes:
                return bytes.ToArray();
            case Memory<byte> bytes:
                return bytes.ToArray();
            case ReadOnlySequence<byte> bytes:
                return bytes.ToArray();
        }

        var type = value.GetType();
        var isMemory = type.IsGenericType && type.GetGenericTypeDefinition() is var open
            && (open == typeof(ReadOnlyMemory<>) || open == typeof(Memory<>) || open == typeof(ArraySegment<>));
        try
        {
            return isMemory && type.GetMethod("ToArray", Type.EmptyTypes)?.Invoke(value, null) is { } array ? array : value;
        }
        catch (TargetInvocationException)
        {
            return value; // a segment of no array
        }
    }

    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "Interfaces that are trimmed away are used by nobody.")]
    public static bool Implements(Type type, params ReadOnlySpan<Type> open)
    {
        foreach (var candidate in type.GetInterfaces())
        {
            if (candidate.IsGenericType && open.Contains(candidate.GetGenericTypeDefinition()))
                return true;
        }

        return false;
    }

    private static MethodInfo EqualsOf(object value) => ((Func<object?, bool>)value.Equals).Method;

    private static bool OverridesEquals(object value) =>
        value is not IStructuralEquatable && EqualsOf(value).DeclaringType is var type && type != typeof(object) && type != typeof(ValueType);

    /// <summary>A record whose equality is the compiler's, all the way down, an anonymous type, or a struct that says nothing.</summary>
    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "What was trimmed away is compared by its own Equals.")]
    private static bool IsComparedByMembers(object value)
    {
        var declaring = EqualsOf(value).DeclaringType!;
        if (declaring == typeof(ValueType) || IsAnonymous(declaring))
            return true;

        for (var type = declaring; type is not null && type != typeof(object) && type != typeof(ValueType); type = type.BaseType)
        {
            if (type.GetMethod(nameof(Equals), Own, [type]) is not { } equals || !IsGenerated(equals))
                return false;
        }

        return declaring != typeof(object);
    }

    private static bool IsPrintedByMembers(object value)
    {
        var text = ((Func<string?>)value.ToString).Method;
        var declaring = text.DeclaringType!;
        return declaring == typeof(ValueType) || IsAnonymous(declaring) || (IsGenerated(text) && declaring != typeof(object));
    }

    private static bool IsAnonymous(Type type) => IsGenerated(type) && type.Name.Contains("AnonymousType", StringComparison.Ordinal);

    private static bool IsGenerated(MemberInfo member) => member.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false);

    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "The same for those of its bases.")]
    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "Fields that are trimmed away are used by nobody.")]
    private static List<FieldInfo> FieldsOf(Type type)
    {
        var fields = new List<FieldInfo>();
        for (var each = type; each is not null && each != typeof(object) && each != typeof(ValueType); each = each.BaseType)
            fields.AddRange(each.GetFields(Own));
        return fields;
    }

    /// <summary>Public properties and fields, those of the base first, as a record prints them.</summary>
    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "The same for those of its bases.")]
    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "Members that are trimmed away are not printed.")]
    private static List<MemberInfo> MembersOf(Type type)
    {
        const BindingFlags Public = BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly;
        var members = new List<MemberInfo>();
        for (var each = type; each is not null && each != typeof(object) && each != typeof(ValueType); each = each.BaseType)
        {
            members.InsertRange(0, each.GetMembers(Public).Where(member =>
                member is FieldInfo || (member is PropertyInfo { CanRead: true } property && property.GetIndexParameters().Length == 0)));
        }

        return members;
    }
}
