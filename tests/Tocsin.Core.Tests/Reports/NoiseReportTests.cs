using Tocsin.Alerts;
using Tocsin.Reports;
using Tocsin.Routing;
using static Tocsin.Tests.Reports.Story;

namespace Tocsin.Tests.Reports;

/// <summary>What is said of alerts, and how much must be seen before it is.</summary>
public sealed class NoiseReportTests
{
    private static readonly AlertName Disk = new("DiskFilling", "orders", "prometheus");

    private static IncidentFact[] Blips(int count, double minutes, bool alone = true) =>
        [.. Enumerable.Range(1, count).Select(n => Incident(n, "mon 00:00") with { CreatedAt = From.AddHours(n), EndedAt = From.AddHours(n).AddMinutes(minutes), EndedByItself = alone })];

    private static NoiseFigures Figures(IncidentFact[] incidents, ActFact[]? acts = null, Call[]? calls = null) =>
        Assert.Single(NoiseReport.Of(incidents, acts ?? [], incidents.Select(i => new AlertLinkFact(i.Number, Disk)), calls ?? []).Alerts);

    private static Call Page(long incident, bool atNight = false) => new(incident, "ana", From, atNight, false, CallOutcome.Waiting, null);

    [Fact]
    public void What_ends_by_itself_again_and_again_should_wait_longer()
    {
        // 9 of 10 within 4 min, one after 10 min and a second: 90 %.
        IncidentFact[] blips = [.. Blips(9, 3.4), .. Blips(10, 10.02)[9..]];
        var noise = Figures(blips);

        Assert.Equal((10, 10, 9, 10), (noise.Incidents, noise.Ended, noise.EndedSoonAlone, noise.NeverAnswered));
        var advice = Assert.Single(noise.Advice);
        Assert.Equal(NoiseAdviceKind.RaiseWait, advice.Kind);
        Assert.StartsWith("Ends by itself, before anybody answers, in 90 % of 10 incidents, 9 of 10 of those within 4 min.", advice.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4, 3.0, true)]
    [InlineData(5, 10.5, true)]
    [InlineData(5, 3.0, false)]
    public void Too_few_too_long_or_ended_by_somebody_is_no_evidence(int count, double minutes, bool alone) => Assert.Empty(Figures(Blips(count, minutes, alone)).Advice);

    [Fact]
    public void What_somebody_answered_did_not_end_by_itself()
    {
        var blips = Blips(10, 5);
        ActFact[] acts = [.. blips.Take(3).Select(i => new ActFact(i.Number, "ana", ActKind.Acknowledged, i.CreatedAt.AddMinutes(1))), new(4, null, ActKind.Acknowledged, From), new(5, "ana", ActKind.Heard, From)];

        var noise = Figures(blips, acts);

        Assert.Equal((7, 7), (noise.EndedSoonAlone, noise.NeverAnswered));
        Assert.Empty(noise.Advice);
    }

    [Theory]
    [InlineData(Severity.Warning, Urgency.High, 3, NoiseAdviceKind.LowerUrgency)]
    [InlineData(Severity.Info, Urgency.Low, 3, NoiseAdviceKind.QuietHours)]
    [InlineData(Severity.Warning, Urgency.High, 2, null)]
    [InlineData(Severity.High, Urgency.High, 9, null)]
    public void A_mild_alert_should_not_page_at_night(Severity severity, Urgency urgency, int pages, NoiseAdviceKind? said)
    {
        var noise = Figures([Incident(1, "mon 00:00") with { Severity = severity, Urgency = urgency }], calls: [.. Enumerable.Repeat(Page(1, atNight: true), pages), Page(1)]);

        Assert.Equal((pages + 1, pages), (noise.Pages, noise.PagesAtNight));
        Assert.Equal(said, noise.Advice.Select(a => (NoiseAdviceKind?)a.Kind).SingleOrDefault());
    }

    [Fact]
    public void What_pages_and_nobody_answers_is_said_only_if_really_nobody_does()
    {
        var incidents = Blips(6, 60);
        Call[] calls = [.. incidents.Take(5).Select(i => Page(i.Number))];

        Assert.Equal(NoiseAdviceKind.Silence, Assert.Single(Figures(incidents, calls: calls).Advice).Kind);
        Assert.Empty(Figures(incidents, calls: calls[..4]).Advice);
        Assert.Empty(Figures(incidents, [Act(1, "bo", ActKind.Acknowledged, "mon 01:10")], calls).Advice);
    }

    [Fact]
    public void Flapping_is_coming_back_within_half_an_hour_in_the_same_incident_or_a_new_one()
    {
        // Every 60 min, each lasts 31 min: each but the first is back after 29 min. One came back twice within itself.
        var incidents = Blips(5, 31, alone: false).Select((i, n) => i with { Group = 7, Reopened = n == 2 ? 2 : 0 }).ToArray();

        var noise = Figures(incidents);

        Assert.Equal(6, noise.Flaps);
        Assert.Equal(NoiseAdviceKind.Damp, Assert.Single(noise.Advice).Kind);
        Assert.Equal(2, Figures([.. incidents.Select(i => i with { EndedAt = i.EndedAt!.Value.AddMinutes(-2) })]).Flaps);
        Assert.Equal(2, Figures([.. incidents.Select(i => i with { Group = i.Number })]).Flaps);
    }

    [Fact]
    public void An_incident_counts_once_for_each_name_that_its_alerts_have_and_the_noisiest_comes_first()
    {
        AlertName node = new("NodeDown", null, "prometheus");
        var report = NoiseReport.Of(
            [Incident(1, "mon 10:00"), Incident(2, "mon 11:00")], [], [new(1, Disk), new(1, Disk with { }), new(1, node), new(2, node), new(9, Disk)], [Page(1), Page(2)]);

        Assert.Equal([(node, 2, 2), (Disk, 1, 1)], report.Alerts.Select(a => (a.Alert, a.Incidents, a.Pages)));
    }
}
