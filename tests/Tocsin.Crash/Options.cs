using System.Globalization;

namespace Tocsin.Crash;

/// <summary>What the command line asks for.</summary>
/// <param name="Program">The published executable.</param>
/// <param name="Database">Address of a PostgreSQL database that may be filled; null: SQLite in the data folder.</param>
/// <param name="Rounds">How often the process is killed.</param>
/// <param name="Seed">Decides every random choice but the machine's own.</param>
/// <param name="AlertsPerSecond">Load while the process lives.</param>
/// <param name="Freeze">Two nodes on one PostgreSQL; each round one of them stands still for longer than its leases, instead of being killed.</param>
internal sealed record Options(string Program, string? Database, int Rounds, int Seed, int AlertsPerSecond, bool Freeze)
{
    public string Engine => Database is null ? "SQLite" : "PostgreSQL";

    /// <returns>Null when something is missing or is not a number.</returns>
    public static Options? Parse(string[] args)
    {
        string? Value(string name) => Array.IndexOf(args, name) is var at and >= 0 && at + 1 < args.Length ? args[at + 1] : null;
        int? Number(string name, int otherwise) =>
            Value(name) is not { } text ? otherwise : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

        return Value("--program") is { } program && Number("--rounds", 10) is { } rounds && Number("--seed", 1) is { } seed && Number("--rate", 200) is { } rate
            && Value("--database") is var database && Array.IndexOf(args, "--freeze") >= 0 is var freeze && (!freeze || database is not null)
            ? new(program, database, rounds, seed, rate, freeze)
            : null;
    }
}
