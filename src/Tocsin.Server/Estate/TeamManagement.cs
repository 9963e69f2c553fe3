namespace Tocsin.Estate;

/// <summary>
/// What somebody may change who is no administrator and manages teams: the schedules and services of these teams, and who is in them. Who
/// manages a team, and everything that no team owns, is for administrators.
/// </summary>
/// <param name="user">The person; null: a key, which manages nothing.</param>
internal sealed class TeamManagement(string? user)
{
    private static readonly string[] _owned = ["schedule", "service"];

    /// <summary>Why a change is not allowed.</summary>
    /// <param name="current">What is stored: it says who manages what, not what somebody wishes.</param>
    /// <returns>Null: it is.</returns>
    public EstateFault? Forbids(IReadOnlyList<EstateObject> current, EstateChange change)
    {
        if (change.Action == EstateAction.Keep)
        {
            return null;
        }

        var managed = current.Where(o => o.Kind == "team").Select(o => EstateReader.ReadTeam(o.Body)).Where(t => user is not null && t.Managers.Contains(user)).Select(t => t.Name).ToHashSet(StringComparer.Ordinal);
        var own = change.Object.Kind == "team"
            ? change.Action == EstateAction.Update && managed.Contains(change.Object.Name) && change.Edits.All(e => e.Path == "members" || e.Path.StartsWith("members[", StringComparison.Ordinal))
            : _owned.Contains(change.Object.Kind) && IsOf(managed, change.Before) && IsOf(managed, change.After);
        if (own && References(change.After?.Body).Except(References(change.Before?.Body), StringComparer.Ordinal).Any())
        {
            // What a reference stands for would be read by whoever sees the schedule.
            return EstateFault.Error(change.Object.Body.Mark, change.Object.Path, $"{change.Object.Key} is for administrators to change where it gets a reference; write the value itself", change.Object.Name);
        }

        return own ? null : EstateFault.Error(
            change.Object.Body.Mark, change.Object.Path,
            $"{change.Object.Key} is for administrators to change; who manages a team changes its members, its schedules and its services", change.Object.Name);
    }

    private static bool IsOf(HashSet<string> managed, EstateObject? item) => item is null || (item.Body.TextOrNull("team") is { } team && managed.Contains(team));

    private static IEnumerable<string> References(EstateNode? node) => node switch
    {
        EstateScalar scalar when EstateReferences.Any(scalar.Written) => [scalar.Written],
        EstateList list => list.Items.SelectMany(References),
        EstateMap map => map.Entries.SelectMany(e => References(e.Value)),
        _ => [],
    };
}
