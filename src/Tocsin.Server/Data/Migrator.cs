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

    /// <param name="to">The schema to bring it to; that of this version by default.</param>
    internal static async Task MigrateAsync(Tx tx, DateTimeOffset now, int? to = null)
    {
        if (tx.Dialect.IsPostgres)
        {
            await tx.ExecuteAsync("SELECT pg_advisory_xact_lock(7000)");
        }

        await tx.ExecuteAsync("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL PRIMARY KEY, applied_at BIGINT NOT NULL)");
        var found = await VersionAsync(tx);
        if (found > Schema.Version)
        {
            throw new SchemaTooNewException(found, Schema.Version);
        }

        for (var version = found + 1; version <= (to ?? Schema.Version); version++)
        {
            foreach (var statement in Schema.Migration(version, tx.Dialect))
            {
                await tx.ExecuteAsync(statement);
            }

            await tx.ExecuteAsync(
                "INSERT INTO schema_version (version, applied_at) VALUES (@version, @at)", ("version", (long)version), ("at", now.ToMicros()));
        }

        if (!tx.Dialect.IsPostgres)
        {
            await SqlitePlans.TellAsync(tx);
        }
    }

    /// <returns>The schema of the database; 0 when it has none.</returns>
    public static async Task<int> VersionAsync(Session session)
    {
        var exists = session.Dialect.IsPostgres
            ? await session.ScalarAsync("SELECT COUNT(*) FROM information_schema.tables WHERE table_name = 'schema_version' AND table_schema = current_schema()")
            : await session.ScalarAsync("SELECT COUNT(*) FROM sqlite_master WHERE name = 'schema_version'");
        return exists == 0 ? 0 : (int)(await session.ScalarAsync("SELECT MAX(version) FROM schema_version") ?? 0);
    }
}
