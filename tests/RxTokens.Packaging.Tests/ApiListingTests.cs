namespace RxTokens.Packaging.Tests;

/// <summary>Changes that break a user, and that a list of names alone would not show: docs/adr/0012.</summary>
public class ApiListingTests
{
    [TestCase("Open")]
    [TestCase("Based")]
    [TestCase("Disposable")]
    [TestCase("Constrained`1")]
    [TestCase("ReadOnly")]
    [TestCase("Optional")]
    [TestCase("Producer`1")]
    [TestCase("Consumer`1")]
    [TestCase("Callback`1")]
    [TestCase("Nullable")]
    [TestCase("Default")]
    public void AChangeThatBreaksAUser_Shows(string type)
    {
        var (before, after) = (Listed(typeof(Before), type), Listed(typeof(After), type));
        Assert.That(after, Is.Not.EqualTo(before));
        Assert.That(before, Is.EqualTo(Listed(typeof(Before), type)));
    }

    private static string Listed(Type version, string type) =>
        ApiListing.Of(version.GetNestedType(type)!).Replace(version.Name + ".", "", StringComparison.Ordinal).Replace(nameof(ApiListingTests) + ".", "", StringComparison.Ordinal);

#pragma warning disable CS1591 // these are samples
    public static class Before
    {
        public class Open;
        public class Based : Exception;
        public sealed class Disposable : IDisposable
        {
            public void Dispose()
            {
            }
        }

        public sealed class Constrained<T>;
        public readonly struct ReadOnly;
        public sealed class Optional
        {
            public int Value { get; init; }
        }

        public interface Producer<out T>;
        public interface Consumer<in T>;
        public delegate void Callback<in T>(T item);
        public static class Nullable
        {
            public static void Take(string? text) => GC.KeepAlive(text);
        }

        public static class Default
        {
            public static void Take(int count = 1) => GC.KeepAlive(count);
        }
    }

    public static class After
    {
        public sealed class Open;
        public class Based;
        public sealed class Disposable
        {
            public void Dispose()
            {
            }
        }

        public sealed class Constrained<T>
            where T : notnull;

        public struct ReadOnly;
        public sealed class Optional
        {
            public required int Value { get; init; }
        }

        public interface Producer<T>;
        public interface Consumer<T>;
        public delegate void Callback<T>(T item);
        public static class Nullable
        {
            public static void Take(string text) => GC.KeepAlive(text);
        }

        public static class Default
        {
            public static void Take(int count = 2) => GC.KeepAlive(count);
        }
    }
}
