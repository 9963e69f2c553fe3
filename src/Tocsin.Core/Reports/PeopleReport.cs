using Tocsin.Notify;
using Tocsin.Routing;

namespace Tocsin.Reports;

/// <summary>What became of a call.</summary>
public enum CallOutcome
{
    /// <summary>The person who was called did something about it.</summary>
    Answered,

    /// <summary>Somebody else took it, or it ended, before anybody further was called.</summary>
    Settled,

    /// <summary>The next one had to be called.</summary>
    Missed,

    /// <summary>Nothing has happened yet.</summary>
    Waiting,
}

/// <summary>One person is asked to act on one incident, by one or more messages: a step of the escalation, a reminder, a call for help.</summary>
/// <param name="At">When the first message came.</param>
/// <param name="AnsweredAt">When the person answered; null: not, or not before being called again.</param>
public sealed record Call(long Incident, string User, DateTimeOffset At, bool AtNight, bool OnWeekend, CallOutcome Outcome, DateTimeOffset? AnsweredAt);

/// <summary>What being paged meant for one person. Formulas: <c>docs/reference/reports.md</c>.</summary>
public sealed record PersonFigures
{
    public required string User { get; init; }

    /// <summary>In whose nights and weekends.</summary>
    public required string TimeZone { get; init; }

    /// <summary>Calls, however many messages each took.</summary>
    public int Pages { get; init; }

    public int HighUrgency { get; init; }

    public int Messages { get; init; }

    public int AtNight { get; init; }

    public int OnWeekend { get; init; }

    /// <summary>How often a message came at night after an hour without any.</summary>
    public int Woken { get; init; }

    /// <summary>Nights with at least one of those.</summary>
    public int BrokenNights { get; init; }

    /// <summary>The evening of the night with the most messages, of those the latest; null: no message came at night.</summary>
    public DateOnly? WorstNight { get; init; }

    public int WorstNightMessages { get; init; }

    public int Answered { get; init; }

    public int Settled { get; init; }

    public int Missed { get; init; }

    public int Waiting { get; init; }

    /// <summary>From the call to the person's own answer; null: none was answered.</summary>
    public Spread? TimeToAnswer { get; init; }
}

public sealed record PeopleReport(IReadOnlyList<PersonFigures> People, IReadOnlyList<Call> Calls)
{
    /// <summary>Whoever had no message for this long is taken to sleep, at night.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromMinutes(60);

    /// <param name="messages">
    /// All of these people, of whatever incident, from <see cref="Quiet"/> before <paramref name="from"/> on: whether somebody sleeps does not depend on what
    /// one looks at.
    /// </param>
    /// <param name="acts">On all these incidents; in any order.</param>
    /// <param name="incidents">All that the messages are about, by number; messages about others are left out.</param>
    /// <param name="counts">Which incidents the report is about.</param>
    /// <param name="clockOf">By user.</param>
    public static PeopleReport Of(
        IReadOnlyList<MessageFact> messages, IReadOnlyList<ActFact> acts, IReadOnlyDictionary<long, IncidentFact> incidents, Func<IncidentFact, bool> counts,
        Func<string, PersonalClock> clockOf, DateTimeOffset from, DateTimeOffset to)
    {
        var known = messages.Where(m => incidents.ContainsKey(m.Incident)).ToArray();
        var calls = CallsOf(known, acts, incidents, clockOf).Where(c => c.At >= from && c.At < to && counts(incidents[c.Incident])).ToArray();
        var byUser = calls.ToLookup(c => c.User, StringComparer.Ordinal);
        var people = known.GroupBy(m => m.User, StringComparer.Ordinal)
            .Select(g => Figures(g.Key, [.. g.OrderBy(m => m.At)], [.. byUser[g.Key]], m => m.At >= from && m.At < to && counts(incidents[m.Incident]), incidents, clockOf(g.Key)))
            .Where(p => p.Messages > 0)
            .OrderByDescending(p => p.Pages).ThenByDescending(p => p.Woken).ThenBy(p => p.User, StringComparer.Ordinal);
        return new([.. people], calls);
    }

    private static PersonFigures Figures(
        string user, MessageFact[] messages, Call[] calls, Func<MessageFact, bool> counts, IReadOnlyDictionary<long, IncidentFact> incidents, PersonalClock clock)
    {
        var waking = messages.Where((m, i) => counts(m) && clock.IsNight(m.At) && (i == 0 || m.At - messages[i - 1].At >= Quiet)).ToArray();
        var mine = Array.FindAll(messages, m => counts(m));
        var worst = mine.Where(m => clock.IsNight(m.At)).GroupBy(m => clock.NightOf(m.At)).OrderByDescending(g => g.Count()).ThenByDescending(g => g.Key).FirstOrDefault();
        int Came(CallOutcome outcome) => calls.Count(c => c.Outcome == outcome);
        return new()
        {
            User = user,
            TimeZone = clock.TimeZone,
            Pages = calls.Length,
            HighUrgency = calls.Count(c => incidents[c.Incident].Urgency == Urgency.High),
            Messages = mine.Length,
            AtNight = calls.Count(c => c.AtNight),
            OnWeekend = calls.Count(c => c.OnWeekend),
            Woken = waking.Length,
            BrokenNights = waking.Select(m => clock.NightOf(m.At)).Distinct().Count(),
            WorstNight = worst?.Key,
            WorstNightMessages = worst?.Count() ?? 0,
            Answered = Came(CallOutcome.Answered),
            Settled = Came(CallOutcome.Settled),
            Missed = Came(CallOutcome.Missed),
            Waiting = Came(CallOutcome.Waiting),
            TimeToAnswer = Spread.Of(calls.Where(c => c.AnsweredAt is not null).Select(c => c.AnsweredAt!.Value - c.At)),
        };
    }

    private static IEnumerable<Call> CallsOf(
        IEnumerable<MessageFact> messages, IReadOnlyList<ActFact> acts, IReadOnlyDictionary<long, IncidentFact> incidents, Func<string, PersonalClock> clockOf)
    {
        var actsOn = acts.ToLookup(a => a.Incident);
        foreach (var ofIncident in messages.GroupBy(m => m.Incident))
        {
            var begun = ofIncident.GroupBy(m => (m.User, m.Kind, m.Epoch)).Select(g => (g.Key.User, At: g.Min(m => m.At))).OrderBy(c => c.At).ToArray();
            var done = actsOn[ofIncident.Key].OrderBy(a => a.At).ToArray();
            foreach (var (user, at) in begun)
            {
                var again = begun.Where(c => c.User == user && c.At > at).Select(c => (DateTimeOffset?)c.At).FirstOrDefault();
                var answer = Array.Find(done, a => a.User == user && a.At >= at && !(a.At >= again))?.At;
                var clock = clockOf(user);
                yield return new(
                    ofIncident.Key, user, at, clock.IsNight(at), clock.IsWeekend(at),
                    answer is not null ? CallOutcome.Answered : Otherwise(at, begun.Select(c => c.At), done, incidents[ofIncident.Key]), answer);
            }
        }
    }

    private static CallOutcome Otherwise(DateTimeOffset at, IEnumerable<DateTimeOffset> calls, ActFact[] done, IncidentFact incident)
    {
        var further = calls.Where(c => c > at).Select(c => (DateTimeOffset?)c).FirstOrDefault();
        var taken = Array.Find(done, a => a.Kind != ActKind.Heard && a.At >= at)?.At ?? incident.EndedAt;
        return taken >= at && !(further < taken) ? CallOutcome.Settled : further is null ? CallOutcome.Waiting : CallOutcome.Missed;
    }
}
