using Tocsin.Estate;

namespace Tocsin.OnCall;

/// <summary>Who hears of what is wrong with a schedule.</summary>
internal static class ScheduleOwners
{
    /// <summary>The team's managers who can be reached, else the administrators.</summary>
    public static IReadOnlyList<string> Of(EstateSnapshot estate, Schedule schedule)
    {
        var managers = schedule.Team is { } team && estate.Model.Teams.TryGetValue(team, out var known) ? known.Managers : [];
        IReadOnlyList<string> reachable = [.. managers.Where(m => estate.Model.Users.TryGetValue(m, out var user) && user is { Disabled: false, Contact.Count: > 0 })];
        return reachable.Count > 0 ? reachable : [.. estate.Responders.Administrators().Recipients.Select(r => r.Name)];
    }
}
