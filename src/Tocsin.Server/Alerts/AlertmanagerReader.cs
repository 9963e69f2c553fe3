using System.Runtime.CompilerServices;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Routing;

namespace Tocsin.Alerts;

/// <summary>
/// Reads the alerts that fire as Alertmanager's API shows them: silences and routes as they stand now, whatever was decided when an
/// alert came. Reads in small parts, so that hundreds of thousands of alerts hold neither memory nor a transaction.
/// </summary>
internal sealed class AlertmanagerReader(Database database, AlertStore alerts, Mutes mutes, TimeProvider clock)
{
    private const int Part = 500;

    /// <summary>Alerts in the order in which they were first heard of.</summary>
    public async IAsyncEnumerable<GettableAlert> AlertsAsync(EstateSnapshot estate, AlertmanagerQuery query, [EnumeratorCancellation] CancellationToken ct)
    {
        var view = new View(estate, query, clock.GetUtcNow());
        await foreach (var (row, mute) in FiringAsync(estate, view.Now, ct))
        {
            if (view.Destinations(row, mute) is { } destinations && destinations.Any(d => query.AdmitsReceiver(View.ReceiverOf(d))))
            {
                yield return view.Of(row, mute, destinations);
            }
        }
    }

    /// <summary>
    /// The same alerts by where they go: each with the group that it is of, an alert with several destinations once for each.
    /// Ordered by group labels, then receiver; alerts of a group follow each other.
    /// </summary>
    public async IAsyncEnumerable<(AlertmanagerGroup Group, GettableAlert Alert)> GroupedAsync(
        EstateSnapshot estate, AlertmanagerQuery query, [EnumeratorCancellation] CancellationToken ct)
    {
        // First only who belongs where, then the alerts themselves in that order, a part at a time.
        var view = new View(estate, query, clock.GetUtcNow());
        Dictionary<long, (AlertmanagerGroup Group, List<long> Alerts)> groups = [];
        await foreach (var (row, mute) in FiringAsync(estate, view.Now, ct))
        {
            foreach (var destination in (view.Destinations(row, mute) ?? []).Where(d => query.AdmitsReceiver(View.ReceiverOf(d))))
            {
                if (!groups.TryGetValue(destination.Group.Hash, out var group))
                {
                    groups[destination.Group.Hash] = group = (new(AlertIntake.SubjectOf(row).GroupLabels(destination.GroupBy), View.ReceiverOf(destination)), []);
                }

                group.Alerts.Add(row.Id);
            }
        }

        var ordered = groups.Values.OrderBy(g => g.Group.Labels.ToString(), StringComparer.Ordinal).ThenBy(g => g.Group.Receiver, StringComparer.Ordinal);
        foreach (var part in ordered.SelectMany(g => g.Alerts.Select(id => (g.Group, Id: id))).Chunk(Part))
        {
            long[] ids = [.. part.Select(p => p.Id).Distinct()];
            var rows = (await database.ReadAsync(async session => await WithMutesAsync(session, estate, await alerts.FindManyAsync(session, estate.Workspace, ids), view.Now), ct))
                .ToDictionary(found => found.Row.Id);
            foreach (var (group, id) in part)
            {
                // What ended meanwhile is left out.
                if (rows.TryGetValue(id, out var found) && found.Row.State.Status == AlertStatus.Firing && view.Destinations(found.Row, found.Mute) is { } destinations)
                {
                    yield return (group, view.Of(found.Row, found.Mute, destinations));
                }
            }
        }
    }

    private async Task<List<(AlertRow Row, Mute? Mute)>> WithMutesAsync(Session session, EstateSnapshot estate, List<AlertRow> rows, DateTimeOffset now)
    {
        var muted = await mutes.OfAsync(session, estate, rows, now);
        return rows.ConvertAll(row => (row, muted.GetValueOrDefault(row.Id)));
    }

    private async IAsyncEnumerable<(AlertRow Row, Mute? Mute)> FiringAsync(EstateSnapshot estate, DateTimeOffset now, [EnumeratorCancellation] CancellationToken ct)
    {
        var after = 0L;
        while (true)
        {
            var start = after;
            var rows = await database.ReadAsync(
                async session => await WithMutesAsync(session, estate, await alerts.FiringAfterAsync(session, estate.Workspace, start, Part), now), ct);
            foreach (var row in rows)
            {
                yield return row;
            }

            if (rows.Count < Part)
            {
                yield break;
            }

            after = rows[^1].Row.Id;
        }
    }

    /// <summary>What one request sees: one configuration, one instant.</summary>
    private sealed class View(EstateSnapshot estate, AlertmanagerQuery query, DateTimeOffset now)
    {
        public DateTimeOffset Now => now;

        /// <returns>Where the alert goes; null when the request does not ask for it.</returns>
        public IReadOnlyList<Destination>? Destinations(AlertRow row, Mute? mute)
        {
            var subject = AlertIntake.SubjectOf(row);
            return query.Admits(subject) && query.AdmitsState(mute) ? estate.Router.Decide(subject).Destinations : null;
        }

        public GettableAlert Of(AlertRow row, Mute? mute, IReadOnlyList<Destination> destinations) => GettableAlert.Of(
            row, [.. destinations.Select(ReceiverOf).Distinct(StringComparer.Ordinal).Select(name => new AlertmanagerReceiver(name))],
            mute is null ? GettableAlertStatus.Active : Suppressed(row, mute));

        private GettableAlertStatus Suppressed(AlertRow row, Mute mute)
        {
            var all = estate.Silences.Matches(AlertIntake.SubjectOf(row), now);
            string[] Of(SilenceKind kind, MuteKind itself) => [.. all.Where(s => s.Kind == kind).Select(s => s.Id).Concat(mute.Kind == itself ? [mute.Name] : []).Distinct(StringComparer.Ordinal)];
            return new(
                "suppressed", Of(SilenceKind.Silence, MuteKind.Silence), mute.By is { } by ? [GettableAlert.FingerprintOf(by)] : [], Of(SilenceKind.Maintenance, MuteKind.Maintenance));
        }

        public static string ReceiverOf(Destination destination) => destination.Policy ?? Route.NoPolicy;
    }
}

/// <param name="Labels">What its alerts have in common.</param>
internal sealed record AlertmanagerGroup(LabelSet Labels, string Receiver);
