using Tocsin.Audit;
using Tocsin.Cli;
using Tocsin.Data;
using Tocsin.Escalation;
using Tocsin.Estate;
using Tocsin.Notify;
using Tocsin.Providers;
using Tocsin.Streams;
using Tocsin.Workspaces;

namespace Tocsin.Doctor;

/// <summary>Whether those who may be called are known to be reached: a page or test that came by one of their methods was answered.</summary>
internal static class ProofChecks
{
    private const string Fix = "let them press Test under Me and answer what comes; switch on the monthly test under Users";

    public static async Task<IReadOnlyList<Finding>> RunAsync(Database database, NotifierRegistry notifiers, EstateModel model, DateTimeOffset now, CancellationToken ct)
    {
        var proofs = new ContactProofs(notifiers, new EventLog(new ChangeSignal(), new AuditStore()));
        var known = await database.ReadAsync(
            async session => await new WorkspaceStore().FindAsync(session, model.Workspace) is { Id: var id } ? await proofs.ReadAsync(session, id) : null, ct);
        var called = model.Users.Values.Where(user => !user.Disabled && user.Contact.Count > 0 && MayBeCalled(model, user.Name)).OrderBy(user => user.Name, StringComparer.Ordinal).ToArray();
        if (known is null || called.Length == 0)
        {
            return [];
        }

        var findings = called.Select(user => (user.Name, Text: ReachWords.Warning(user, known, now))).Where(user => user.Text is not null)
            .Select(user => Finding.Warning($"{model.Workspace}: user {user.Name}", user.Text!, Fix)).ToArray();
        return findings.Length > 0 ? findings : [Finding.Ok($"{model.Workspace}: phones", $"{Words.Count(called.Length, "person", "people")} who may be called {(called.Length == 1 ? "is" : "are")} known to be reached")];
    }

    private static bool MayBeCalled(EstateModel model, string user) =>
        model.Schedules.Values.Any(schedule => schedule.Rotations.Any(rotation => rotation.InTurn().Any(turn => turn.Contains(user))) || schedule.Overrides.Any(o => o.User == user))
        || model.Policies.Values.SelectMany(policy => policy.Steps).SelectMany(step => step.Notify).Any(target => target.Kind switch
        {
            TargetKind.User => target.Name == user,
            TargetKind.Team => model.Teams.GetValueOrDefault(target.Name)?.Members.Contains(user) == true,
            _ => false,
        });
}
