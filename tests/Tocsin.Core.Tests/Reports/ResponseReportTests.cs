using Tocsin.Incidents;
using Tocsin.Reports;
using Tocsin.Routing;
using static Tocsin.Tests.Reports.Story;

namespace Tocsin.Tests.Reports;

/// <summary>A week whose figures were worked out by hand, and what a slow count says of others.</summary>
public sealed class ResponseReportTests
{
    private static readonly IncidentFact[] Week =
    [
        Incident(1, "mon 10:00", "mon 10:30", alone: true) with { Service = "checkout", Team = "payments" },
        Incident(2, "mon 23:00", "mon 23:40") with { Service = "checkout", Team = "payments" },
        Incident(3, "tue 03:00", "tue 03:06", alone: true) with { Urgency = Urgency.Low, Service = "disk" },
        Incident(4, "wed 12:00") with { Status = IncidentStatus.Acknowledged, Reopened = 2 },
        Incident(5, "thu 04:00"),
        Incident(6, "thu 09:00", "thu 09:20"),
        Incident(7, "thu 10:00", "thu 10:05", alone: true),
    ];

    private static readonly ActFact[] Acts =
    [
        Act(1, "bo", ActKind.Acknowledged, "mon 10:06"),
        Act(1, "ana", ActKind.Acknowledged, "mon 10:04"),
        Act(1, "ana", ActKind.Heard, "mon 10:01"),
        Act(2, "bo", ActKind.Acknowledged, "mon 23:10"),
        Act(2, "bo", ActKind.Resolved, "mon 23:40"),
        Act(4, "ana", ActKind.Snoozed, "wed 12:01"),
        Act(6, "bo", ActKind.Resolved, "thu 09:20"),
        Act(7, null, ActKind.Acknowledged, "thu 10:01"),
    ];

    private static ResponseReport Report() => ResponseReport.Of(Week, Acts, Clock(), From, To, At("fri 00:00"));

    [Fact]
    public void Times_to_acknowledge_count_whoever_of_the_people_was_first_and_no_machine()
    {
        // 4, 10, 1 and 20 minutes: the first person of 1, 2, 4 and 6. Nobody took 3 and 5, and 7 was taken by a key.
        var taken = Report().All.TimeToAcknowledge!;

        Assert.Equal(new Spread(4, Minutes(7), Minutes(8.75), Minutes(20)), taken);
    }

    [Fact]
    public void Times_to_resolve_leave_apart_what_ended_alone_and_what_is_open()
    {
        var all = Report().All;

        Assert.Equal(new Spread(3, Minutes(30), Minutes(30), Minutes(40)), all.TimeToResolve);
        Assert.Equal(new Spread(2, Minutes(5.5), Minutes(5.5), Minutes(6)), all.TimeToEndAlone);
        Assert.Equal((7, 2, 2), (all.Incidents, all.Open, all.EndedAlone));
        Assert.Equal((1, TimeSpan.FromHours(20)), (all.Waiting, all.LongestWait!.Value));
    }

    [Fact]
    public void Incidents_are_counted_by_urgency_by_what_they_are_now_and_by_team_and_service()
    {
        var report = Report();

        Assert.Equal((6, 1), (report.All.HighUrgency, report.All.LowUrgency));
        Assert.Equal((1, 1, 0, 5), (report.All.Triggered, report.All.Acknowledged, report.All.Snoozed, report.All.Resolved));
        Assert.Equal(1, report.All.Reopened);
        Assert.Equal([(null, 5), ("payments", 2)], report.Teams.Select(t => (t.Name, t.Figures.Incidents)));
        Assert.Equal([(null, 4), ("checkout", 2), ("disk", 1)], report.Services.Select(t => (t.Name, t.Figures.Incidents)));
        Assert.Equal(Minutes(7), report.Services[1].Figures.TimeToAcknowledge!.Median);
    }

    [Fact]
    public void Days_begin_on_the_wall_clock_of_the_reader()
    {
        // 23:00 UTC on Monday is Tuesday in Berlin.
        var days = ResponseReport.Of(Week, Acts, Clock("Europe/Berlin"), From, To.AddHours(-1), To).Buckets;

        Assert.Equal([(1, 0), (1, 1), (1, 0), (3, 0), (0, 0), (0, 0), (0, 0)], days.Select(d => (d.HighUrgency, d.LowUrgency)));
        Assert.Equal(new DateOnly(2026, 3, 2), days[0].From);
        Assert.Equal(Minutes(10), days[1].MedianTimeToAcknowledge);
        Assert.Null(days[4].MedianTimeToAcknowledge);
    }

    [Fact]
    public void Long_spans_are_told_by_weeks_that_begin_on_Monday()
    {
        var report = ResponseReport.Of(Week, Acts, Clock(), From.AddDays(-33), From.AddDays(3), To);

        Assert.True(report.ByWeek);
        Assert.Equal(new DateOnly(2026, 1, 26), report.Buckets[0].From);
        Assert.Equal(6, report.Buckets.Count);
        Assert.Equal((6, 1), (report.Buckets[^1].HighUrgency, report.Buckets[^1].LowUrgency));
    }

    [Fact]
    public void Of_nothing_nothing_is_said()
    {
        var all = ResponseReport.Of([], [], Clock(), From, To, To).All;

        Assert.Equal((0, 0, null, null, null), (all.Incidents, all.Open, all.TimeToAcknowledge, all.TimeToResolve, all.LongestWait));
    }

    [Fact]
    public void Medians_means_and_ninetieth_percentiles_are_what_counting_says()
    {
        var random = new Random(4711);
        for (var run = 0; run < 500; run++)
        {
            var spans = Enumerable.Range(0, random.Next(1, 60)).Select(_ => TimeSpan.FromSeconds(random.Next(0, 40))).ToArray();
            var spread = Spread.Of(spans)!;

            Assert.Equal(spans.Length, spread.Count);
            Assert.Equal(spans.Min(s => spans.Count(t => t <= s) * 10 >= spans.Length * 9 ? s : TimeSpan.MaxValue), spread.P90);
            Assert.Equal(spans.Average(s => s.TotalSeconds), spread.Mean.TotalSeconds, 5);

            // No more than half lie below the median, and no more than half above it.
            Assert.InRange(spans.Count(s => s < spread.Median) * 2, 0, spans.Length);
            Assert.InRange(spans.Count(s => s > spread.Median) * 2, 0, spans.Length);
        }
    }
}
