using System.Security.Cryptography;
using System.Text;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Incidents;
using Tocsin.Providers;
using Tocsin.Streams;

namespace Tocsin.Notify;

/// <summary>Links a person's account in another system by a code that stands on their own page: whoever sends it from there has the account.</summary>
internal sealed class LinkDesk(Database database, IEstates estates, ReplyStore seen, PublicLinks links, EventLog log, TimeProvider clock)
{
    private const string Stale = "The code is not good any more. Take the one that stands under Me in Tocsin now.";

    private static readonly TimeSpan _life = TimeSpan.FromMinutes(15);

    /// <summary>What somebody sends from the account to link it; good once, for 15 minutes.</summary>
    public string CodeFor(long workspace, string source, string user) => links.LinkCode(source, workspace, user, clock.GetUtcNow() + _life);

    /// <param name="act">The account and, as its text, the code.</param>
    public async Task<ReplyOutcome> LinkAsync(EstateSnapshot estate, string source, ReplyAct act, CancellationToken ct)
    {
        var (code, now) = (act.Text ?? "", clock.GetUtcNow());
        if (estate.Model.Users.Values.FirstOrDefault(u => links.IsLinkCode(code, source, estate.Workspace, u.Name, now)) is not { Disabled: false } person)
        {
            return new(ReplyResult.Refused, Stale);
        }

        var linked = await database.WriteAsync(
            async tx =>
            {
                await tx.LockWorkspaceAsync(estate.Workspace);
                if (!await seen.TryAddAsync(tx, estate.Workspace, source, $"link/{Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(code)).AsSpan(0, 16))}", now))
                {
                    return false;
                }

                await LinkedAccounts.SaveAsync(tx, estate.Workspace, new(source, person.Name, act.Account), now);
                await log.AppendAsync(tx, estate.Workspace, now,
                    [new("contact.linked", $"contact/{person.Name}/{source}", $"user:{person.Name}{IncidentDesk.Via}{source}", $"linked the {source} account {PlainText.OneLine(act.Account, 40)}")]);
                return true;
            },
            ct);
        if (!linked)
        {
            return new(ReplyResult.Refused, Stale);
        }

        estates.Forget(estate.Workspace);
        return new(ReplyResult.Done, $"This chat is linked to {person.Name}: pages come here, and what you press acts as you.", User: person.Name);
    }
}
