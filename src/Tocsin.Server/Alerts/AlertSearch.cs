using Tocsin.Data;

namespace Tocsin.Alerts;

/// <summary>Which alerts somebody looks for; what is null or empty does not matter.</summary>
/// <param name="Source">The source's name; case does not count, as in the next two.</param>
/// <param name="Team">One of the alert's teams.</param>
/// <param name="Priority">P0 to P3.</param>
internal sealed record AlertSieve(AlertStatus? Status, string? Source = null, string? Team = null, string? Priority = null)
{
    public bool Admits(AlertRow row)
    {
        if (!Is(Source, row.Document.Source))
        {
            return false;
        }

        if (string.IsNullOrEmpty(Team) && string.IsNullOrEmpty(Priority))
        {
            return true;
        }

        var canonical = row.Canonical is { } text ? CanonicalViews.FromText(text) : null;
        var labels = row.Document.Labels;
        return Is(Priority, canonical?.Priority ?? labels[PriorityText.Label]) && (string.IsNullOrEmpty(Team) || (canonical?.Teams ?? [labels["team"]]).Any(team => Is(Team, team)));
    }

    private static bool Is(string? wanted, string? has) => string.IsNullOrEmpty(wanted) || string.Equals(wanted, has, StringComparison.OrdinalIgnoreCase);
}

/// <param name="Rows">Newest first.</param>
/// <param name="Below">The id below which to go on; null: that was all.</param>
internal sealed record AlertsFound(IReadOnlyList<AlertRow> Rows, long? Below);

/// <summary>
/// Looks for alerts a page at a time. Teams and priorities are in the document, which has no index: so many alerts are looked at in one go and no more,
/// and whoever goes on looks at the next.
/// </summary>
internal sealed class AlertSearch(AlertStore alerts)
{
    private const int AtOnce = 500;
    private const int MostLookedAt = 5_000;

    public async Task<AlertsFound> FindAsync(Session session, long workspace, AlertSieve sieve, long before, int limit)
    {
        List<AlertRow> found = [];
        for (var looked = 0; looked < MostLookedAt; looked += AtOnce)
        {
            var rows = await alerts.ListAsync(session, workspace, sieve.Status, before, AtOnce);
            foreach (var row in rows)
            {
                if (!sieve.Admits(row))
                {
                    continue;
                }

                if (found.Count == limit)
                {
                    return new(found, found[^1].Id);
                }

                found.Add(row);
            }

            if (rows.Count < AtOnce)
            {
                return new(found, null);
            }

            before = rows[^1].Id;
        }

        return new(found, before);
    }
}
