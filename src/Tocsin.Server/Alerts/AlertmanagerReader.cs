using System.Runtime.CompilerServices;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Routing;

namespace Tocsin.Alerts;

/// <summary>
/// Reads the alerts that fire as Alertmanager's API shows them: silences and routes as they stand now, whatever was decided when an
/// alert came. Reads in small parts, so that hundreds of thousands of alerts hold neither memory nor a transaction.
/// </summary>
internal sealed class AlertmanagerReader(Database database, AlertStore alerts, TimeProvider clock)
{
    private const int Part = 500;

    /// <summary>Alerts in the order in which they were first heard of.</summary>
    public async IAsyncEnumerable<GettableAlert> AlertsAsync(EstateSnapshot estate, AlertmanagerQuery query, [EnumeratorCancellation] CancellationToken ct)
    {
        var view = new View(estate, query, clock.GetUtcNow());
        await foreach (var row in FiringAsync(estate.Workspace, ct))
        {
            if (view.Destinations(row) is { } destinations && destinations.Any(d => query.AdmitsReceiver(View.ReceiverOf(d))))
            {
                yield return view.Of(row, destinations);
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
        await foreach (var row in FiringAsync(estate.Workspace, ct))
        {
            foreach (var destination in (view.Destinations(row) ?? []).Where(d => query.AdmitsReceiver(View.ReceiverOf(d))))
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
            var rows = (await database.ReadAsync(session => alerts.FindManyAsync(session, estate.Workspace, ids), ct)).ToDictionary(row => row.Id);
            foreach (var (group, id) in part)
            {
                // What ended meanwhile is left out.
                if (rows.TryGetValue(id, out var row) && row.State.Status == AlertStatus.Firing && view.Destinations(row) is { } destinations)
                {
                    yield return (group, view.Of(row, destinations));
                }
            }
        }
    }

    private async IAsyncEnumerable<AlertRow> FiringAsync(long workspace, [EnumeratorCancellation] CancellationToken ct)
    {
        var after = 0L;
        while (true)
        {
            var start = after;
            var rows = await database.ReadAsync(session => alerts.FiringAfterAsync(session, workspace, start, Part), ct);
            foreach (var row in rows)
            {
                yield return row;
            }

            if (rows.Count < Part)
            {
                yield break;
            }

            after = rows[^1].Id;
        }
    }

    /// <summary>What one request sees: one configuration, one instant.</summary>
    private sealed class View(EstateSnapshot estate, AlertmanagerQuery query, DateTimeOffset now)
    {
        /// <returns>Where the alert goes; null when the request does not ask for it.</returns>
        public IReadOnlyList<Destination>? Destinations(AlertRow row)
        {
            var subject = AlertIntake.SubjectOf(row);
            return query.Admits(subject) && query.AdmitsState(estate.Silences.FirstMatch(subject, now) is not null) ? estate.Router.Decide(subject).Destinations : null;
        }

        public GettableAlert Of(AlertRow row, IReadOnlyList<Destination> destinations)
        {
            var subject = AlertIntake.SubjectOf(row);
            return GettableAlert.Of(
                row, [.. destinations.Select(ReceiverOf).Distinct(StringComparer.Ordinal).Select(name => new AlertmanagerReceiver(name))],
                estate.Silences.FirstMatch(subject, now) is null ? [] : [.. estate.Silences.Matches(subject, now).Select(s => s.Id)]);
        }

        public static string ReceiverOf(Destination destination) => destination.Policy ?? Route.NoPolicy;
    }
}

/// <param name="Labels">What its alerts have in common.</param>
internal sealed record AlertmanagerGroup(LabelSet Labels, string Receiver);
