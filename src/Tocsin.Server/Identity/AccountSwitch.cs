using Tocsin.Audit;
using Tocsin.Data;
using Tocsin.Workspaces;

namespace Tocsin.Identity;

/// <summary>Disables a whole account, in every workspace, and enables it again: for whoever runs the process. Administrators suspend memberships of theirs.</summary>
internal static class AccountSwitch
{
    /// <summary>Ends all sessions; own keys are refused within five seconds, and the person is not paged. Idempotent.</summary>
    /// <returns>How many sessions ended; a conflict when a workspace would be left without an owner who can come in.</returns>
    public static async Task<Result<int>> DisableAsync(Tx tx, AccountStore accounts, AuditStore audit, PersonRow person, DateTimeOffset now)
    {
        var memberships = await accounts.OfPersonAsync(tx, person.Id);
        foreach (var member in memberships)
        {
            await tx.LockWorkspaceAsync(member.Workspace);
            if (MemberRules.KeepsAnOwner(await accounts.ListAsync(tx, member.Workspace), member, null) is not null)
            {
                return Error.Conflict("member.last_owner", $"{member.UserName} is the last owner of {member.WorkspaceName}: make somebody else an owner first.");
            }
        }

        if (person.DisabledAt is not null)
        {
            return 0;
        }

        await accounts.DisableAsync(tx, person.Id, now);
        var ended = await accounts.EndSessionsOfAsync(tx, person.Id);
        foreach (var member in memberships)
        {
            audit.Append(tx, member.Workspace, now, new("operator", "account.disabled", $"member/{member.UserName}", $"disabled the whole account of {member.UserName}; sessions ended: {ended}"));
        }

        return ended;
    }

    /// <summary>The person may come in again, where he is not suspended. Idempotent.</summary>
    public static async Task EnableAsync(Tx tx, AccountStore accounts, AuditStore audit, PersonRow person, DateTimeOffset now)
    {
        if (person.DisabledAt is null)
        {
            return;
        }

        await accounts.DisableAsync(tx, person.Id, since: null);
        foreach (var member in await accounts.OfPersonAsync(tx, person.Id))
        {
            audit.Append(tx, member.Workspace, now, new("operator", "account.enabled", $"member/{member.UserName}", $"enabled the account of {member.UserName} again"));
        }
    }
}
