using Microsoft.Extensions.Options;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Workspaces;

namespace Tocsin.Identity.Oidc;

/// <summary>Lets somebody whom the provider vouches for into the workspace: the person, the role and the session in one transaction, then the teams.</summary>
internal sealed class OidcEntry(
    Database database, WorkspaceStore workspaces, IEstates estates, OidcPeople people, OidcTeams teams, IOptions<OidcOptions> settings)
{
    /// <returns>A refusal is fit to be shown to that person.</returns>
    public async Task<Result<SignedIn>> AdmitAsync(DirectoryPerson person, LoginFacts facts, CancellationToken ct)
    {
        if ((await database.ReadAsync(workspaces.ListAsync, ct)).Find(w => settings.Value.IsWorkspace(w.Id, w.Name)) is not { } workspace)
        {
            return Error.Unavailable("There is no workspace of the name that Oidc:Workspace has. Tell an administrator.");
        }

        var estate = await estates.FindAsync(workspace.Id, ct);
        var admitted = await database.WriteAsync(
            async tx =>
            {
                await tx.LockWorkspaceAsync(workspace.Id);
                return await people.AdmitAsync(tx, workspace, person, estate, facts);
            },
            ct);
        if (admitted.Ok)
        {
            await teams.FollowAsync(admitted.Value.Account, person, ct);
        }

        return admitted;
    }
}
