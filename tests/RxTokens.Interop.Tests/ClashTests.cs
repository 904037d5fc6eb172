using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Runtime.CompilerServices;

namespace RxTokens.Interop.Tests;

/// <summary>
/// EveryNameTests proves by compiling that today's names do not clash. This proves it for tomorrow's: an operator that is
/// added with a name that somebody has already fails here, before a user meets CS0121.
/// </summary>
public class ClashTests
{
    private static readonly Assembly[] Others =
    [
        typeof(System.Reactive.Linq.Observable).Assembly,
        Assembly.Load("System.Linq.Async"),
        Assembly.Load("System.Linq.AsyncEnumerable"),
        typeof(AsyncEnumerableEx).Assembly,
        typeof(Enumerable).Assembly,
        typeof(TaskAsyncEnumerableExtensions).Assembly,
        typeof(R3.Observable).Assembly,
    ];

    private static readonly Assembly[] StreamLibraries = Others[..4];

    private static readonly Type[] OurClasses = [typeof(TokenStream), typeof(ClockExtensions)];

    private static IEnumerable<MethodInfo> OurOperators =>
        OurClasses.SelectMany(c => c.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly));

    [Test]
    public void NoOperatorOfOurs_HasTheNameOfAnothers_OnTheSameReceiver()
    {
        var clashes =
            from ours in OurOperators.Where(IsExtension)
            join theirs in Others.SelectMany(ExtensionsIn) on ours.Name equals theirs.Name
            where TakesTheSameReceiver(ours, theirs) && MayBothBeMeant(ours, theirs)
            select $"{ours} clashes with {theirs.DeclaringType} {theirs}";

        Assert.That(clashes.Distinct(), Is.Empty);
    }

    /// <summary>
    /// AsObservable: ours takes an IAsyncEnumerable, Rx's an IObservable, and both mean "see it as an observable": the call is ambiguous only
    /// for a type that is both at once; so do TakeUntil and Timeout, and those of Rx mean the same over push. SelectAwait: ours always takes the
    /// most functions at a time, System.Linq.Async's never does, so no call fits both; so it is with Timeout, whose two limits and clock are not
    /// those of System.Interactive.Async. Any other shared name wants a decision, and a line here.
    /// </summary>
    [Test]
    public void TheNamesThatAreSharedAtAll()
    {
        var shared = OurOperators.Select(m => m.Name).Intersect(StreamLibraries.SelectMany(ExtensionsIn).Select(m => m.Name));

        Assert.That(shared, Is.EquivalentTo(new[] { nameof(TokenStream.AsObservable), nameof(TokenStream.SelectAwait), nameof(TokenStream.TakeUntil), nameof(TokenStream.Timeout) }));
    }

    [Test]
    public void NoTypeOfOurs_HasTheNameOfAnothers()
    {
        var shared = typeof(TokenStream).Assembly.GetExportedTypes().Select(NameWithoutArity)
            .Intersect(Others.SelectMany(a => a.GetExportedTypes()).Where(t => t.DeclaringType is null).Select(NameWithoutArity));

        Assert.That(shared, Is.Empty);
    }

    [Test]
    public void TheGuardSeesAClash_WhereThereIsOne()
    {
        var theirs = ExtensionsIn(StreamLibraries[1]).First(m => m.Name == "Where");
        var frameworks = ExtensionsIn(StreamLibraries[2]).First(m => m.Name == "Where");

        Assert.That(TakesTheSameReceiver(theirs, frameworks));
    }

    /// <summary>Whether some number of arguments would do for either.</summary>
    private static bool MayBothBeMeant(MethodInfo ours, MethodInfo theirs)
    {
        var (mine, others) = (ours.GetParameters(), theirs.GetParameters());
        return Math.Max(Required(mine), Required(others)) <= Math.Min(mine.Length, others.Length)
            && mine.Zip(others).Take(Math.Max(Required(mine), Required(others))).All(p => p.First.ParameterType.IsValueType == p.Second.ParameterType.IsValueType);

        static int Required(ParameterInfo[] parameters) => parameters.Count(p => !p.IsOptional);
    }

    [Test]
    public void EveryOperator_IsCalledInThisProject()
    {
        var called = OperatorsCalledHere();

        Assert.That(
            OurOperators.Select(m => m.Name).Distinct().Except(called), Is.Empty,
            "Call each of these in EveryNameTests, where all namespaces are imported.");
    }

    private static HashSet<string> OperatorsCalledHere()
    {
        using var file = new PEReader(File.OpenRead(typeof(ClashTests).Assembly.Location));
        var metadata = file.GetMetadataReader();

        var names = new HashSet<string>();
        foreach (var handle in metadata.MemberReferences)
        {
            var member = metadata.GetMemberReference(handle);
            if (member.Parent.Kind != HandleKind.TypeReference)
                continue;

            var type = metadata.GetTypeReference((TypeReferenceHandle)member.Parent);
            if (OurClasses.Any(c => metadata.StringComparer.Equals(type.Name, c.Name)))
                names.Add(metadata.GetString(member.Name));
        }

        return names;
    }

    private static IEnumerable<MethodInfo> ExtensionsIn(Assembly assembly) =>
        from type in assembly.GetExportedTypes()
        where type.IsAbstract && type.IsSealed
        from method in type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly)
        where IsExtension(method)
        select method;

    private static bool IsExtension(MethodInfo method) => method.IsDefined(typeof(ExtensionAttribute), inherit: false);

    private static bool TakesTheSameReceiver(MethodInfo ours, MethodInfo theirs)
    {
        var (our, their) = (Receiver(ours), Receiver(theirs));
        return their.IsGenericParameter || their == typeof(object) || Definition(our) == Definition(their);
    }

    private static Type Receiver(MethodInfo method) => method.GetParameters()[0].ParameterType;

    private static Type Definition(Type type) => type.IsGenericType ? type.GetGenericTypeDefinition() : type;

    private static string NameWithoutArity(Type type) => type.Name.Split('`')[0];
}
