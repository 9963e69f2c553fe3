using System.Globalization;
using Tocsin.Alerts;
using Tocsin.Incidents;
using Tocsin.Notify;
using Tocsin.Reports;
using Tocsin.Routing;

namespace Tocsin.Tests.Reports;

/// <summary>Facts in few words. Times are those of the first week of March 2026, UTC: <c>mon 10:00</c>.</summary>
internal static class Story
{
    private static readonly string[] Days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

    public static readonly DateTimeOffset From = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);

    public static readonly DateTimeOffset To = From.AddDays(7);

    public static DateTimeOffset At(string time) =>
        From.AddDays(Array.IndexOf(Days, time[..3])) + TimeSpan.Parse(time[4..], CultureInfo.InvariantCulture);

    public static TimeSpan Minutes(double minutes) => TimeSpan.FromMinutes(minutes);

    public static IncidentFact Incident(long number, string at, string? ended = null, bool alone = false) => new()
    {
        Number = number,
        CreatedAt = At(at),
        EndedAt = ended is null ? null : At(ended),
        EndedByItself = alone,
        Status = ended is null ? IncidentStatus.Triggered : IncidentStatus.Resolved,
        Urgency = Urgency.High,
        Severity = Severity.High,
        Group = number,
    };

    public static ActFact Act(long incident, string? user, ActKind kind, string at) => new(incident, user, kind, At(at));

    public static MessageFact Message(long incident, string user, string at, long epoch = 1, MessageKind kind = MessageKind.Page) => new(incident, user, kind, epoch, At(at));

    public static PersonalClock Clock(string zone = "UTC") => new(zone);
}
