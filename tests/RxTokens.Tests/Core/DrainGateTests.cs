using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>What the gate says to one caller after the other. Callers at the same time are in the stress tests.</summary>
public class DrainGateTests
{
    [Test]
    public void Enter_WhileSomebodyIsInside_LeavesANoteThatIsFoundOnce()
    {
        var gate = default(DrainGate);

        Assert.That(gate.TryEnter(), Is.True);
        Assert.That(gate.TryEnter(), Is.False);
        Assert.That(gate.TryEnterAsHolder(), Is.False);
        Assert.That(gate.TryLeave(), Is.False, "there is a note");
        Assert.That(gate.TryLeave(), Is.True);
        Assert.That(gate.TryEnter(), Is.True);
    }

    [Test]
    public void Hold_ShutsTheGateForAllButTheHolder()
    {
        var gate = default(DrainGate);
        for (var visit = 0; visit < 3; visit++)
        {
            Assert.That(gate.TryEnterAsHolder(), Is.True);
            Assert.That(gate.TryHold(), Is.True);
            Assert.That(gate.TryEnter(), Is.False);
        }
    }

    [Test]
    public void Leave_AfterHolding_OpensTheGateAndFindsTheNotesOfMeanwhile()
    {
        var gate = default(DrainGate);
        gate.TryEnterAsHolder();
        gate.TryHold();
        gate.TryEnter();

        Assert.That(gate.TryEnterAsHolder(), Is.True);
        Assert.That(gate.TryLeave(), Is.False, "there is a note");
        Assert.That(gate.TryLeave(), Is.True);
        Assert.That(gate.TryEnter(), Is.True);
    }

    [Test]
    public void Revoke_OfAGateThatIsHeld_EntersInTheHoldersPlace()
    {
        var gate = default(DrainGate);
        gate.TryEnterAsHolder();
        gate.TryHold();

        Assert.That(gate.TryRevoke(), Is.True);
        Assert.That(gate.TryEnterAsHolder(), Is.False, "the revoker is inside");
        Assert.That(gate.TryLeave(), Is.False, "there is a note");
        Assert.That(gate.TryLeave(), Is.True);
        Assert.That(gate.TryRevoke(), Is.False, "nobody holds it");
    }

    [Test]
    public void Revoke_OfAGateThatNobodyHolds_DoesNotEnter()
    {
        var gate = default(DrainGate);
        Assert.That(gate.TryRevoke(), Is.False);
        Assert.That(gate.TryEnter(), Is.True);
        Assert.That(gate.TryRevoke(), Is.False);
        Assert.That(gate.TryLeave(), Is.True);
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Revoke_DuringAVisit_SendsTheVisitorRoundOnceMoreAndEndsHolding(bool heldBefore)
    {
        var gate = default(DrainGate);
        gate.TryEnterAsHolder();
        if (heldBefore)
        {
            gate.TryHold();
            gate.TryEnterAsHolder();
        }

        Assert.That(gate.TryRevoke(), Is.False);
        Assert.That(gate.TryEnter(), Is.False);
        Assert.That(gate.TryHold(), Is.False, "revoked");
        Assert.That(gate.TryLeave(), Is.False, "there is a note");
        Assert.That(gate.TryLeave(), Is.True);
        Assert.That(gate.TryEnter(), Is.True);
    }

    [Test]
    public void Hold_AfterARevocation_NeverHolds()
    {
        var gate = default(DrainGate);
        gate.TryRevoke();
        for (var visit = 0; visit < 3; visit++)
        {
            Assert.That(gate.TryEnterAsHolder(), Is.True);
            Assert.That(gate.TryHold(), Is.False);
            Assert.That(gate.TryLeave(), Is.True);
            Assert.That(gate.TryEnter(), Is.True);
            Assert.That(gate.TryLeave(), Is.True);
        }
    }
}
