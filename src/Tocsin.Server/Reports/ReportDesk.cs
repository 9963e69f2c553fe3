using Microsoft.Extensions.Options;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Hosting;
using Tocsin.Notify;
using Tocsin.OnCall;
using Tocsin.Sdk;

namespace Tocsin.Reports;

/// <summary>What a report is asked for.</summary>
/// <param name="Zone">A known IANA zone.</param>
internal sealed record ReportQuery(DateTimeOffset From, DateTimeOffset To, string? Team, string? Service, string Zone)
{
    public const int MostDays = 366;

    public static readonly TimeSpan Usual = TimeSpan.FromDays(28);

    /// <summary>Checks what a caller wrote, and fills in what they left out.</summary>
    public static Result<ReportQuery> Of(EstateSnapshot estate, DateTimeOffset? from, DateTimeOffset? to, string? team, string? service, string? zone, DateTimeOffset now)
    {
        if (new[] { from, to }.FirstOrDefault(at => at is { Year: < 1971 or > 9000 }) is { } odd)
        {
            return Error.Invalid(odd == from ? "from" : "to", "Reports are about the years 1971 to 9000.");
        }

        var end = to?.ToUniversalTime() ?? (from > now ? from.Value.ToUniversalTime() + Usual : now);
        var begin = from?.ToUniversalTime() ?? end - Usual;
        return end <= begin || end - begin > TimeSpan.FromDays(MostDays) ? Error.Invalid("to", $"'to' is after 'from', by at most {MostDays} days.")
            : team is not null && !estate.Model.Teams.ContainsKey(team) ? Error.Invalid("team", $"There is no team '{PlainText.OneLine(team, 64)}'.")
            : zone is not null && !ZoneRules.Has(zone) ? Error.Invalid("time_zone", $"There is no time zone '{PlainText.OneLine(zone, 64)}'; write one such as Europe/Berlin.")
            : new ReportQuery(begin, end, team, service, zone ?? "UTC");
    }
}

/// <summary>Works out reports. What they read is bounded: too much is refused, never left out.</summary>
internal sealed class ReportDesk(Database database, ReportStore store, EntryStore entries, IOptions<ServerOptions> options, TimeProvider clock)
{
    /// <summary>How long after the span an answer to what began in it still counts.</summary>
    public static readonly TimeSpan LateAnswers = TimeSpan.FromDays(31);

    private const int MostIncidents = 50_000;
    private const int MostFacts = 200_000;
    private const int MostStretches = 100_000;

    /// <summary>The longest ladder, and the quiet before it.</summary>
    private static readonly TimeSpan _ladder = TimeSpan.FromHours(25);

    private static readonly Error _tooMuch =
        Error.Invalid("to", $"There is too much in this span: more than {MostIncidents} incidents, {MostFacts} messages, answers or alerts, or {MostStretches} changes of shift. Ask for a shorter one.");

    public async Task<Result<ResponseReportView>> ResponseAsync(EstateSnapshot estate, ReportQuery query, CancellationToken ct)
    {
        var (facts, since) = await database.ReadAsync(
            async session => (await CohortAsync(session, estate, query), await KeptSinceAsync(session, estate)), ct);
        if (!facts.Ok)
        {
            return facts.Error;
        }

        var report = ResponseReport.Of(facts.Value.Incidents, facts.Value.Acts, new(query.Zone), query.From, query.To, clock.GetUtcNow());
        return ReportViews.Of(report, ReportViews.Scope(query, since));
    }

    public async Task<Result<PeopleReportView>> PeopleAsync(EstateSnapshot estate, ReportQuery query, CancellationToken ct)
    {
        var (facts, since) = await database.ReadAsync(
            async session => (await PagesAsync(session, estate, query), await KeptSinceAsync(session, estate)), ct);
        return facts.Ok
            ? new PeopleReportView(ReportViews.Scope(query, since), [.. facts.Value.People.Select(p => ReportViews.Of(p, IsAssumed(estate, p.User)))])
            : facts.Error;
    }

    /// <summary>Of a team its own schedules; of a service those that its policy notifies.</summary>
    public async Task<Result<FairnessReportView>> FairnessAsync(EstateSnapshot estate, ReportQuery query, CancellationToken ct)
    {
        var everything = query with { Team = null, Service = null };
        var (entered, pages, since) = await database.ReadAsync(
            async session => (
                await entries.ReadAsync(session, estate.Workspace, query.From), await PagesAsync(session, estate, everything), await KeptSinceAsync(session, estate)),
            ct);
        if (!pages.Ok)
        {
            return pages.Error;
        }

        var wanted = estate.Schedules.Values.Where(s => Concerns(estate, query, s.Schedule)).OrderBy(s => s.Schedule.Name, StringComparer.Ordinal);
        var report = FairnessReport.Of(
            wanted.Select(s => new DutySchedule(s.Schedule, entered.EntriesOf(s.Schedule.Name))), ClocksOf(estate, query.Zone), query.From, query.To, MostStretches);
        if (report is null)
        {
            return _tooMuch;
        }

        var paged = pages.Value.People.ToDictionary(p => p.User, StringComparer.Ordinal);
        return ReportViews.Of(report, ReportViews.Scope(query, since), query.To - query.From, paged.GetValueOrDefault, user => IsAssumed(estate, user), RetainedSince);
    }

    public async Task<Result<NoiseReportView>> NoiseAsync(EstateSnapshot estate, ReportQuery query, CancellationToken ct)
    {
        var (facts, since) = await database.ReadAsync(
            async session => (await NoiseFactsAsync(session, estate, query), await KeptSinceAsync(session, estate)), ct);
        if (!facts.Ok)
        {
            return facts.Error;
        }

        var (cohort, links, pages) = facts.Value;
        var report = NoiseReport.Of(cohort.Incidents, cohort.Acts, links, pages.Calls);
        return ReportViews.Of(report, ReportViews.Scope(query, since));
    }

    /// <summary>What ended before this may be removed.</summary>
    private DateTimeOffset RetainedSince => clock.GetUtcNow().AddDays(-options.Value.RetentionDays);

    /// <summary>Since when every incident is kept; null: there is none. One that was open for long may be all that is left of its time.</summary>
    private async Task<DateTimeOffset?> KeptSinceAsync(Session session, EstateSnapshot estate) =>
        await store.OldestAsync(session, estate.Workspace) is not { } oldest ? null : oldest > RetainedSince ? oldest : RetainedSince;

    private sealed record Cohort(IReadOnlyList<IncidentFact> Incidents, IReadOnlyList<ActFact> Acts);

    /// <summary>What began in the span, and what was done about it.</summary>
    private async Task<Result<Cohort>> CohortAsync(Session session, EstateSnapshot estate, ReportQuery query)
    {
        var incidents = await store.IncidentsAsync(session, estate.Workspace, query.From, query.To, MostIncidents);
        var acts = await store.ActsAsync(session, estate.Workspace, query.From, query.To + LateAnswers, MostFacts);
        return incidents.Count > MostIncidents || acts.Count > MostFacts
            ? _tooMuch
            : new Cohort([.. incidents.Select(i => i with { Team = TeamOf(estate, i) }).Where(i => Counts(query, i))], acts);
    }

    private async Task<Result<PeopleReport>> PagesAsync(Session session, EstateSnapshot estate, ReportQuery query)
    {
        var (from, to) = (query.From - _ladder, query.To + _ladder);
        var messages = await store.MessagesAsync(session, estate.Workspace, from, to, MostFacts);
        var acts = await store.ActsAsync(session, estate.Workspace, from, query.To + LateAnswers, MostFacts);
        if (messages.Count > MostFacts || acts.Count > MostFacts)
        {
            return _tooMuch;
        }

        var incidents = await store.IncidentsAsync(session, estate.Workspace, [.. messages.Select(m => m.Incident).Distinct()]);
        return PeopleReport.Of(
            messages, acts, incidents.ToDictionary(i => i.Number, i => i with { Team = TeamOf(estate, i) }), i => Counts(query, i), ClocksOf(estate, query.Zone), query.From, query.To);
    }

    private async Task<Result<(Cohort Cohort, List<AlertLinkFact> Links, PeopleReport Pages)>> NoiseFactsAsync(Session session, EstateSnapshot estate, ReportQuery query)
    {
        var cohort = await CohortAsync(session, estate, query);
        var pages = await PagesAsync(session, estate, query with { To = query.To + TimeSpan.FromDays(1) });
        if (!cohort.Ok || !pages.Ok)
        {
            return cohort.Error ?? pages.Error!;
        }

        List<AlertLinkFact> links = [];
        if (cohort.Value.Incidents is { Count: > 0 } incidents)
        {
            var known = incidents.ToDictionary(i => i.Number);
            var pairs = await store.LinksAsync(session, estate.Workspace, known.Keys.Min(), known.Keys.Max(), MostFacts);
            if (pairs.Count > MostFacts)
            {
                return _tooMuch;
            }

            pairs.RemoveAll(p => !known.ContainsKey(p.Incident));
            var names = await store.NamesAsync(session, estate.Workspace, [.. pairs.Select(p => p.Alert).Distinct()]);
            links.AddRange(pairs.Where(p => names.ContainsKey(p.Alert)).Select(p => new AlertLinkFact(p.Incident, names[p.Alert] with { Service = known[p.Incident].Service ?? names[p.Alert].Service })));
        }

        return (cohort.Value, links, pages.Value);
    }

    private static bool Counts(ReportQuery query, IncidentFact incident) =>
        (query.Team is null || incident.Team == query.Team) && (query.Service is null || incident.Service == query.Service);

    private static bool Concerns(EstateSnapshot estate, ReportQuery query, Schedule schedule)
    {
        if (query.Service is { } name)
        {
            var policy = estate.Policy(estate.Model.Services.GetValueOrDefault(name)?.Policy ?? estate.Model.Route.Policy);
            if (!policy.Steps.Any(s => s.Notify.Contains(new(Escalation.TargetKind.Schedule, schedule.Name))))
            {
                return false;
            }
        }

        return query.Team is null || schedule.Team == query.Team;
    }

    private static string? TeamOf(EstateSnapshot estate, IncidentFact incident) =>
        incident.Service is { } service && estate.Model.Services.TryGetValue(service, out var known) ? known.Team : null;

    private static bool IsAssumed(EstateSnapshot estate, string user) => estate.Model.Users.GetValueOrDefault(user)?.TimeZone is null;

    private static Func<string, PersonalClock> ClocksOf(EstateSnapshot estate, string zone)
    {
        Dictionary<string, PersonalClock> byZone = new(StringComparer.Ordinal);
        return user =>
        {
            var its = estate.Model.Users.GetValueOrDefault(user)?.TimeZone ?? zone;
            return byZone.TryGetValue(its, out var known) ? known : byZone[its] = new(its);
        };
    }
}
