using Tocsin.Data;
using Tocsin.Identity;
using Tocsin.Workspaces;

namespace Tocsin.Audit;

/// <summary>Who may read which chain.</summary>
internal sealed class AuditDesk(Database database, AuditStore store, WorkspaceStore workspaces)
{
    /// <summary>The word by which the installation's chain is asked for.</summary>
    public const string InstallationWord = "installation";

    /// <summary>
    /// The chain that is meant. That of the installation names people and addresses of every workspace, so through the API only the owner of the one workspace there is reads it; where
    /// there are several, whoever runs the process does, on the store.
    /// </summary>
    /// <param name="word"><c>workspace</c> or <see cref="InstallationWord"/>.</param>
    public async Task<Result<long>> ChainAsync(Caller caller, string word, CancellationToken ct) => word switch
    {
        "workspace" => caller.Workspace,
        InstallationWord when await MayReadInstallationAsync(caller, ct) => AuditStore.Installation,
        InstallationWord => Error.Forbidden("The installation's audit is read by the owner where there is one workspace, else with `tocsin audit` on the machine."),
        _ => Error.Invalid("chain", "Use workspace or installation."),
    };

    public async Task<bool> MayReadInstallationAsync(Caller caller, CancellationToken ct) =>
        caller.Role == Role.Owner && (await database.ReadAsync(workspaces.ListAsync, ct)).Count == 1;

    /// <summary>Entries that a filter wants, newest first, before a number.</summary>
    public Task<List<AuditLink>> SearchAsync(long chain, AuditFilter filter, long before, int limit, CancellationToken ct) =>
        database.ReadAsync(session => store.NewestAsync(session, chain, filter, before, limit), ct);
}
