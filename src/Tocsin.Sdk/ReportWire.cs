namespace Tocsin.Sdk;

/// <summary>What a report is about. What the figures mean is in <c>docs/reference/reports.md</c>.</summary>
public sealed record ReportScope
{
    /// <summary>Inclusive.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>Exclusive; at most 366 days later.</summary>
    public required DateTimeOffset To { get; init; }

    /// <summary>Only this team's; null: all.</summary>
    public string? Team { get; init; }

    /// <summary>Only this service's; null: all.</summary>
    public string? Service { get; init; }

    /// <summary>The IANA zone whose days are told, and in which people are taken to live who have none of their own.</summary>
    public required string TimeZone { get; init; }

    /// <summary>Since when all incidents are kept; null: there is none. Of the time before little or nothing is known.</summary>
    public DateTimeOffset? KeptSince { get; init; }
}

/// <summary>How long something took, over several cases.</summary>
/// <param name="Count">At least 1.</param>
/// <param name="P90Seconds">The shortest that at least nine of ten did not exceed.</param>
public sealed record SpreadView(int Count, double MedianSeconds, double MeanSeconds, double P90Seconds);

/// <summary>How incidents were answered that began in the span.</summary>
public sealed record ResponseFiguresView
{
    public int Incidents { get; init; }

    public int HighUrgency { get; init; }

    public int LowUrgency { get; init; }

    /// <summary>This and the next three: by what they are now.</summary>
    public int Triggered { get; init; }

    public int Acknowledged { get; init; }

    public int Snoozed { get; init; }

    public int Resolved { get; init; }

    /// <summary>Until a person first acknowledged, snoozed or resolved; null: nobody did.</summary>
    public SpreadView? TimeToAcknowledge { get; init; }

    /// <summary>Until the last end, of those that somebody answered or ended; null: there is none.</summary>
    public SpreadView? TimeToResolve { get; init; }

    /// <summary>How many ended by themselves before anybody answered; they are not in <see cref="TimeToResolve"/>.</summary>
    public int EndedAlone { get; init; }

    /// <summary>Until they did; null: there is none.</summary>
    public SpreadView? TimeToEndAlone { get; init; }

    /// <summary>Came back at least once after an end.</summary>
    public int Reopened { get; init; }

    /// <summary>Open, and nobody has answered: their times are in no figure.</summary>
    public int Waiting { get; init; }

    /// <summary>How long the longest of those has waited so far; null: none waits.</summary>
    public double? LongestWaitSeconds { get; init; }
}

/// <param name="Name">A team or a service; null: the incidents that have none.</param>
public sealed record ResponseLineView(string? Name, ResponseFiguresView Figures);

/// <param name="From">The day, or the Monday of the week.</param>
public sealed record ResponseBucketView(DateOnly From, int HighUrgency, int LowUrgency, double? MedianSecondsToAcknowledge);

/// <param name="Services">Those with the most incidents, at most 500.</param>
/// <param name="BucketsBy">day or week.</param>
public sealed record ResponseReportView(
    ReportScope Scope, ResponseFiguresView All, IReadOnlyList<ResponseLineView> Teams, IReadOnlyList<ResponseLineView> Services, string BucketsBy,
    IReadOnlyList<ResponseBucketView> Buckets);

/// <summary>What being paged meant for one person.</summary>
public sealed record PersonPagesView
{
    public required string User { get; init; }

    /// <summary>In whose nights and weekends.</summary>
    public required string TimeZone { get; init; }

    /// <summary>The person has said no zone: it is the report's.</summary>
    public bool TimeZoneAssumed { get; init; }

    /// <summary>How often the person was called, however many messages each call took.</summary>
    public int Pages { get; init; }

    public int HighUrgency { get; init; }

    public int Messages { get; init; }

    /// <summary>Pages that began from 22:00 to 07:00.</summary>
    public int AtNight { get; init; }

    public int OnWeekend { get; init; }

    /// <summary>Messages at night after an hour without any.</summary>
    public int Woken { get; init; }

    /// <summary>Nights with at least one of those.</summary>
    public int BrokenNights { get; init; }

    /// <summary>The evening of the night with the most messages; null: no message came at night.</summary>
    public DateOnly? WorstNight { get; init; }

    public int WorstNightMessages { get; init; }

    /// <summary>Pages that the person answered.</summary>
    public int Answered { get; init; }

    /// <summary>Pages that somebody else answered, or whose incident ended, before anybody further was called.</summary>
    public int Settled { get; init; }

    /// <summary>Pages after which the next one had to be called.</summary>
    public int Missed { get; init; }

    /// <summary>Pages to which nothing has happened yet.</summary>
    public int Waiting { get; init; }

    /// <summary>Until the person answered; null: never.</summary>
    public SpreadView? TimeToAnswer { get; init; }
}

/// <param name="People">The most paged first; only those who were.</param>
public sealed record PeopleReportView(ReportScope Scope, IReadOnlyList<PersonPagesView> People);

/// <summary>Time on call, and what of it was at night and on weekends on the person's own clock.</summary>
public sealed record DutyTimeView(double Hours, double NightHours, double WeekendHours);

/// <summary>How much one person was on call, and what would have been their share.</summary>
public sealed record DutyShareView
{
    public required string User { get; init; }

    public required string TimeZone { get; init; }

    public bool TimeZoneAssumed { get; init; }

    /// <summary>By the final schedules, covers and overrides included.</summary>
    public required DutyTimeView Real { get; init; }

    /// <summary>By the rotations alone.</summary>
    public required DutyTimeView Planned { get; init; }

    /// <summary>The person's share if turns were spread evenly over the span.</summary>
    public required DutyTimeView Expected { get; init; }

    /// <summary>Nights with at least an hour of duty.</summary>
    public int Nights { get; init; }

    /// <summary>Weekends with at least an hour of duty.</summary>
    public int Weekends { get; init; }

    /// <summary>As in the report about people; without the filters by team and service.</summary>
    public int Pages { get; init; }

    public int Woken { get; init; }
}

/// <param name="GapHours">When nobody was on call.</param>
/// <param name="CycleDays">Until everybody of the slowest rotation has had their turns.</param>
/// <param name="WholeCycle">False: the span is shorter than that, so that it can't be even.</param>
public sealed record ScheduleDutyView(string Schedule, string? Team, double GapHours, double CycleDays, bool WholeCycle);

/// <param name="Score">0 to 100: hours count half, nights and weekends a quarter each; null: fewer than two people have a share.</param>
/// <param name="HoursScore">The mean over all pairs of people of the smaller load over the larger; a load is real over expected time.</param>
/// <param name="CoversKeptSince">Covers and time off that ended before this may be removed, so that earlier shares are the rotations' own.</param>
public sealed record FairnessReportView(
    ReportScope Scope, double? Score, double? HoursScore, double? NightsScore, double? WeekendsScore, IReadOnlyList<DutyShareView> People, IReadOnlyList<ScheduleDutyView> Schedules,
    DateTimeOffset CoversKeptSince);

/// <param name="Kind">raise_wait, lower_urgency, quiet_hours, silence or damp.</param>
public sealed record NoiseAdviceView(string Kind, string Text);

/// <summary>What one alert meant for people.</summary>
public sealed record NoiseAlertView
{
    /// <summary>The label alertname, else the title.</summary>
    public required string Name { get; init; }

    public string? Service { get; init; }

    public required string Source { get; init; }

    /// <summary>The worst of its incidents.</summary>
    public required string Severity { get; init; }

    public int Incidents { get; init; }

    public int Pages { get; init; }

    public int PagesAtNight { get; init; }

    /// <summary>Of the incidents those that are over.</summary>
    public int Ended { get; init; }

    /// <summary>Of those the ones that ended by themselves within 10 minutes before anybody answered.</summary>
    public int EndedSoonAlone { get; init; }

    /// <summary>Of those that are over the ones that nobody answered.</summary>
    public int NeverAnswered { get; init; }

    /// <summary>How often it was back within 30 minutes of an end.</summary>
    public int Flaps { get; init; }

    /// <summary>What to do about it; empty where the figures don't suffice to say.</summary>
    public IReadOnlyList<NoiseAdviceView> Advice { get; init; } = [];
}

/// <param name="Total">How many alerts there were.</param>
/// <param name="Alerts">The noisiest first, at most 100.</param>
public sealed record NoiseReportView(ReportScope Scope, int Total, IReadOnlyList<NoiseAlertView> Alerts);
