using System.Reactive.Concurrency;
using Terminal;

namespace RxTokens.Terminal.Tests;

/// <summary>The rate pane in virtual time: what is counted, and what is drawn, to the letter.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class RateTests
{
    private readonly HistoricalScheduler _clock = new();
    private readonly Rate _rate;

    public RateTests() => _rate = new Rate(_clock);

    [Test]
    public void A_quarter_counts_when_it_is_over()
    {
        _rate.Add(3);
        Pass(0.249);
        _rate.Add(2);
        Expect([], perSecond: 0, peak: 0);

        Pass(0.001);
        _rate.Add(7);
        Expect([5], perSecond: 5, peak: 5);

        Pass(0.25);
        Expect([5, 7], perSecond: 12, peak: 12);
    }

    [Test]
    public void The_rate_is_that_of_the_last_second_and_the_peak_stays()
    {
        foreach (var count in (int[])[10, 20, 30, 40])
        {
            _rate.Add(count);
            Pass(0.25);
        }

        Expect([10, 20, 30, 40], perSecond: 100, peak: 100);
        Pass(0.5);
        Expect([10, 20, 30, 40, 0, 0], perSecond: 70, peak: 100);
        Pass(0.5);
        Expect([10, 20, 30, 40, 0, 0, 0, 0], perSecond: 0, peak: 100);
    }

    [Test]
    public void What_is_older_than_a_minute_is_forgotten()
    {
        _rate.Add(9);
        Pass(3600);

        Assert.That(_rate.Now.Quarters, Has.Length.EqualTo(240).And.All.Zero);
        Assert.That(_rate.Now.Peak, Is.EqualTo(9));
    }

    [TestCase(new int[0], "        ")]
    [TestCase(new[] { 0, 0 }, "        ")]
    [TestCase(new[] { 1 }, "       █")]
    [TestCase(new[] { 0, 1, 2, 3, 4, 5, 6, 7, 8 }, "▁▂▃▄▅▆▇█")]
    [TestCase(new[] { 100, 1, 0, 99, 50, 51 }, "  █▁ █▄▅")]
    [TestCase(new[] { 1000, 4, 4, 4, 4, 4, 4, 4, 2 }, "███████▄")]
    public void A_sparkline_has_a_bar_for_each_count(int[] counts, string drawn) =>
        Assert.That(RatePane.Sparkline(counts, 8), Is.EqualTo(drawn));

    [TestCase(40, 0, "            ▁▂▃▄▅▆▇█ 1,040/s, peak 1,040")]
    [TestCase(40, 1, "        ▁▂▃▄▅▆▇█         0/s, peak 1,040")]
    [TestCase(24, 0, "▅▆▇█ 1,040/s, peak 1,040")]
    [TestCase(20, 0, " 1,040/s, peak 1,040")]
    [TestCase(12, 0, "1,040/s, pea")]
    public void A_row_has_bars_and_digits(int width, double silence, string drawn)
    {
        for (var i = 1; i <= 8; i++)
        {
            _rate.Add(i * 40);
            Pass(0.25);
        }

        Pass(silence);

        Assert.That(RatePane.Row(_rate.Now, width), Is.EqualTo(drawn));
    }

    private void Pass(double seconds) => _clock.AdvanceBy(TimeSpan.FromSeconds(seconds));

    private void Expect(int[] quarters, int perSecond, int peak)
    {
        var now = _rate.Now;
        Assert.That((now.PerSecond, now.Peak), Is.EqualTo((perSecond, peak)));
        Assert.That(now.Quarters, Is.EqualTo(quarters));
    }
}
