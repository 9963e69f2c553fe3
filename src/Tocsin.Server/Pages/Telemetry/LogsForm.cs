using System.Globalization;
using Microsoft.AspNetCore.Http;
using Tocsin.Telemetry;

namespace Tocsin.Pages;

/// <summary>What is looked for in the logs, as the page's address has it. Each link of the page is this with something else in it.</summary>
public sealed record LogsForm(TimeWindow Window)
{
    public static readonly IReadOnlyList<(string Level, string Text)> Levels = [("", "all"), ("info", "info"), ("warning", "warning"), ("error", "error"), ("critical", "critical")];

    /// <summary>Words, "phrases" and -words.</summary>
    public string Q { get; init; } = "";

    /// <summary>The least bad level that is shown: info, warning, error or critical; empty: all.</summary>
    public string Level { get; init; } = "";

    public string Service { get; init; } = "";

    public string Source { get; init; } = "";

    public string Environment { get; init; } = "";

    public string Trace { get; init; } = "";

    /// <summary>Only lines of this pattern.</summary>
    public long? Template { get; init; }

    /// <summary>Something narrows the lines, other than the time.</summary>
    public bool IsNarrowed => Q.Length + Level.Length + Service.Length + Source.Length + Environment.Length + Trace.Length > 0 || Template is not null;

    public LineLevel Least => Enum.TryParse<LineLevel>(Level, ignoreCase: true, out var level) ? level : LineLevel.Debug;

    public string Address => At("/logs");

    /// <summary>The same lines elsewhere: as patterns, as a file.</summary>
    public string At(string path, params IEnumerable<KeyValuePair<string, string>> more) =>
        path + QueryString.Create(Window.Pairs.Concat(Narrowing).Concat(more).Select(p => new KeyValuePair<string, string?>(p.Key, p.Value)));

    /// <summary>Up to where <c>from</c> and <c>to</c> belong.</summary>
    public string Zoom(string path) => path + QueryString.Create(Narrowing.Append(new("from", "")).Select(p => new KeyValuePair<string, string?>(p.Key, p.Value)))
        is var address ? address[..^"from=".Length] : "";

    /// <summary>All but the time, for the hidden fields of a form.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Narrowing =>
    [
        .. ((KeyValuePair<string, string>[])
        [
            new("q", Q), new("level", Level), new("service", Service), new("source", Source), new("environment", Environment), new("trace_id", Trace),
            new("template", Template?.ToString(CultureInfo.InvariantCulture) ?? ""),
        ]).Where(p => p.Value.Length > 0),
    ];

    /// <returns>What was asked, and what is wrong with it: then the time is the last hour.</returns>
    internal static (LogsForm Form, Error? Fault) Read(IQueryCollection query, Clock clock)
    {
        string Typed(string name) => query[name].FirstOrDefault()?.Trim() ?? "";
        var window = TimeWindow.Parse(Typed("last"), Typed("from"), Typed("to"), clock);
        var level = Typed("level").ToLowerInvariant();
        var form = new LogsForm(window.Ok ? window.Value : TimeWindow.Until(TimeWindow.Usual, clock))
        {
            Q = Typed("q"),
            Level = Levels.Any(l => l.Level == level) ? level : "",
            Service = Typed("service"),
            Source = Typed("source"),
            Environment = Typed("environment"),
            Trace = Typed("trace_id"),
            Template = long.TryParse(Typed("template"), CultureInfo.InvariantCulture, out var template) ? template : null,
        };
        return (form, window.Error);
    }
}
