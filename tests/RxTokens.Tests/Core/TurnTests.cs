using NUnit.Framework;

namespace RxTokens.Tests;

/// <summary>What the turn says to one caller after the other. Callers at the same time are in the stress tests.</summary>
public class TurnTests
{
    [Test]
    public void Announce_WhileSomebodyRuns_LeavesANoteThatIsTakenOnce()
    {
        var turn = default(Turn);

        Assert.That(turn.TryEnter(), Is.True);
        Assert.That(turn.TryEnter(), Is.False, "and leaves no note");
        Assert.That(turn.HasNotes, Is.False);
        Assert.That(turn.Announce(Note.News), Is.False);
        Assert.That(turn.Announce(Note.Left), Is.False);
        Assert.That(turn.TryLeave(), Is.False, "there are notes");
        Assert.That(turn.Take(), Is.EqualTo(Note.News | Note.Left));
        Assert.That(turn.Take(), Is.EqualTo(Note.None));
        Assert.That(turn.TryLeave(), Is.True);
        Assert.That(turn.TryEnter(), Is.True);
    }

    [Test]
    public void Announce_WhereNobodyRuns_MakesTheCallerRun()
    {
        var turn = default(Turn);

        Assert.That(turn.Announce(Note.Landed), Is.True);
        Assert.That(turn.Take(), Is.EqualTo(Note.Landed));
        Assert.That(turn.TryLeave(), Is.True);
    }

    [Test]
    public void Remind_IsANoteToOneself()
    {
        var turn = default(Turn);
        turn.TryEnter();
        turn.Remind(Note.Ended);

        Assert.That(turn.TryLeave(), Is.False);
        Assert.That(turn.Take(), Is.EqualTo(Note.Ended));
    }

    [Test]
    public void Hold_KeepsTheTurnForTheConsumer()
    {
        var turn = new Turn(mayBeHeld: true);
        for (var visit = 0; visit < 3; visit++)
        {
            Assert.That(turn.TryVisit(), Is.True);
            Assert.That(turn.TryHold(), Is.True);
            Assert.That(turn.TryEnter(), Is.False);
        }
    }

    [Test]
    public void Leave_AfterHolding_GivesTheTurnBack()
    {
        var turn = new Turn(mayBeHeld: true);
        turn.TryVisit();
        turn.TryHold();
        turn.TryVisit();

        Assert.That(turn.TryLeave(), Is.True);
        Assert.That(turn.TryEnter(), Is.True);
    }

    [Test]
    public void Announce_OfATurnThatIsHeld_RunsInTheConsumersPlace()
    {
        var turn = new Turn(mayBeHeld: true);
        turn.TryVisit();
        turn.TryHold();

        Assert.That(turn.Announce(Note.Cancelled), Is.True);
        Assert.That(turn.TryVisit(), Is.False, "the other is at it");
        Assert.That(turn.Take(), Is.EqualTo(Note.Cancelled));
        Assert.That(turn.TryLeave(), Is.True);
        Assert.That(turn.MayHold, Is.False, "for good");
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Announce_DuringAVisit_SendsTheVisitorRoundOnceMore(bool heldBefore)
    {
        var turn = new Turn(mayBeHeld: true);
        turn.TryVisit();
        if (heldBefore)
        {
            turn.TryHold();
            turn.TryVisit();
        }

        Assert.That(turn.Announce(Note.Cancelled), Is.False);
        Assert.That(turn.TryHold(), Is.False, "revoked");
        Assert.That(turn.TryLeave(), Is.False, "there is a note");
        Assert.That(turn.Take(), Is.EqualTo(Note.Cancelled));
        Assert.That(turn.TryLeave(), Is.True);
        Assert.That(turn.TryEnter(), Is.True);
    }

    [Test]
    public void ATurnThatIsNeverHeld_CostsNoRevocation()
    {
        var turn = new Turn(mayBeHeld: false);
        Assert.That(turn.MayHold, Is.False);
        Assert.That(turn.TryVisit(), Is.True, "it is entered as by anyone");
        Assert.That(turn.Announce(Note.News), Is.False);
        Assert.That(turn.TryLeave(), Is.False);
        Assert.That(turn.Take(), Is.EqualTo(Note.News));
        Assert.That(turn.TryLeave(), Is.True);
    }
}
