using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace RxTokens.Packaging.Tests;

/// <summary>The public API of an assembly as text: one line per type and member, C#-like, sorted.</summary>
internal static class ApiListing
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void", [typeof(object)] = "object", [typeof(string)] = "string", [typeof(bool)] = "bool", [typeof(char)] = "char",
        [typeof(byte)] = "byte", [typeof(short)] = "short", [typeof(int)] = "int", [typeof(long)] = "long", [typeof(float)] = "float",
        [typeof(double)] = "double", [typeof(decimal)] = "decimal", [typeof(uint)] = "uint", [typeof(ulong)] = "ulong",
    };

    public static string Of(Assembly assembly) => Of(assembly.GetExportedTypes());

    public static string Of(params IEnumerable<Type> types)
    {
        var text = new StringBuilder();
        foreach (var type in types.OrderBy(t => t.FullName, StringComparer.Ordinal))
        {
            text.Append(Declaration(type)).Append('\n');
            foreach (var line in PublicMembers(type).Select(Describe).Distinct().Order(StringComparer.Ordinal))
                text.Append("    ").Append(line).Append('\n');
            text.Append('\n');
        }

        return text.ToString().TrimEnd('\n') + "\n";
    }

    /// <summary>The members that a user can see and whose documentation is the author's: no accessors, nothing compiler-made.</summary>
    public static IEnumerable<MemberInfo> PublicMembers(Type type)
    {
        if (typeof(Delegate).IsAssignableFrom(type))
            return [];

        return
            from member in type.GetMembers(Declared)
            where member is not Type
            where IsVisible(member)
            where !member.IsDefined(typeof(CompilerGeneratedAttribute)) || member is ConstructorInfo
            where member is not MethodInfo { IsSpecialName: true } method || method.Name.StartsWith("op_", StringComparison.Ordinal)
            where member is not FieldInfo { IsSpecialName: true }
            select member;
    }

    private static bool IsVisible(MemberInfo member) => member switch
    {
        MethodBase method => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly,
        FieldInfo field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly,
        PropertyInfo property => property.GetAccessors(nonPublic: true).Any(IsVisible),
        EventInfo @event => IsVisible(@event.AddMethod!),
        _ => false,
    };

    private static string Declaration(Type type)
    {
        var kind = type.IsEnum ? "enum"
            : typeof(Delegate).IsAssignableFrom(type) ? "delegate"
            : type.IsInterface ? "interface"
            : type.IsValueType ? (type.IsDefined(typeof(IsReadOnlyAttribute)) ? "readonly struct" : "struct")
            : type.IsAbstract && type.IsSealed ? "static class"
            : type.IsAbstract ? "abstract class"
            : type.IsSealed ? "sealed class" : "class";

        if (kind == "delegate")
            return $"{type.Namespace}: delegate {Signature(type.GetMethod("Invoke")!, Name(type))}";

        Type?[] bases = [type.IsValueType || type.BaseType == typeof(object) ? null : type.BaseType, .. DeclaredInterfaces(type)];
        var list = string.Join(", ", bases.OfType<Type>().Select(Name));
        return $"{type.Namespace}: {kind} {Name(type)}{(list.Length == 0 || type.IsEnum ? "" : " : " + list)}{Constraints(type.GetGenericArguments())}";
    }

    private static IEnumerable<Type> DeclaredInterfaces(Type type) =>
        type.GetInterfaces()
            .Except(type.BaseType?.GetInterfaces() ?? [])
            .Where(i => i.IsVisible)
            .OrderBy(Name, StringComparer.Ordinal);

    private static string Describe(MemberInfo member) => member switch
    {
        ConstructorInfo constructor => $"{Access(constructor)}new({Parameters(constructor)})",
        MethodInfo method => $"{Access(method)}{Signature(method, method.Name + GenericArguments(method))}",
        PropertyInfo property => $"{Access(property.GetAccessors(nonPublic: true)[0])}{Required(property)}{Name(new NullabilityInfoContext().Create(property))} {PropertyName(property)} {{ {Accessors(property)}}}",
        FieldInfo { IsLiteral: true, DeclaringType.IsEnum: true } value => $"{value.Name} = {Convert.ToInt64(value.GetRawConstantValue(), CultureInfo.InvariantCulture)}",
        FieldInfo field => $"{(field.IsLiteral ? "const " : field.IsStatic ? "static " : "")}{Required(field)}{(field.IsInitOnly ? "readonly " : "")}{Name(new NullabilityInfoContext().Create(field))} {field.Name}",
        EventInfo @event => $"{Access(@event.AddMethod!)}event {Name(new NullabilityInfoContext().Create(@event))} {@event.Name}",
        _ => throw new NotSupportedException($"{member.MemberType} {member}"),
    };

    private static string Required(MemberInfo member) => member.IsDefined(typeof(RequiredMemberAttribute)) ? "required " : "";

    private static string Access(MethodBase method) =>
        (method.IsPublic ? "" : "protected ")
        + (method.IsStatic ? "static " : "")
        + (method is not MethodInfo { IsVirtual: true, IsFinal: false } virtualMethod || method.DeclaringType!.IsInterface ? ""
            : virtualMethod.GetBaseDefinition() != virtualMethod ? "override "
            : method.IsAbstract ? "abstract " : "virtual ");

    private static string Signature(MethodInfo method, string name) =>
        $"{Name(new NullabilityInfoContext().Create(method.ReturnParameter))} {name}({Parameters(method)})"
        + Constraints(method.IsGenericMethod ? method.GetGenericArguments() : []);

    private static string GenericArguments(MethodInfo method) =>
        method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(a => a.Name))}>" : "";

    private static string PropertyName(PropertyInfo property) =>
        property.GetIndexParameters() is { Length: > 0 } indices ? $"this[{string.Join(", ", indices.Select(Parameter))}]" : property.Name;

    private static string Accessors(PropertyInfo property)
    {
        var get = property.GetMethod is { } getter && IsVisible(getter) ? "get; " : "";
        if (property.SetMethod is not { } setter || !IsVisible(setter))
            return get;
        var isInit = setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit));
        return get + (isInit ? "init; " : "set; ");
    }

    private static string Parameters(MethodBase method) =>
        (method.IsDefined(typeof(ExtensionAttribute), inherit: false) ? "this " : "")
        + string.Join(", ", method.GetParameters().Select(Parameter));

    private static string Parameter(ParameterInfo parameter)
    {
        var modifier = parameter.IsDefined(typeof(ParamArrayAttribute)) || parameter.IsDefined(typeof(ParamCollectionAttribute)) ? "params "
            : parameter.IsOut ? "out "
            : parameter.IsIn ? "in "
            : parameter.ParameterType.IsByRef ? "ref " : "";
        return $"{modifier}{Name(new NullabilityInfoContext().Create(parameter))} {parameter.Name}{Default(parameter)}";
    }

    private static string Default(ParameterInfo parameter)
    {
        if (!parameter.HasDefaultValue)
            return "";

        var type = Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;
        return " = " + parameter.DefaultValue switch
        {
            null => parameter.ParameterType.IsValueType && Nullable.GetUnderlyingType(parameter.ParameterType) is null ? "default" : "null",
            string text => $"\"{text}\"",
            bool flag => flag ? "true" : "false",
            var value when type.IsEnum => $"{type.Name}.{Enum.ToObject(type, value)}",
            IFormattable value => value.ToString(null, CultureInfo.InvariantCulture),
            var value => value.ToString(),
        };
    }

    private static string Constraints(Type[] arguments)
    {
        var clauses =
            from argument in arguments
            let constraints = ConstraintsOf(argument).ToList()
            where argument.IsGenericParameter && constraints.Count > 0
            select $" where {argument.Name} : {string.Join(", ", constraints)}";
        return string.Concat(clauses);
    }

    private static IEnumerable<string> ConstraintsOf(Type argument)
    {
        if (!argument.IsGenericParameter)
            yield break;

        var attributes = argument.GenericParameterAttributes;
        if (attributes.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint))
            yield return "struct";
        else if (attributes.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint))
            yield return "class";
        else if (argument.CustomAttributes.Any(a =>
            a.AttributeType.Name == "NullableAttribute" && a.ConstructorArguments is [{ Value: (byte)1 }]))
            yield return "notnull";

        foreach (var constraint in argument.GetGenericParameterConstraints().Where(c => c != typeof(ValueType)))
            yield return Name(constraint);
        if (attributes.HasFlag(GenericParameterAttributes.DefaultConstructorConstraint)
            && !attributes.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint))
            yield return "new()";
    }

    private static string Name(NullabilityInfo info)
    {
        var type = info.Type.IsByRef ? info.Type.GetElementType()! : info.Type;
        if (Nullable.GetUnderlyingType(type) is not null)
            return Name(type);

        // An unconstrained T counts as nullable to reflection, whether or not it was written "T?": it is shown plain.
        var isNullable = info.ReadState == NullabilityState.Nullable && !type.IsValueType && !type.IsGenericParameter;
        var name = info.ElementType is { } element ? Name(element) + "[]"
            : info.GenericTypeArguments.Length > 0 && !type.IsNested ? $"{Bare(type)}<{string.Join(", ", info.GenericTypeArguments.Select(Name))}>"
            : Name(type);
        return isNullable ? name + "?" : name;
    }

    private static string Name(Type type)
    {
        if (Keywords.TryGetValue(type, out var keyword))
            return keyword;
        if (type.IsArray)
            return Name(type.GetElementType()!) + "[]";
        if (type.IsByRef)
            return Name(type.GetElementType()!);
        if (Nullable.GetUnderlyingType(type) is { } underlying)
            return Name(underlying) + "?";
        if (type.IsGenericParameter)
            return type.Name;

        var own = type.GetGenericArguments().Skip(type.DeclaringType?.GetGenericArguments().Length ?? 0).Select(a => Variance(a) + Name(a)).ToList();
        var name = Bare(type) + (own.Count > 0 ? $"<{string.Join(", ", own)}>" : "");
        return type.IsNested ? $"{Name(type.DeclaringType!)}.{name}" : name;
    }

    private static string Variance(Type argument) =>
        !argument.IsGenericParameter ? ""
        : (argument.GenericParameterAttributes & GenericParameterAttributes.VarianceMask) switch
        {
            GenericParameterAttributes.Covariant => "out ",
            GenericParameterAttributes.Contravariant => "in ",
            _ => "",
        };

    private static string Bare(Type type) => type.Name.Split('`')[0];
}
