using NUnit.Framework;
using NUnit.Framework.Interfaces;

[assembly: RxTokens.Tests.VirtualTime]

namespace RxTokens.Tests;

/// <summary>
/// Takes away the synchronization context that NUnit gives each test: what captures one (an await, System.Linq's operators)
/// would be continued on the pool, at a time of its own, instead of inside the clock's run.
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
