namespace Tocsin.Estate;

/// <summary>One object as it is kept: a neutral tree whose references are not filled in.</summary>
/// <param name="Kind">As in <see cref="EstateTable"/>: user, team, … route.</param>
/// <param name="Name">Unique per workspace and kind; <see cref="EstateTable.RouteName"/> for the routing tree.</param>
/// <param name="Origin">The place in a file that manages it, <c>routes/payments.yaml:12</c>; null: people edit it.</param>
/// <param name="Path">Where faults say that they are: <c>users[0]</c> in a file, <c>user ana</c> elsewhere.</param>
internal sealed record EstateObject(string Workspace, string Kind, string Name, EstateMap Body, string? Origin, string Path)
{
    public EstateKey Key => new(Workspace, Kind, Name);

    /// <summary>An object as the database has it.</summary>
    /// <exception cref="System.Text.Json.JsonException">The body is not what was stored.</exception>
    public static EstateObject Stored(string workspace, string kind, string name, string json, string? origin) =>
        new(workspace, kind, name, EstateJson.Read(json, MarkOf(origin)), origin, $"{kind} {name}");

    private static Mark MarkOf(string? origin)
    {
        var colon = origin?.LastIndexOf(':') ?? -1;
        return colon > 0 && int.TryParse(origin.AsSpan(colon + 1), out var line) ? new(origin![..colon], line, 1) : Mark.None;
    }
}

/// <summary>What tells objects apart.</summary>
internal readonly record struct EstateKey(string Workspace, string Kind, string Name)
{
    /// <summary>For plans and faults: <c>policy payments</c>; the routing tree is just <c>route</c>.</summary>
    public override string ToString() => Kind == EstateTable.RootRoute.Id ? Kind : $"{Kind} {Name}";
}
