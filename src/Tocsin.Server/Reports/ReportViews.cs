using Tocsin.Alerts;
using Tocsin.Sdk;

namespace Tocsin.Reports;

/// <summary>Reports as the wire shows them; the pages of the UI take the same records.</summary>
internal static class ReportViews
{
    private const int MostServices = 500;
    private const int MostAlerts = 100;

    public static ReportScope Scope(ReportQuery query, DateTimeOffset? since) => new()
    {
        From = query.From,
        To = query.To,
        Team = query.Team,
        Service = query.Service,
        TimeZone = query.Zone,
        KeptSince = since,
    };

    public static ResponseReportView Of(ResponseReport report, ReportScope scope) => new(
        scope, Of(report.All), [.. report.Teams.Select(Of)], [.. report.Services.Take(MostServices).Select(Of)], report.ByWeek ? "week" : "day",
        [.. report.Buckets.Select(b => new ResponseBucketView(b.From, b.HighUrgency, b.LowUrgency, Seconds(b.MedianTimeToAcknowledge)))]);

    public static PersonPagesView Of(PersonFigures person, bool assumed) => new()
    {
        User = person.User,
        TimeZone = person.TimeZone,
        TimeZoneAssumed = assumed,
        Pages = person.Pages,
        HighUrgency = person.HighUrgency,
        Messages = person.Messages,
        AtNight = person.AtNight,
        OnWeekend = person.OnWeekend,
        Woken = person.Woken,
        BrokenNights = person.BrokenNights,
        WorstNight = person.WorstNight,
        WorstNightMessages = person.WorstNightMessages,
        Answered = person.Answered,
        Settled = person.Settled,
        Missed = person.Missed,
        Waiting = person.Waiting,
        TimeToAnswer = Of(person.TimeToAnswer),
    };

    /// <param name="pagesOf">Null for somebody who was not paged.</param>
    public static FairnessReportView Of(
        FairnessReport report, ReportScope scope, TimeSpan span, Func<string, PersonFigures?> pagesOf, Func<string, bool> isAssumed, DateTimeOffset retainedSince) => new(
        scope, Rounded(report.Balance.Score), Rounded(report.Balance.Hours), Rounded(report.Balance.Nights), Rounded(report.Balance.Weekends),
        [
            .. report.People.Select(person => new DutyShareView
            {
                User = person.User,
                TimeZone = person.TimeZone,
                TimeZoneAssumed = isAssumed(person.User),
                Real = Of(person.Real),
                Planned = Of(person.Planned),
                Expected = Of(person.Expected),
                Nights = person.Nights,
                Weekends = person.Weekends,
                Pages = pagesOf(person.User)?.Pages ?? 0,
                Woken = pagesOf(person.User)?.Woken ?? 0,
            }),
        ],
        [.. report.Schedules.Select(s => new ScheduleDutyView(s.Name, s.Team, Hours(s.Gaps), s.Cycle.TotalDays, span >= s.Cycle))], retainedSince);

    public static NoiseReportView Of(NoiseReport report, ReportScope scope) => new(
        scope, report.Alerts.Count,
        [
            .. report.Alerts.Take(MostAlerts).Select(n => new NoiseAlertView
            {
                Name = n.Alert.Name,
                Service = n.Alert.Service,
                Source = n.Alert.Source,
                Severity = n.Severity.Word(),
                Incidents = n.Incidents,
                Pages = n.Pages,
                PagesAtNight = n.PagesAtNight,
                Ended = n.Ended,
                EndedSoonAlone = n.EndedSoonAlone,
                NeverAnswered = n.NeverAnswered,
                Flaps = n.Flaps,
                Advice = [.. n.Advice.Select(a => new NoiseAdviceView(Word(a.Kind), a.Text))],
            }),
        ]);

    private static ResponseLineView Of(ResponseLine line) => new(line.Name, Of(line.Figures));

    private static ResponseFiguresView Of(ResponseFigures figures) => new()
    {
        Incidents = figures.Incidents,
        HighUrgency = figures.HighUrgency,
        LowUrgency = figures.LowUrgency,
        Triggered = figures.Triggered,
        Acknowledged = figures.Acknowledged,
        Snoozed = figures.Snoozed,
        Resolved = figures.Resolved,
        TimeToAcknowledge = Of(figures.TimeToAcknowledge),
        TimeToResolve = Of(figures.TimeToResolve),
        EndedAlone = figures.EndedAlone,
        TimeToEndAlone = Of(figures.TimeToEndAlone),
        Reopened = figures.Reopened,
        Waiting = figures.Waiting,
        LongestWaitSeconds = Seconds(figures.LongestWait),
    };

    private static SpreadView? Of(Spread? spread) =>
        spread is null ? null : new(spread.Count, Seconds(spread.Median), Seconds(spread.Mean), Seconds(spread.P90));

    private static DutyTimeView Of(DutyTime time) => new(Hours(time.All), Hours(time.Nights), Hours(time.Weekends));

    private static double Seconds(TimeSpan span) => Math.Round(span.TotalSeconds, 3);

    private static double? Seconds(TimeSpan? span) => span is { } known ? Seconds(known) : null;

    private static double Hours(TimeSpan span) => Math.Round(span.TotalHours, 2);

    private static double? Rounded(double? score) => score is { } known ? Math.Round(known, 1) : null;

    private static string Word(NoiseAdviceKind kind) => kind switch
    {
        NoiseAdviceKind.RaiseWait => "raise_wait",
        NoiseAdviceKind.LowerUrgency => "lower_urgency",
        NoiseAdviceKind.QuietHours => "quiet_hours",
        NoiseAdviceKind.Silence => "silence",
        _ => "damp",
    };
}
