using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace RxTokens.Tests.Conceptual;

/// <summary>
/// What the documentation shows as an operator's conceptual implementation, beside the operator: the same items, endings, reads and drops
/// at the same frames, for random sources and consumers. The seeds are fixed.
/// </summary>
[Category(Categories.Long)]
[Parallelizable(ParallelScope.Children)] // many, and each on a clock of its own
public partial class ConceptualTests
{
    private const int Rounds = 600;

    private static readonly Gen<SourceCase> SourceCases =
        from delays in Gen.ListOf(Gen.Frequency((3, Gen.Constant(0)), (2, Gen.Choose(1, 4))))
        from ending in Gen.Elements('-', '|', '|', '|', '#')
        select new SourceCase([.. delays], ending);

    private static readonly Gen<SourceCase> PromptOrDeafSourceCases =
        from source in SourceCases from isDeaf in Gen.Elements(false, true) select source with { IgnoresItsToken = isDeaf };

    private static readonly Gen<ConsumerCase> ConsumerCases =
        from busy in Gen.NonEmptyListOf(Gen.Frequency((2, Gen.Constant(0)), (2, Gen.Choose(1, 5)), (1, Gen.Constant(30))))
        from stops in Gen.Frequency((2, Gen.Constant<int?>(null)), (1, Gen.Choose(0, 8).Select(i => (int?)i)))
        from leaves in Gen.Elements(false, true)
        select new ConsumerCase([.. busy], stops, leaves);

    private static readonly Gen<int?> LeavingTimes = Gen.Frequency((2, Gen.Constant<int?>(null)), (1, Gen.Choose(1, 30).Select(i => (int?)i)));

    private static readonly Gen<int?> StoppingTimes = Gen.Frequency((1, Gen.Constant<int?>(null)), (4, Gen.Choose(0, 15).Select(i => (int?)i)));

    /// <summary>Where a consumer leaves, nobody looks at a model's failed task; later tests watch for such tasks.</summary>
    [OneTimeTearDown]
    public void LetGoOfFailedTasks()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    private static void Same<T>(Gen<T> cases, ulong seed, Action<T, World> @operator, Action<T, World> model) => ForAll(cases, seed, Rounds, c =>
        Assert.That(Run(c, model, isOfModel: true), Is.EqualTo(Run(c, @operator, isOfModel: false)), $"the model, beside the operator: {Printed(c)}"));

    private static string Run<T>(T c, Action<T, World> act, bool isOfModel)
    {
        var world = new World(isOfModel);
        act(c, world);
        return world.Run();
    }

    private static string Printed<T>(T c) => c is System.Runtime.CompilerServices.ITuple tuple
        ? string.Join(" | ", Enumerable.Range(0, tuple.Length).Select(i => tuple[i] is Array array ? string.Join(' ', array.Cast<object>()) : $"{tuple[i]}"))
        : $"{c}";

    private static void ForAll<T>(Gen<T> cases, ulong seed, int rounds, Action<T> check)
    {
        var run = 0;
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(rounds).WithEndSize(20).WithReplay(seed, 1),
            Prop.ForAll(cases.ToArbitrary(), c =>
            {
                run++;
                check(c);
            }));
        Assert.That(run, Is.EqualTo(rounds));
    }
}
