using Tocsin.Audit;
using Tocsin.Data;

namespace Tocsin.Workspaces;

/// <summary>The sample data of <c>tocsin demo</c>: a workspace that is marked as made up, and that one click empties.</summary>
internal sealed class SampleData(Database database, TelemetryDatabase telemetry, RowMemory memory, AuditStore audit, AuditTrail trail) : IDisposable
{
    private const string Mark = "sample_workspace";

    private readonly CancellationTokenSource _removed = new();
    private volatile bool _here;

    /// <summary>Whether what the pages show is made up, as of the last look.</summary>
    public bool IsHere => _here;

    /// <summary>Where the fake phones can be looked at; null: nowhere.</summary>
    public Uri? Phones { get; set; }

    /// <summary>Cancelled when the sample data is removed, so that what acts it out stops.</summary>
    public CancellationToken Removed => _removed.Token;

    public void Dispose() => _removed.Dispose();

    /// <returns>The workspace that is marked; null: there is no sample data.</returns>
    public async Task<long?> LookAsync(CancellationToken ct)
    {
        var workspace = await database.ReadAsync(ReadAsync, ct);
        _here = workspace is not null;
        return workspace;
    }

    /// <summary>Says that all of a workspace is made up.</summary>
    public async Task MarkAsync(long workspace, CancellationToken ct)
    {
        await database.WriteAsync(
            tx => tx.ExecuteAsync("INSERT INTO meta (name, value) VALUES (@name, @value)", ("name", Mark), ("value", $"{workspace}")), ct);
        _here = true;
    }

    /// <summary>
    /// Deletes every row of the marked workspace, its people and keys too, and the mark, in one transaction. The workspace itself stays,
    /// empty and with its default name, for the real thing. Its audit was made up too and goes along; that of the installation says so.
    /// </summary>
    /// <param name="actor">Who does it: <c>user:ana</c>, <c>system</c>.</param>
    /// <returns>False when nothing is marked; nothing was deleted.</returns>
    public async Task<bool> RemoveAsync(string actor, CancellationToken ct)
    {
        await RemoveTelemetryAsync(ct);
        var removed = await database.WriteAsync(
            async tx =>
            {
                if (await ReadAsync(tx) is not { } workspace)
                {
                    return false;
                }

                memory.Forget(tx);
                var head = await audit.HeadAsync(tx, workspace);
                foreach (var table in await TablesAsync(tx))
                {
                    await tx.ExecuteAsync($"DELETE FROM {table} WHERE workspace_id = @workspace", ("workspace", workspace));
                }

                await tx.ExecuteAsync("DELETE FROM person WHERE NOT EXISTS (SELECT 1 FROM member m WHERE m.person_id = person.id)");
                await tx.ExecuteAsync(
                    "UPDATE workspace SET name = @name, revision = revision + 1, last_incident = 0 WHERE id = @workspace",
                    ("name", WorkspaceStore.Default), ("workspace", workspace));
                await tx.ExecuteAsync("DELETE FROM meta WHERE name = @name", ("name", Mark));
                await trail.RecordAsync(tx, AuditStore.Installation, new(
                    actor, "sample.removed", $"workspace/{workspace}", $"the sample data of workspace {workspace} was removed, its audit of {head?.Seq ?? 0} entries too"));
                return true;
            },
            ct);
        if (removed)
        {
            _here = false;
            await _removed.CancelAsync();
        }

        return removed;
    }

    /// <summary>Logs and metrics where they are in a file of their own. Before the rest: as long as the mark is there, all of it can be repeated.</summary>
    private async Task RemoveTelemetryAsync(CancellationToken ct)
    {
        if (telemetry.Database == database || await database.ReadAsync(ReadAsync, ct) is not { } workspace)
        {
            return;
        }

        await telemetry.Database.WriteAsync(
            async tx =>
            {
                foreach (var table in await TablesAsync(tx))
                {
                    await tx.ExecuteAsync($"DELETE FROM {table} WHERE workspace_id = @workspace", ("workspace", workspace));
                }
            },
            ct);
    }

    private static async Task<long?> ReadAsync(Session session) =>
        await session.FirstAsync("SELECT value FROM meta WHERE name = @name", static row => row.GetString(0), ("name", Mark)) is { } text ? long.Parse(text) : null;

    /// <summary>All tables that belong to workspaces, whatever migrations add.</summary>
    private static Task<List<string>> TablesAsync(Session session) => session.QueryAsync(
        session.Dialect.IsPostgres
            ? "SELECT table_name FROM information_schema.columns WHERE column_name = 'workspace_id' AND table_schema = current_schema()"
            : "SELECT t.name FROM sqlite_master t JOIN pragma_table_info(t.name) c ON c.name = 'workspace_id' WHERE t.type = 'table'",
        static row => row.GetString(0));
}
