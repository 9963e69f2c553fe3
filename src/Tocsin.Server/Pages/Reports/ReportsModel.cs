using System.Globalization;
using Tocsin.Sdk;

namespace Tocsin.Pages;

/// <summary>One report, of the four; the others are null.</summary>
public sealed record ReportsModel
{
    public static readonly IReadOnlyList<(string View, string Text)> Views = [("response", "Response"), ("people", "Pages"), ("fairness", "Fairness"), ("noise", "Noise")];

    public static readonly IReadOnlyList<(string Last, string Text)> Spans = [("7d", "7 days"), ("28d", "4 weeks"), ("91d", "13 weeks"), ("365d", "a year")];

    /// <summary>response, people, fairness or noise.</summary>
    public string View { get; init; } = "response";

    public ReportForm Form { get; init; } = new();

    /// <summary>What is wrong with what was asked.</summary>
    public string? Fault { get; init; }

    public IReadOnlyList<string> Teams { get; init; } = [];

    public IReadOnlyList<string> Services { get; init; } = [];

    /// <summary>Null only where there is a fault.</summary>
    public ReportScope? Scope { get; init; }

    public ResponseReportView? Response { get; init; }

    public PeopleReportView? People { get; init; }

    public FairnessReportView? Fairness { get; init; }

    public NoiseReportView? Noise { get; init; }

    /// <summary>There never was an incident: a sample is shown in place of figures.</summary>
    public bool IsNew { get; init; }

    /// <summary>The same page with something else in its address.</summary>
    public string Link(string? view = null, string? last = null)
    {
        var form = last is null ? Form : Form with { Last = last, From = "", To = "" };
        (string Name, string Value)[] parts =
            [("view", view ?? View), ("last", form.Last), ("from", form.From), ("to", form.To), ("team", form.Team), ("service", form.Service)];
        return "/reports?" + string.Join('&', parts.Where(p => p.Value.Length > 0).Select(p => $"{p.Name}={Uri.EscapeDataString(p.Value)}"));
    }

    /// <summary>Where programs read the same.</summary>
    public string? Csv => Scope is not { } scope ? null : $"/api/v1/reports/{View}?format=csv&from={At(scope.From)}&to={At(scope.To)}&time_zone={Uri.EscapeDataString(scope.TimeZone)}"
        + (scope.Team is { } team ? $"&team={Uri.EscapeDataString(team)}" : "") + (scope.Service is { } service ? $"&service={Uri.EscapeDataString(service)}" : "");

    private static string At(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);
}

/// <summary>The filter as it was typed. Days are those of the reader's wall clock, both included.</summary>
/// <param name="Last">7d, 28d, 91d or 365d; empty: from and to count.</param>
public sealed record ReportForm(string Last = "", string From = "", string To = "", string Team = "", string Service = "");

/// <summary>Figures as people read them.</summary>
internal static class ReportWords
{
    /// <summary>"4 min 20 s"; an en dash where there is nothing.</summary>
    public static string Span(double? seconds) => seconds is not { } known ? "–" : TimeSpan.FromSeconds(known) switch
    {
        { TotalSeconds: < 60 } s => $"{(int)s.TotalSeconds} s",
        { TotalMinutes: < 10, Seconds: > 0 } s => $"{s.Minutes} min {s.Seconds} s",
        { TotalHours: < 1 } s => $"{(int)Math.Round(s.TotalMinutes)} min",
        { TotalDays: < 2 } s => $"{(int)s.TotalHours} h {s.Minutes} min",
        var s => $"{(int)s.TotalDays} d {s.Hours} h",
    };

    public static string Number(double? number) => number is { } known ? known.ToString("0.#", CultureInfo.InvariantCulture) : "–";

    /// <summary>"92 %"; of few, where a share would say too much, "1 of 3".</summary>
    public static string Share(int part, int of) => of switch
    {
        0 => "–",
        < 5 => $"{part} of {of}",
        _ => $"{100L * part / of} %",
    };

    public static string Day(DateOnly day) => day.ToString("d MMM", CultureInfo.InvariantCulture);

    public static string FullDay(DateOnly day) => day.ToString("ddd d MMM yyyy", CultureInfo.InvariantCulture);
}
