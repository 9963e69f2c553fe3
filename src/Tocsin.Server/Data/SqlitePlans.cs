namespace Tocsin.Data;

/// <summary>
/// Tells SQLite's planner what the tables will be like. Without figures it takes an equal <c>workspace_id</c> for a rare thing and reads a whole
/// workspace where two steps in another index would do; figures that it gathers itself are those of an empty store. So they are
/// given: one workspace with very many rows, a few states and kinds, everything else rare.
/// </summary>
internal static class SqlitePlans
{
    private const long Rows = 4_000_000;

    // A partial index holds what is under way, not what is over.
    private const long RowsUnderWay = 4_000;

    // Columns that many rows share; any other one leaves about ten rows, and a whole unique key leaves one.
    private static readonly Dictionary<string, long> _shared = new(StringComparer.Ordinal)
    {
        ["workspace_id"] = 1,
        ["status"] = 3,
        ["verdict"] = 3,
        ["source"] = 4,
        ["kind"] = 20,
        ["lane"] = 20,
        ["recipient"] = 20,
    };

    /// <summary>Writes the figures for every index there is; connections that open later read them.</summary>
    /// <param name="table">Any table that exists.</param>
    public static async Task TellAsync(Tx tx, string table)
    {
        // Makes the table of figures if there is none.
        await tx.ExecuteAsync($"ANALYZE {table}");
        await tx.ExecuteAsync("DELETE FROM sqlite_stat1");
        var columns = await tx.QueryAsync(
            """
            SELECT t.name, i.name, i."unique", i.origin, i.partial, c.name FROM sqlite_master t JOIN pragma_index_list(t.name) i JOIN pragma_index_info(i.name) c
            WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' ORDER BY t.name, i.name, c.seqno
            """,
            static row => (Table: row.GetString(0), Index: row.GetString(1), Unique: row.GetInt64(2) == 1, IsKey: row.GetString(3) == "pk", IsPartial: row.GetInt64(4) == 1, Column: row.GetString(5)));
        foreach (var index in columns.GroupBy(c => (c.Table, c.Index, c.Unique, c.IsKey, c.IsPartial)))
        {
            // The key of a table without row ids goes by the table's own name.
            var stored = index.Key.IsKey && index.Key.Index.StartsWith("sqlite_autoindex_", StringComparison.Ordinal) && await IsClusteredAsync(tx, index.Key.Table)
                ? index.Key.Table
                : index.Key.Index;
            await tx.ExecuteAsync(
                "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (@table, @index, @figures)",
                ("table", index.Key.Table), ("index", stored), ("figures", Figures([.. index.Select(c => c.Column)], index.Key.IsPartial ? RowsUnderWay : Rows, index.Key.Unique)));
        }

        await tx.ExecuteAsync("ANALYZE sqlite_master");
    }

    /// <summary>How many rows there are, and how many of them share the first column, the first two, and so on.</summary>
    private static string Figures(string[] columns, long rows, bool unique)
    {
        var left = rows;
        List<long> figures = [rows];
        foreach (var column in columns)
        {
            left = _shared.TryGetValue(column, out var values) ? Math.Max(1, left / values) : Math.Min(left, 10);
            figures.Add(left);
        }

        if (unique)
        {
            figures[^1] = 1;
        }

        return string.Join(' ', figures);
    }

    private static async Task<bool> IsClusteredAsync(Tx tx, string table) => await tx.ScalarAsync(
        "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = @table AND sql LIKE '%WITHOUT ROWID%'", ("table", table)) > 0;
}
