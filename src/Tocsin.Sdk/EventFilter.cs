namespace Tocsin.Sdk;

/// <summary>Which lines of the log are wanted. Within one list any may hold; each list that is not empty must. All empty: everything.</summary>
public sealed record EventFilter
{
    /// <summary>Groups of published alerts, such as <c>payments</c>.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>Levels of published alerts: info, warn, error.</summary>
    public IReadOnlyList<string> Levels { get; init; } = [];

    /// <summary>Kinds, such as <c>page.sent</c>; <c>incident.*</c> means all that begin so.</summary>
    public IReadOnlyList<string> Kinds { get; init; } = [];

    /// <summary>Subjects, such as <c>incident/12</c>.</summary>
    public IReadOnlyList<string> Subjects { get; init; } = [];

    /// <summary>Matchers over what a line carries, such as <c>env="prod"</c> or <c>host=~"db-.*"</c>; all of them must hold.</summary>
    public IReadOnlyList<string> Matchers { get; init; } = [];

    /// <summary>As the query of <c>/api/v1/stream</c> has them.</summary>
    internal IEnumerable<(string Name, string? Value)> Query() =>
    [
        .. Groups.Select(v => ("group", v)), .. Levels.Select(v => ("level", v)), .. Kinds.Select(v => ("kind", v)),
        .. Subjects.Select(v => ("subject", v)), .. Matchers.Select(v => ("match", v)),
    ];
}
