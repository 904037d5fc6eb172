using System.Diagnostics;
using System.Reflection;
using System.Text.RegularExpressions;

namespace RxTokens.Packaging.Tests;

/// <summary>What a person meets in a debugger says what state it is in.</summary>
[TestFixtureSource(typeof(Package), nameof(Package.All))]
public partial class DebuggerTests(Package package)
{
    [Test]
    public void EveryTypeWithState_HasADisplay() =>
        Assert.That(package.Assembly.GetExportedTypes().Where(type => HasState(type) && !SaysWhatItIs(type)).Select(type => type.FullName), Is.Empty);

    [Test]
    public void EveryDisplay_NamesMembersThatExist()
    {
        var wrong =
            from type in package.Assembly.GetTypes()
            from display in type.GetCustomAttributes<DebuggerDisplayAttribute>(inherit: false)
            from expression in Expression().Matches(display.Value!)
            where TypeOf(type, expression.Groups[1].Value) is null
            select $"{expression.Value} of {type}";

        Assert.That(wrong, Is.Empty);
    }

    private static bool HasState(Type type) => !type.IsInterface && !(type.IsAbstract && type.IsSealed) && !type.IsEnum && !typeof(Delegate).IsAssignableFrom(type);

    private static bool SaysWhatItIs(Type type) =>
        type.IsDefined(typeof(DebuggerDisplayAttribute), inherit: false)
        || type.GetMethod(nameof(ToString), Type.EmptyTypes)!.DeclaringType!.Assembly == type.Assembly
        || typeof(Exception).IsAssignableFrom(type);

    /// <summary>The type at the end of a path of members and calls, such as <c>_work.Count</c>.</summary>
    private static Type? TypeOf(Type type, string path)
    {
        var found = type;
        foreach (var name in path.Split('.'))
            found = found is null ? null : TypeOfMember(found, name.Replace("()", "", StringComparison.Ordinal));
        return found;
    }

    private static Type? TypeOfMember(Type type, string name)
    {
        const BindingFlags any = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance;
        Type[] all = [type, .. type.GetInterfaces(), .. type.BaseType is { } parent ? new[] { parent } : []];
        return all.Select(t => t.GetProperty(name, any)?.PropertyType ?? t.GetField(name, any)?.FieldType ?? t.GetMethod(name, any, Type.EmptyTypes)?.ReturnType)
            .FirstOrDefault(found => found is not null);
    }

    [GeneratedRegex(@"\{([\w.()]+)(,nq)?\}")]
    private static partial Regex Expression();
}
