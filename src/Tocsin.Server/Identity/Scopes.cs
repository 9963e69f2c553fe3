namespace Tocsin.Identity;

/// <summary>What a key can be narrowed to. People, and keys that name no scope, have <see cref="All"/>: their role alone decides.</summary>
[Flags]
internal enum Scopes
{
    None = 0,

    /// <summary>Sees what its role sees.</summary>
    Read = 1,

    /// <summary>Sends alerts, as a source does.</summary>
    Ingest = 2,

    /// <summary>Hears the alerts that others publish.</summary>
    StreamRead = 4,

    /// <summary>Publishes alerts on the live stream.</summary>
    StreamPublish = 8,

    /// <summary>Acts on incidents, silences and tests.</summary>
    Respond = 16,

    /// <summary>Changes the estate: people, schedules, policies, routes, sources, channels.</summary>
    Configure = 32,

    /// <summary>Makes and ends keys, and does what else administers the workspace.</summary>
    Admin = 64,

    /// <summary>What a key of an account opens: data, and neither configuration nor administration.</summary>
    Data = Read | Ingest | StreamRead | StreamPublish | Respond,

    All = Data | Configure | Admin,
}

/// <summary>Scopes as they are written: in the API, on the command line, in the database.</summary>
internal static class ScopeWords
{
    // Whoever may act must see what on: these hold reading. Reading holds hearing.
    private static readonly (string Word, Scopes Scope)[] _table =
    [
        ("read", Scopes.Read | Scopes.StreamRead),
        ("ingest", Scopes.Ingest),
        ("stream:read", Scopes.StreamRead),
        ("stream:publish", Scopes.StreamPublish),
        ("respond", Scopes.Respond | Scopes.Read | Scopes.StreamRead),
        ("configure", Scopes.Configure | Scopes.Read | Scopes.StreamRead),
        ("admin", Scopes.Admin | Scopes.Read | Scopes.StreamRead),
    ];

    public static IReadOnlyList<string> All { get; } = [.. _table.Select(row => row.Word)];

    /// <returns>What these words allow together; all when there are none; an error that names the first that is none.</returns>
    public static Result<Scopes> Read(IReadOnlyCollection<string>? words)
    {
        if (words is null or { Count: 0 })
        {
            return Scopes.All;
        }

        var scopes = Scopes.None;
        foreach (var word in words)
        {
            if (Array.Find(_table, row => row.Word == word) is not { Word: not null } known)
            {
                return Error.Invalid("scopes", $"'{Notify.PlainText.OneLine(word, 40)}' is no scope; there are {string.Join(", ", All)}.");
            }

            scopes |= known.Scope;
        }

        return scopes;
    }

    /// <summary>The fewest words that say the same; null for all that the role may.</summary>
    public static IReadOnlyList<string>? Write(Scopes scopes)
    {
        if (scopes == Scopes.All)
        {
            return null;
        }

        var held = _table.Where(row => (row.Scope & ~scopes) == Scopes.None).ToList();
        return [.. held.Where(row => !held.Exists(other => other.Word != row.Word && (row.Scope & ~other.Scope) == Scopes.None)).Select(row => row.Word)];
    }

    public static string? Stored(Scopes scopes) => Write(scopes) is { } words ? string.Join(' ', words) : null;

    /// <summary>What the database says. A word of a newer version allows nothing here.</summary>
    public static Scopes OfStored(string? text) => text is null
        ? Scopes.All
        : text.Split(' ').Aggregate(Scopes.None, static (scopes, word) => scopes | Array.Find(_table, row => row.Word == word).Scope);
}
