namespace Tocsin.Data;

/// <summary>The migrations of one group of tables, and the table that says how many of them a database has had.</summary>
internal sealed record SchemaHistory(string VersionTable, IReadOnlyList<string> Migrations)
{
    public int Version => Migrations.Count;

    /// <summary>The statements that lead to a version from the one before.</summary>
    public IReadOnlyList<string> Migration(int version, Dialect dialect) =>
        [.. dialect.Ddl(Migrations[version - 1]).Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];
}
