using Tocsin.Cli;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.OnCall;
using Tocsin.Workspaces;

namespace Tocsin.Doctor;

/// <summary>Whether the calendars of other programs that the estates name can be read. Asks for none: looks at what a server wrote down.</summary>
internal static class CalendarChecks
{
    private static readonly TimeSpan Old = TimeSpan.FromHours(24);

    public static async Task<IReadOnlyList<Finding>> RunAsync(Database database, IReadOnlyList<EstateModel> models, DateTimeOffset now, CancellationToken ct)
    {
        List<Finding> findings = [];
        var store = new WorkspaceStore();
        foreach (var model in models)
        {
            var known = await database.ReadAsync(
                async session => await store.FindAsync(session, model.Workspace) is { } workspace ? await CalendarStore.ListAsync(session, workspace.Id) : [], ct);
            foreach (var (kind, name) in Named(model))
            {
                findings.Add(Of($"{model.Workspace}: calendar of {kind} {name}", known.Find(c => (c.Kind, c.Name) == (kind, name)), now));
            }
        }

        return findings;
    }

    private static IEnumerable<(string Kind, string Name)> Named(EstateModel model) =>
    [
        .. model.Schedules.Values.Where(s => s.Calendar is not null).Select(s => (CalendarLinks.OfSchedule, s.Name)).Order(),
        .. model.Users.Values.Where(u => u.TimeOffCalendar is not null).Select(u => (CalendarLinks.OfUser, u.Name)).Order(),
    ];

    private static Finding Of(string check, CalendarCopy? copy, DateTimeOffset now)
    {
        const string fix = "mend the address in the estate, or what it leads to";
        return copy switch
        {
            null => Finding.Ok(check, "was not asked for yet; a server with the role work does"),
            { ReadAt: null, Fault: { } fault } => Finding.Problem(check, $"was never read: {fault}", fix),
            { ReadAt: { } at, Fault: { } fault } when now - at > Old => Finding.Problem(check, $"was read last {Words.Span(now - at)} ago, which stays in force: {fault}", fix),
            { ReadAt: { } at, Fault: { } fault } => Finding.Warning(check, $"was read last {Words.Span(now - at)} ago, which stays in force: {fault}", fix),
            { ReadAt: null } => Finding.Ok(check, "is being asked for"),
            { ReadAt: { } at, Notes.Length: > 0 } => Finding.Warning(check, $"read {Words.Span(now - at)} ago, and not all of it is used: {copy.Notes.Replace("\n", "; ", StringComparison.Ordinal)}", "mend its entries; the schedule's page says the same"),
            { ReadAt: { } at } => Finding.Ok(check, $"read {Words.Span(now - at)} ago"),
        };
    }
}
