namespace Tocsin.Data;

/// <summary>Brings a database to this version's schema, once, under a lock.</summary>
internal static class Migrator
{
    /// <summary>
    /// Creates or upgrades the tables in one transaction. Several nodes may call it at once: one does the work, the others wait.
    /// An embedded database that is about to be upgraded is copied first to <c>before-schema-N.db</c> beside it.
    /// </summary>
    /// <exception cref="SchemaTooNewException">A newer version wrote the database; nothing was changed.</exception>
    public static async Task MigrateAsync(Database database, DateTimeOffset now, CancellationToken ct)
    {
        if (database is SqliteDatabase { Path: var path })
        {
            var found = await database.WriteAsync(VersionAsync, ct);
            if (found > 0 && found < Schema.Version)
            {
                await SqliteBackup.CopyAsync(path, System.IO.Path.Combine(System.IO.Path.GetDirectoryName(path)!, $"before-schema-{Schema.Version}.db"), ct);
            }
        }

        await database.WriteAsync(tx => MigrateAsync(tx, now), ct);
    }

    /// <summary>The same for the tables of logs, metrics and traces. No copy is made: they may be many times as large as all else.</summary>
    /// <exception cref="SchemaTooNewException">A newer version wrote the database; nothing was changed.</exception>
    public static Task MigrateAsync(TelemetryDatabase telemetry, DateTimeOffset now, CancellationToken ct) =>
        telemetry.Database.WriteAsync(tx => MigrateAsync(tx, TelemetrySchema.History, now, TelemetrySchema.History.Version), ct);

    /// <param name="to">The schema to bring it to; that of this version by default.</param>
    internal static Task MigrateAsync(Tx tx, DateTimeOffset now, int? to = null) => MigrateAsync(tx, Schema.History, now, to ?? Schema.Version);

    private static async Task MigrateAsync(Tx tx, SchemaHistory schema, DateTimeOffset now, int to)
    {
        if (tx.Dialect.IsPostgres)
        {
            await tx.ExecuteAsync("SELECT pg_advisory_xact_lock(7000)");
        }

        await tx.ExecuteAsync($"CREATE TABLE IF NOT EXISTS {schema.VersionTable} (version BIGINT NOT NULL PRIMARY KEY, applied_at BIGINT NOT NULL)");
        var found = await VersionAsync(tx, schema);
        if (found > schema.Version)
        {
            throw new SchemaTooNewException(found, schema.Version);
        }

        for (var version = found + 1; version <= to; version++)
        {
            foreach (var statement in schema.Migration(version, tx.Dialect))
            {
                await tx.ExecuteAsync(statement);
            }

            await tx.ExecuteAsync(
                $"INSERT INTO {schema.VersionTable} (version, applied_at) VALUES (@version, @at)", ("version", (long)version), ("at", now.ToMicros()));
        }

        if (!tx.Dialect.IsPostgres)
        {
            await SqlitePlans.TellAsync(tx, schema.VersionTable);
        }
    }

    /// <returns>The schema of the database; 0 when it has none.</returns>
    public static Task<int> VersionAsync(Session session) => VersionAsync(session, Schema.History);

    private static async Task<int> VersionAsync(Session session, SchemaHistory schema)
    {
        var exists = await session.ScalarAsync(
            session.Dialect.IsPostgres
                ? "SELECT COUNT(*) FROM information_schema.tables WHERE table_name = @table AND table_schema = current_schema()"
                : "SELECT COUNT(*) FROM sqlite_master WHERE name = @table",
            ("table", schema.VersionTable));
        return exists == 0 ? 0 : (int)(await session.ScalarAsync($"SELECT MAX(version) FROM {schema.VersionTable}") ?? 0);
    }
}
