using System.Data.Common;
using Tocsin.Cli;
using Tocsin.Data;
using Tocsin.Hosting;

namespace Tocsin.Doctor;

/// <summary>The database: version, schema, durability, clock, work that is late or given up.</summary>
internal static class StoreChecks
{
    private static readonly TimeSpan TooLate = TimeSpan.FromMinutes(1);

    public static async Task<IReadOnlyList<Finding>> RunAsync(Database database, int schema, TimeProvider time, CancellationToken ct)
    {
        List<Finding> findings = [await VersionAsync(database, ct)];
        if (schema > Schema.Version)
        {
            findings.Add(Finding.Problem("schema", $"{schema}; this version knows {Schema.Version}", "start the newer version, or restore the backup made before the upgrade"));
            return findings;
        }

        if (schema < Schema.Version)
        {
            findings.Add(Finding.Ok("schema", $"{schema}; the next start makes it {Schema.Version}"));
            return findings;
        }

        var installation = new Installation(database);
        findings.Add(Finding.Ok("schema", $"{schema}"));
        findings.Add(await ClockAsync(installation, time, ct));
        findings.Add(await LateAsync(database, time.GetUtcNow(), ct));
        findings.Add(await DeadAsync(database, ct));
        return findings;
    }

    /// <summary>The database's instant belongs to the middle of the time that asking took.</summary>
    private static async Task<Finding> ClockAsync(Installation installation, TimeProvider time, CancellationToken ct)
    {
        var alive = await installation.LastAliveAsync(ct);
        var asked = time.GetUtcNow();
        var theirs = await installation.DatabaseNowAsync(ct);
        return MachineChecks.Clock(asked + ((time.GetUtcNow() - asked) / 2), theirs, alive?.At);
    }

    private static async Task<Finding> VersionAsync(Database database, CancellationToken ct)
    {
        if (!database.Dialect.IsPostgres)
        {
            return Finding.Ok("database", database.Description);
        }

        var version = await ShowAsync(database, "server_version", ct);
        foreach (var setting in new[] { "fsync", "full_page_writes", "synchronous_commit" })
        {
            if (await ShowAsync(database, setting, ct) == "off")
            {
                return Finding.Problem(
                    "database", $"PostgreSQL {version} with {setting} = off: alerts that were accepted can be lost when the machine fails", $"set {setting} = on");
            }
        }

        return Finding.Ok("database", $"PostgreSQL {version}");
    }

    private static async Task<Finding> LateAsync(Database database, DateTimeOffset now, CancellationToken ct)
    {
        var late = await database.ReadAsync(
            session => session.ScalarAsync("SELECT COUNT(*) FROM job WHERE dead = 0 AND ready_at < @before", ("before", (now - TooLate).ToMicros())), ct);
        return late > 0
            ? Finding.Problem("work", $"{Words.Count(late ?? 0, "job")} {(late == 1 ? "is" : "are")} more than {Words.Span(TooLate)} late", "start a server with the role work, and look at its log")
            : Finding.Ok("work", "nothing is late");
    }

    private static async Task<Finding> DeadAsync(Database database, CancellationToken ct)
    {
        var dead = await database.ReadAsync(session => session.ScalarAsync("SELECT COUNT(*) FROM job WHERE dead = 1"), ct);
        return dead > 0
            ? Finding.Warning("dead jobs", $"{Words.Count(dead ?? 0, "job")} gave up or {(dead == 1 ? "is" : "are")} held", "look at them with `tocsin jobs dead`; `tocsin jobs replay` lets them try again")
            : Finding.Ok("dead jobs", "none");
    }

    private static Task<string?> ShowAsync(Database database, string setting, CancellationToken ct) =>
        database.ReadAsync(session => session.FirstAsync($"SHOW {setting}", static (DbDataReader row) => row.GetString(0)), ct);
}
