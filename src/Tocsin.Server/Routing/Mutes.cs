using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Incidents;
using Tocsin.Jobs;
using Tocsin.Sdk;

namespace Tocsin.Routing;

/// <summary>
/// Says what mutes alerts, and keeps incidents quiet while all of their alerts are muted. What is written is written in the transaction of whoever
/// decides about the alerts, under the workspace's lock: nothing is muted by an alert that has ended, on any node.
/// </summary>
internal sealed class Mutes(Database database, AlertStore alerts, IncidentStore incidents, InhibitionStore places, IncidentFlow flow, JobStore jobs)
{
    private const int Part = 1_000;

    /// <summary>How long an incident waits for the alerts that mute its own, before it is looked at whether they still do.</summary>
    private static readonly TimeSpan _lookAgain = TimeSpan.FromHours(1);

    /// <summary>What mutes each of some alerts now; those that nothing mutes are left out.</summary>
    public async Task<Dictionary<long, Mute>> OfAsync(Session session, EstateSnapshot estate, IReadOnlyCollection<AlertRow> rows, DateTimeOffset now)
    {
        Dictionary<long, Mute> mutes = [];
        List<AlertRow> others = [];
        foreach (var row in rows)
        {
            if (estate.SilenceOf(AlertIntake.SubjectOf(row), now) is { } silence)
            {
                mutes[row.Id] = Mute.Of(silence, now);
            }
            else
            {
                others.Add(row);
            }
        }

        foreach (var (id, mute) in await InhibitedAsync(session, estate, others))
        {
            mutes[id] = mute;
        }

        return mutes;
    }

    /// <summary>Which of some alerts others mute.</summary>
    public async Task<Dictionary<long, Mute>> InhibitedAsync(Session session, EstateSnapshot estate, IReadOnlyCollection<AlertRow> rows)
    {
        Dictionary<long, Mute> inhibited = [];
        if (estate.Inhibitions.IsEmpty || rows.Count == 0)
        {
            return inhibited;
        }

        var targets = rows.Select(row => (row.Id, Places: estate.Inhibitions.PlacesOf(AlertIntake.SubjectOf(row)).Where(p => p.Side.HasFlag(InhibitionSide.Target)).ToArray()))
            .Where(t => t.Places.Length > 0).ToList();
        HashSet<long> keys = [.. targets.SelectMany(t => t.Places, (_, place) => place.Key)];
        var sources = (await places.SourcesAsync(session, estate.Workspace, keys)).ToLookup(p => p.Key);
        List<(long Target, Inhibition Rule, long Source)> found = [];
        foreach (var (id, at) in targets)
        {
            foreach (var place in at)
            {
                // What is on both sides is muted by none that is, so an alert never meets itself here.
                if (sources[place.Key].FirstOrDefault(s => place.IsMutedBy(s.Side)) is { Alert: > 0 } source)
                {
                    found.Add((id, place.Rule, source.Alert));
                    break;
                }
            }
        }

        var causes = (await alerts.FindManyAsync(session, estate.Workspace, [.. found.Select(f => f.Source).Distinct()])).ToDictionary(row => row.Id);
        foreach (var (target, rule, source) in found)
        {
            inhibited[target] = new(MuteKind.Inhibition, rule.Name, null, causes[source].Document.Title, causes[source]);
        }

        return inhibited;
    }

    /// <summary>For each inhibition rule whether it mutes an alert now, and by what; or why not.</summary>
    /// <param name="itself">The alert, if it is stored; null: it might come.</param>
    public async Task<IReadOnlyList<ExplainMute>> ExplainAsync(EstateSnapshot estate, RouteSubject subject, long? itself, CancellationToken ct)
    {
        List<ExplainMute> checks = [];
        foreach (var (rule, place, failed) in estate.Inhibitions.Explain(subject))
        {
            if (place is not { } at)
            {
                checks.Add(new("inhibition", rule.Name, false, failed!.ToString()));
                continue;
            }

            var source = await database.ReadAsync(
                async session => (await places.SourcesAsync(session, estate.Workspace, [at.Key])).Find(s => at.IsMutedBy(s.Side) && s.Alert != itself) is { Alert: > 0 } found
                    ? await alerts.FindAsync(session, estate.Workspace, found.Alert)
                    : null,
                ct);
            checks.Add(source is not null
                ? new("inhibition", rule.Name, true, $"{source.Document.Title} fires")
                : new("inhibition", rule.Name, false, $"no alert that matches {MatcherText.Format(rule.Source)}{(rule.Equal.Count > 0 ? $" with the same {string.Join(", ", rule.Equal)}" : "")} fires now"));
        }

        return checks;
    }

    /// <summary>
    /// What the changed alerts of one intake mean for inhibition: stores where they stand now, and says which others are concerned. The alerts have
    /// ids; nothing was routed yet.
    /// </summary>
    /// <param name="changes">Each alert as it was (null: new, or not firing) and as it is (null: it no longer fires).</param>
    public async Task<InhibitionNews> PlaceAsync(Tx tx, EstateSnapshot estate, IReadOnlyList<(AlertRow? Before, AlertRow? After)> changes)
    {
        if (estate.Inhibitions.IsEmpty)
        {
            return InhibitionNews.None;
        }

        await EnsureAsync(tx, estate);
        List<long> moved = [];
        List<StoredPlace> taken = [];
        HashSet<long> silent = [], loud = [];
        foreach (var (before, after) in changes)
        {
            if (before is not null && after is not null && before.Severity == after.Severity && before.Text.IsSameAs(after.Text))
            {
                continue;
            }

            IReadOnlyList<InhibitionPlace> was = before is null ? [] : estate.Inhibitions.PlacesOf(AlertIntake.SubjectOf(before));
            IReadOnlyList<InhibitionPlace> now = after is null ? [] : estate.Inhibitions.PlacesOf(AlertIntake.SubjectOf(after));
            if (before is not null)
            {
                // Also one that no rule of this node's concerns: other nodes may know newer ones.
                moved.Add(before.Id);
            }

            taken.AddRange(now.Select(p => new StoredPlace(p.Key, after!.Id, p.Side)));
            silent.UnionWith(SourceKeys(was));
            silent.ExceptWith(SourceKeys(now));
            loud.UnionWith(SourceKeys(now).Where(key => !SourceKeys(was).Contains(key)));
        }

        await places.RemoveAsync(tx, estate.Workspace, moved);
        await places.AddAsync(tx, estate.Workspace, taken);
        return new(
            [.. (await places.TargetsAsync(tx, estate.Workspace, silent)).Select(p => p.Alert).Distinct()],
            [.. (await places.TargetsAsync(tx, estate.Workspace, loud)).Select(p => p.Alert).Distinct()]);
    }

    /// <summary>Why an incident need not page: all of its alerts that fire are muted. Null: one is not, or none fires.</summary>
    public async Task<Mute?> WhollyAsync(Session session, EstateSnapshot estate, long incident, DateTimeOffset now)
    {
        if (!estate.MayMute)
        {
            return null;
        }

        var firing = (await alerts.OfIncidentAsync(session, estate.Workspace, incident, int.MaxValue)).FindAll(a => a.State.Status == AlertStatus.Firing);
        var mutes = await OfAsync(session, estate, firing, now);
        return firing.Count > 0 && mutes.Count == firing.Count ? mutes.Values.MinBy(m => m.Until ?? DateTimeOffset.MaxValue) : null;
    }

    /// <summary>Quiets an incident that pages, or that <paramref name="by"/> quiets already, if all of its alerts are muted now; what a person acknowledged or snoozed stays so.</summary>
    public async Task QuietAsync(Tx tx, EstateSnapshot estate, IncidentState incident, string? by, DateTimeOffset now)
    {
        if ((incident.Status == IncidentStatus.Triggered || (incident.Status == IncidentStatus.Snoozed && incident.SnoozedBy == by))
            && await WhollyAsync(tx, estate, incident.Number, now) is { } mute)
        {
            await flow.ApplyAsync(tx, estate, incident, Snooze(mute, now), "system", now);
        }
    }

    /// <summary>The same for the open incidents of some alerts.</summary>
    public async Task QuietAsync(Tx tx, EstateSnapshot estate, IEnumerable<long> alertIds, DateTimeOffset now)
    {
        foreach (var number in await IncidentsOfAsync(tx, estate.Workspace, alertIds))
        {
            if (await incidents.FindAsync(tx, estate.Workspace, number) is { } incident)
            {
                await QuietAsync(tx, estate, incident, null, now);
            }
        }
    }

    /// <summary>Lets the incidents of some alerts be looked at now that are quiet because their alerts were muted.</summary>
    public async Task StirAsync(Tx tx, long workspace, IEnumerable<long> alertIds, DateTimeOffset now)
    {
        foreach (var number in await IncidentsOfAsync(tx, workspace, alertIds))
        {
            if (await incidents.FindAsync(tx, workspace, number) is { } incident)
            {
                await StirAsync(tx, workspace, incident, now);
            }
        }
    }

    /// <summary>
    /// Brings forward the wake-up of an incident that is quiet because its alerts were muted; <see cref="WakeAsync"/> then decides. A wake-up that was
    /// held, since a backup was restored, stays so.
    /// </summary>
    public Task StirAsync(Tx tx, long workspace, IncidentState incident, DateTimeOffset now) => incident is { Status: IncidentStatus.Snoozed, IsSnoozedBySilence: true }
        ? jobs.HurryAsync(tx, workspace, IncidentFlow.WakeKey(incident), now)
        : Task.CompletedTask;

    /// <summary>What the end of an incident's snooze is: its end, or more quiet, if something else mutes all of its alerts.</summary>
    public async Task<IncidentEvent> WakeAsync(Tx tx, EstateSnapshot estate, IncidentState incident, IncidentEvent.Woken woken, DateTimeOffset now) =>
        incident is { Status: IncidentStatus.Snoozed, IsSnoozedBySilence: true } && incident.Epoch == woken.Epoch && await WhollyAsync(tx, estate, incident.Number, now) is { } mute
            ? Snooze(mute, now)
            : woken;

    private static IncidentEvent.Snoozed Snooze(Mute mute, DateTimeOffset now) => new(mute.Until is { } until && until > now ? until : now + _lookAgain, mute.Author);

    private async Task<SortedSet<long>> IncidentsOfAsync(Session session, long workspace, IEnumerable<long> alertIds)
    {
        SortedSet<long> numbers = [];
        foreach (var alert in alertIds)
        {
            numbers.UnionWith(await incidents.OfAlertAsync(session, workspace, alert));
        }

        return numbers;
    }

    /// <summary>Stores the places of everything that fires anew when the rules are others than those of the stored places.</summary>
    private async Task EnsureAsync(Tx tx, EstateSnapshot estate)
    {
        // A node that does not know the newest rules yet looks with its own keys and finds less: it pages rather than mutes.
        if (await places.StampAsync(tx, estate.Workspace) is { } known && (known.Stamp == estate.Inhibitions.Stamp || known.Revision > estate.Model.Revision))
        {
            return;
        }

        await places.RestartAsync(tx, estate.Workspace, estate.Inhibitions.Stamp, estate.Model.Revision);
        var after = 0L;
        while (true)
        {
            var rows = await alerts.FiringAfterAsync(tx, estate.Workspace, after, Part);
            await places.AddAsync(
                tx, estate.Workspace,
                [.. rows.SelectMany(row => estate.Inhibitions.PlacesOf(AlertIntake.SubjectOf(row)).Select(p => new StoredPlace(p.Key, row.Id, p.Side)))]);
            if (rows.Count < Part)
            {
                return;
            }

            after = rows[^1].Id;
        }
    }

    private static HashSet<long> SourceKeys(IReadOnlyList<InhibitionPlace> at) => [.. at.Where(p => p.Side.HasFlag(InhibitionSide.Source)).Select(p => p.Key)];
}

/// <param name="Freed">Alerts that a source muted which does so no more; another may.</param>
/// <param name="Muted">Alerts that a new source mutes.</param>
internal sealed record InhibitionNews(IReadOnlyList<long> Freed, IReadOnlyList<long> Muted)
{
    public static InhibitionNews None { get; } = new([], []);
}
