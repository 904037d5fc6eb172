using System.Reflection;

namespace PublicDocumentation;

/// <summary>The name under which the compiler writes a member's documentation: "M:Namespace.Type.Method``1(…)".</summary>
internal static class DocumentationId
{
    public static string Of(MemberInfo member) => member switch
    {
        Type type => "T:" + Definition(type),
        MethodBase method => "M:" + Qualified(method, method is ConstructorInfo ? "#ctor" : method.Name) + Arity(method) + Parameters(method.GetParameters()) + Conversion(method),
        PropertyInfo property => "P:" + Qualified(property, property.Name) + Parameters(property.GetIndexParameters()),
        FieldInfo field => "F:" + Qualified(field, field.Name),
        EventInfo @event => "E:" + Qualified(@event, @event.Name),
        _ => throw new NotSupportedException($"{member.MemberType} {member}"),
    };

    private static string Qualified(MemberInfo member, string name) => $"{Definition(member.DeclaringType!)}.{name.Replace('.', '#')}";

    private static string Arity(MethodBase method) => method.IsGenericMethod ? $"``{method.GetGenericArguments().Length}" : "";

    private static string Parameters(ParameterInfo[] parameters) =>
        parameters.Length == 0 ? "" : $"({string.Join(",", parameters.Select(p => Reference(p.ParameterType)))})";

    private static string Conversion(MethodBase method) =>
        method is MethodInfo { Name: "op_Implicit" or "op_Explicit" } operation ? "~" + Reference(operation.ReturnType) : "";

    private static string Definition(Type type) => type.FullName!.Replace('+', '.');

    private static string Reference(Type type)
    {
        if (type.IsGenericParameter)
            return (type.DeclaringMethod is null ? "`" : "``") + type.GenericParameterPosition;
        if (type.IsByRef)
            return Reference(type.GetElementType()!) + "@";
        if (type.IsArray)
            return $"{Reference(type.GetElementType()!)}[{new string(',', type.GetArrayRank() - 1)}]";
        if (!type.IsGenericType)
            return Definition(type);

        var name = Definition(type.GetGenericTypeDefinition()).Split('`')[0];
        return $"{name}{{{string.Join(",", type.GetGenericArguments().Select(Reference))}}}";
    }
}
