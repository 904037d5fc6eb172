using System.Reactive.Linq;
using RxTokens;

namespace Frameworks;

/// <summary>Throws in an <c>async void</c>, one in each test that is meant to fail, each saying the name of its test.</summary>
public partial class AsyncVoidMarbles
{
    [Test]
    public void Run_BeforeItsAwait_Fails() => MarbleTest.Run(m =>
    {
        m.Hot("-a").Subscribe(async letter =>
        {
            Throw(letter, nameof(Run_BeforeItsAwait_Fails));
            await m.Delay(1);
        });
    });

    [Test]
    public void Run_AfterItsAwait_Fails() => MarbleTest.Run(m =>
    {
        m.Hot("-a").Subscribe(async letter =>
        {
            await m.Delay(1);
            Throw(letter, nameof(Run_AfterItsAwait_Fails));
        });
    });

    [Test]
    public void Run_InTheBody_Fails() => MarbleTest.Run(m =>
    {
        Begin();

        async void Begin()
        {
            Throw("a", nameof(Run_InTheBody_Fails));
            await m.Delay(1);
        }
    });

    [Test]
    public void Run_OnTheClocksTime_Fails() => MarbleTest.Run(m =>
    {
        Observable.Timer(m.Time("---|"), m.Clock).Subscribe(async tick =>
        {
            await Task.Delay(m.Time("--|"), m.TimeProvider);
            Throw(tick, nameof(Run_OnTheClocksTime_Fails));
        });
    });

    [Test]
    public void Run_ByWayOfThePool_Fails() => MarbleTest.Run(m =>
    {
        m.Hot("-a").Subscribe(async letter =>
        {
            await m.Delay(1).ConfigureAwait(false);
            Throw(letter, nameof(Run_ByWayOfThePool_Fails));
        });
    });

    [Test]
    public Task RunAsync_BeforeItsAwait_Fails() => MarbleTest.RunAsync(async m =>
    {
        using var subscription = m.Hot("-a").Subscribe(async letter =>
        {
            Throw(letter, nameof(RunAsync_BeforeItsAwait_Fails));
            await m.Delay(1);
        });
        await m.Delay(10);
    });

    [Test]
    public Task RunAsync_AfterItsAwait_Fails() => MarbleTest.RunAsync(async m =>
    {
        using var subscription = m.Hot("-a").Subscribe(async letter =>
        {
            await m.Delay(1);
            Throw(letter, nameof(RunAsync_AfterItsAwait_Fails));
        });
        await m.Delay(10);
    });

    [Test]
    public Task RunAsync_InTheBody_Fails() => MarbleTest.RunAsync(async m =>
    {
        Begin();
        await m.Delay(10);

        async void Begin()
        {
            Throw("a", nameof(RunAsync_InTheBody_Fails));
            await m.Delay(1);
        }
    });

    [Test]
    public Task RunAsync_OnTheClocksTime_Fails() => MarbleTest.RunAsync(async m =>
    {
        using var subscription = Observable.Timer(m.Time("---|"), m.Clock).Subscribe(async tick =>
        {
            await Task.Delay(m.Time("--|"), m.TimeProvider);
            Throw(tick, nameof(RunAsync_OnTheClocksTime_Fails));
        });
        await m.Delay(10);
    });

    [Test]
    public Task RunAsync_ByWayOfThePool_Fails() => MarbleTest.RunAsync(async m =>
    {
        using var subscription = m.Hot("-a").Subscribe(async letter =>
        {
            await m.Delay(1).ConfigureAwait(false);
            Throw(letter, nameof(RunAsync_ByWayOfThePool_Fails));
        });
        await m.Delay(10);
    });

    [Test]
    public Task RunAsync_AfterTheBody_Fails() => MarbleTest.RunAsync(async m =>
    {
        m.Hot("-----a").Subscribe(async letter =>
        {
            await m.Delay(3);
            Throw(letter, nameof(RunAsync_AfterTheBody_Fails));
        });
        await m.Delay(2);
    });

    [Test]
    public Task RunAsync_InTheBodysLastInstant_Fails() => MarbleTest.RunAsync(async m =>
    {
        await m.Delay(2);
        Begin();

        static async void Begin()
        {
            await Task.Yield();
            Throw("a", nameof(RunAsync_InTheBodysLastInstant_Fails));
        }
    });

    private static void Throw<T>(T item, string test)
    {
        // A condition, so that the compiler does not find what follows to be out of reach.
        if (item is not null)
            throw new InvalidOperationException($"thrown by {test}");
    }
}
