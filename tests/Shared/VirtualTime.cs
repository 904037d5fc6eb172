using NUnit.Framework;
using NUnit.Framework.Interfaces;

[assembly: RxTokens.Tests.VirtualTime]

namespace RxTokens.Tests;

/// <summary>
/// Takes away the synchronization context that NUnit gives each test: under one, what a test awaits is posted elsewhere
/// instead of being continued inside the clock's run.
/// </summary>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class VirtualTimeAttribute : Attribute, ITestAction
{
    public ActionTargets Targets => ActionTargets.Test;

    public void BeforeTest(ITest test) => SynchronizationContext.SetSynchronizationContext(null);

    public void AfterTest(ITest test)
    {
    }
}
