using System.Data.Common;
using Tocsin.Audit;
using Tocsin.Cli;
using Tocsin.Data;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Outgoing;

namespace Tocsin.Doctor;

/// <summary>What works, and lets more in than it should: connections, accounts, keys; and whether the audit is as it was written. What settings alone tell is in <see cref="SettingsChecks"/>.</summary>
internal static class SecurityChecks
{
    private const int MostNames = 5;

    private static readonly TimeSpan Unused = TimeSpan.FromDays(90);

    /// <summary>Connections to other machines that somebody between could read.</summary>
    public static IEnumerable<Finding> OfConnections(IEnumerable<ClearConnection> clear)
    {
        var found = clear.Select(c => Finding.Warning("connections", $"to the {c.To} in clear, or in clear if it likes", c.Fix)).ToList();
        return found.Count > 0 ? found : [Finding.Ok("connections", "none that the settings name leaves this machine without TLS")];
    }

    public static async Task<IReadOnlyList<Finding>> OfStoreAsync(Database database, DateTimeOffset now, CancellationToken ct)
    {
        var (people, endless, unused) = await database.ReadAsync(
            async session => (await WithoutSecondFactorAsync(session), await EndlessAsync(session, now), await UnusedAsync(session, now)), ct);
        return
        [
            people.Count == 0
                ? Finding.Ok("second factors", "no owner or administrator relies on a password alone")
                : Finding.Warning(
                    "second factors", $"{Names(people)} {(people.Count == 1 ? "is an owner or administrator" : "are owners or administrators")} with nothing but a password",
                    "give each a second factor, or let them come in by single sign-on (Oidc:…)"),
            endless.Count == 0
                ? Finding.Ok("keys that never expire", "none")
                : Finding.Warning("keys that never expire", Names(endless), "rotate them to ones with an end: `tocsin key create --help`"),
            unused.Count == 0
                ? Finding.Ok("unused keys", $"none in {Unused.TotalDays} days")
                : Finding.Warning("unused keys", $"{Names(unused)} {(unused.Count == 1 ? "was" : "were")} not used for {Unused.TotalDays} days", "end them with `tocsin key revoke ID`"),
            await AuditAsync(database, ct),
        ];
    }

    private static async Task<Finding> AuditAsync(Database database, CancellationToken ct)
    {
        var store = new AuditStore();
        using var verifier = new AuditVerifier(database, store);
        var entries = 0L;
        foreach (var chain in await database.ReadAsync(store.ChainsAsync, ct))
        {
            var verdict = await verifier.VerifyAsync(chain, [], ct);
            entries += verdict.Count;
            if (verdict.Faults is [var first, ..])
            {
                return Finding.Problem(
                    "audit", $"the chain of {(chain == AuditStore.Installation ? "the installation" : $"workspace {chain}")} is not sound: {first.Text}",
                    "somebody changed the record: keep a copy of the database, compare it with exports and backups, and see `tocsin audit verify`");
            }
        }

        return Finding.Ok("audit", $"sound, {Words.Count(entries, "entry", "entries")}");
    }

    /// <summary>Whoever can log in with a password and nothing else, and administers a workspace.</summary>
    private static Task<List<string>> WithoutSecondFactorAsync(Session session) => session.QueryAsync(
        """
        SELECT w.name, m.user_name FROM member m JOIN person p ON p.id = m.person_id JOIN workspace w ON w.id = m.workspace_id
        WHERE m.role IN ('owner', 'admin') AND p.password_hash IS NOT NULL AND p.password_hash <> '' AND p.disabled_at IS NULL AND m.suspended_at IS NULL AND p.totp_confirmed_at IS NULL
            AND NOT EXISTS (SELECT 1 FROM passkey k WHERE k.person_id = p.id)
        ORDER BY w.name, m.user_name
        """,
        Name);

    private static Task<List<string>> EndlessAsync(Session session, DateTimeOffset now) => session.QueryAsync(
        """
        SELECT w.name, k.name FROM api_key k JOIN workspace w ON w.id = k.workspace_id
        WHERE k.revoked_at IS NULL AND k.expires_at IS NULL AND k.created_at <= @now ORDER BY w.name, k.name
        """,
        Name, ("now", now.ToMicros()));

    private static Task<List<string>> UnusedAsync(Session session, DateTimeOffset now) => session.QueryAsync(
        """
        SELECT w.name, k.name FROM api_key k JOIN workspace w ON w.id = k.workspace_id
        WHERE k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > @now) AND COALESCE(k.last_used_at, k.created_at) < @before ORDER BY w.name, k.name
        """,
        Name, ("now", now.ToMicros()), ("before", (now - Unused).ToMicros()));

    private static string Name(DbDataReader row) => $"{row.GetString(0)}: {row.GetString(1)}";

    private static string Names(List<string> names) =>
        string.Join("; ", names.Take(MostNames)) + (names.Count > MostNames ? $" and {names.Count - MostNames} more" : "");
}
