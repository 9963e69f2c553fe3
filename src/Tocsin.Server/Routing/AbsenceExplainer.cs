using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Escalation;
using Tocsin.Estate;
using Tocsin.Incidents;
using Tocsin.Notify;
using Tocsin.Sdk;
using Tocsin.Streams;

namespace Tocsin.Routing;

/// <summary>
/// Says why somebody was not paged: from what was recorded (pages with their reasons, the incident's log), never worked out again. Only what never
/// happened, such as a step that was not reached, is looked up in the policy that the incident began with.
/// </summary>
internal sealed class AbsenceExplainer(
    Database database, IncidentStore incidents, AlertStore alerts, PageStore pages, Mutes mutes, EventLog log)
{
    public const string Paged = "paged";
    public const string Muted = "muted";
    public const string NotRouted = "not_routed";
    public const string NotReached = "step_not_reached";
    public const string Skipped = "step_skipped";
    public const string QuietHours = "quiet_hours";
    public const string NotOnCall = "not_on_call";
    public const string NotNamed = "not_named";
    public const string Unreachable = "unreachable";
    public const string AnsweredFirst = "answered_first";
    public const string MethodFailed = "method_failed";
    public const string RateLimited = "rate_limited";
    public const string Waiting = "waiting";
    public const string NothingHappened = "nothing_happened";

    private const int MostLines = 1_000;
    private const int MostIncidents = 50;
    private const int MostAlerts = 500;

    /// <returns>Why; also what reached them, if something did. Null: there is no such incident.</returns>
    public async Task<IReadOnlyList<Absence>?> OfIncidentAsync(EstateSnapshot estate, long number, string user, CancellationToken ct) =>
        await database.ReadAsync(session => OfIncidentAsync(session, estate, number, user), ct);

    /// <returns>Null: there is no such alert.</returns>
    public async Task<IReadOnlyList<Absence>?> OfAlertAsync(EstateSnapshot estate, long id, string user, DateTimeOffset now, CancellationToken ct) => await database.ReadAsync(
        async session =>
        {
            if (await alerts.FindAsync(session, estate.Workspace, id) is not { } row)
            {
                return null;
            }

            List<Absence> found = [];
            foreach (var number in await incidents.OfAlertAsync(session, estate.Workspace, id))
            {
                found.AddRange(await OfIncidentAsync(session, estate, number, user) ?? []);
            }

            if (row is { Silenced: true, State.Status: AlertStatus.Firing })
            {
                var mute = (await mutes.OfAsync(session, estate, [row], now)).GetValueOrDefault(row.Id);
                found.Add(new(Muted, mute is null ? $"{row.Document.Title} was muted by {row.MutedBy ?? "a silence"}" : $"{row.Document.Title} is muted by {mute.Sentence}") { Alert = id, At = row.UpdatedAt });
            }
            else if (found.Count == 0)
            {
                found.Add(row.Silenced
                    ? new(Muted, $"{row.Document.Title} was muted by {row.MutedBy ?? "a silence"} until it ended") { Alert = id, At = row.State.EndedAt }
                    : new(NotRouted, $"{row.Document.Title} became part of no incident: {(row.State.Episodes == 0 ? "its end came before its beginning" : "it is kept no longer")}") { Alert = id });
            }

            return (IReadOnlyList<Absence>?)found;
        },
        ct);

    /// <summary>The same for everything between two instants.</summary>
    public async Task<IReadOnlyList<Absence>> OfSpanAsync(EstateSnapshot estate, DateTimeOffset from, DateTimeOffset to, string user, CancellationToken ct) => await database.ReadAsync(
        async session =>
        {
            List<Absence> found = [];
            var listed = await incidents.ListAsync(session, estate.Workspace, open: false, null, long.MaxValue, MostAlerts);
            foreach (var incident in listed.Where(i => i.CreatedAt < to && (i.ResolvedAt ?? DateTimeOffset.MaxValue) > from).Take(MostIncidents).Reverse())
            {
                found.AddRange(await OfIncidentAsync(session, estate, incident.Number, user) ?? []);
            }

            foreach (var row in await alerts.ListAsync(session, estate.Workspace, null, long.MaxValue, MostAlerts))
            {
                if (row.Silenced && row.State.StartedAt < to && (row.State.EndedAt ?? DateTimeOffset.MaxValue) > from)
                {
                    found.Add(new(Muted, $"{row.Document.Title} was muted by {row.MutedBy ?? "a silence"}") { Alert = row.Id, At = row.State.StartedAt });
                }
            }

            return (IReadOnlyList<Absence>)(found.Count > 0 ? found : [new(NothingHappened, "no incident was open then, and no alert was muted")]);
        },
        ct);

    private async Task<IReadOnlyList<Absence>?> OfIncidentAsync(Session session, EstateSnapshot estate, long number, string user)
    {
        if (await incidents.FindAsync(session, estate.Workspace, number) is not { } incident)
        {
            return null;
        }

        var sent = (await pages.OfIncidentAsync(session, estate.Workspace, number)).FindAll(p => p.Kind == MessageKind.Page);
        var lines = await log.NewestAsync(session, estate.Workspace, $"incident/{number}", long.MaxValue, MostLines);
        lines.Reverse();
        return [.. Explain(incident, sent, lines, new(estate.Model), user).Select(a => a with { Incident = number })];
    }

    /// <summary>Pure: from the records to the reasons.</summary>
    /// <param name="sent">The pages of the incident, no notices.</param>
    /// <param name="lines">Its log, oldest first.</param>
    internal static IEnumerable<Absence> Explain(IncidentState incident, IReadOnlyList<PageRow> sent, IReadOnlyList<EventView> lines, Membership people, string user)
    {
        var own = sent.Where(p => p.RecipientKind == RecipientKind.User && p.Recipient == user).ToArray();
        foreach (var page in own)
        {
            yield return OfPage(incident, page);
        }

        if (incident.Policy.Steps.Count == 0)
        {
            yield return new(NotRouted, $"route {incident.Route} leads to policy {incident.Policy.Name}, which pages nobody") { At = incident.CreatedAt };
            yield break;
        }

        if (lines.FirstOrDefault(l => l.Kind == "incident.snoozed" && l.Reason.Split(' ') is ["snoozed", "by", "silence" or "maintenance" or "inhibition", ..]) is { } quiet)
        {
            yield return new(Muted, quiet.Reason) { At = quiet.At };
        }

        var isNamed = false;
        for (var step = 0; step < incident.Policy.Steps.Count; step++)
        {
            var ways = incident.Policy.Steps[step].Notify.Select(target => people.Way(target, user)).OfType<string>().ToArray();
            isNamed |= ways.Length > 0;
            if (ways.Length == 0 || own.Any(p => p.Step == step))
            {
                continue;
            }

            yield return OfStep(incident, step, ways[0], [.. sent.Where(p => p.Step == step)], lines, user);
        }

        if (!isNamed && own.Length == 0)
        {
            var called = sent.Where(p => p.RecipientKind == RecipientKind.User).Select(p => p.Recipient).Distinct(StringComparer.Ordinal).ToArray();
            yield return new(NotNamed, $"no step of policy {incident.Policy.Name} (by route {incident.Route}) calls {user}{(called.Length > 0 ? $"; it called {string.Join(", ", called)}" : "")}");
        }
    }

    private static Absence OfPage(IncidentState incident, PageRow page)
    {
        var what = $"step {page.Step + 1}{(page.Round > 1 ? $", round {page.Round}" : "")}, {page.Recipient} by {page.Method}";
        var after = IncidentDecider.Text(page.DueAt - incident.CreatedAt);
        return page.Status switch
        {
            PageStatus.Sent => new(Paged, $"{what}: sent{(page.Because is { Length: > 0 } because ? $", because {because}" : "")}") { At = page.SentAt },
            PageStatus.Failed => new(MethodFailed, $"{what}: failed after {Many(page.Attempts, "attempt")}: {page.Reason}") { At = page.FirstTryAt ?? page.DueAt },
            PageStatus.Cancelled => new(AnsweredFirst, $"{what} was due {after} after the beginning and called off: {page.Reason}") { At = page.DueAt },
            PageStatus.Bundled when page.Facts.Quiet => new(QuietHours, $"{what}: it came in their quiet hours, and is told at their end with all that waited, {after} after the beginning") { At = page.DueAt },
            PageStatus.Bundled => new(RateLimited, $"{what}: too many pages within a minute, told in one message for all of them") { At = page.DueAt },
            _ => new(Waiting, page.Attempts > 0 ? $"{what}: tried {Many(page.Attempts, "time")}, tried again: {page.Reason}" : $"{what}: due {after} after the beginning") { At = page.DueAt },
        };
    }

    /// <param name="way">How the step leads to the person.</param>
    /// <param name="called">Whom it called instead, if it was carried out.</param>
    private static Absence OfStep(IncidentState incident, int step, string way, IReadOnlyList<PageRow> called, IReadOnlyList<EventView> lines, string user)
    {
        var name = $"step {step + 1} of policy {incident.Policy.Name}";
        if (called.Count > 0)
        {
            var first = called[0];
            var missed = called.Select(p => p.Because ?? "").FirstOrDefault(b => b.Contains($"{user} is ", StringComparison.Ordinal) || b.Contains($"{user} has ", StringComparison.Ordinal));
            return missed is not null
                ? new(Unreachable, $"{name} leads to {user} ({way}), who could not be reached: {missed}") { At = first.CreatedAt }
                : new(NotOnCall, $"{name} leads to {user} ({way}), and called {string.Join(", ", called.Select(p => p.Recipient).Distinct(StringComparer.Ordinal))} instead: {first.Because}") { At = first.CreatedAt };
        }

        if (lines.FirstOrDefault(l => l.Kind == "incident.fell_through" && l.Reason.StartsWith($"step {step + 1} ", StringComparison.Ordinal)) is { } fell)
        {
            return new(Unreachable, fell.Reason) { At = fell.At };
        }

        if (lines.FirstOrDefault(l => l.Kind == "incident.step_skipped" && l.Reason.StartsWith($"step {step + 1} ", StringComparison.Ordinal)) is { } skipped)
        {
            return new(Skipped, $"{skipped.Reason} ({way})") { At = skipped.At };
        }

        var stop = lines.FirstOrDefault(l => l.Kind is "incident.acknowledged" or "incident.resolved" or "incident.snoozed");
        return stop is not null
            ? new(AnsweredFirst, $"{name} ({way}) was never reached: {stop.Reason}, {IncidentDecider.Text(stop.At - incident.CreatedAt)} after the beginning") { At = stop.At }
            : incident is { Escalation: EscalationStatus.Paging or EscalationStatus.Waiting, NextAt: { } next }
                ? new(Waiting, $"{name} ({way}) has not come yet: step {Math.Max(1, incident.Step + 1)} runs") { At = next }
                : new(NotReached, $"{name} ({way}) was never reached");
    }

    private static string Many(int count, string what) => count == 1 ? $"1 {what}" : $"{count} {what}s";

    /// <summary>How the targets of steps lead to people: as the estate is now.</summary>
    internal sealed class Membership(EstateModel model)
    {
        /// <returns>Such as <c>team payments</c>; null: the target does not lead to them at any time.</returns>
        public string? Way(Target target, string user) => target.Kind switch
        {
            TargetKind.User => target.Name == user ? "by name" : null,
            TargetKind.Team => model.Teams.GetValueOrDefault(target.Name)?.Members.Contains(user) == true ? $"team {target.Name}" : null,
            TargetKind.Schedule => model.Schedules.GetValueOrDefault(target.Name) is { } schedule
                && (schedule.Rotations.Any(r => r.Users.Contains(user)) || schedule.Overrides.Any(o => o.User == user)) ? $"schedule {target.Name}" : null,
            _ => null,
        };
    }
}
