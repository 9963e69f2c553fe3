using System.Text.RegularExpressions;
using Tocsin.Data;
using Tocsin.Sdk;
using Tocsin.Telemetry;

namespace Tocsin.Pages;

/// <summary>What the logs of an incident's service said when it began, and where to look further.</summary>
/// <param name="Window">Around its start.</param>
/// <param name="Patterns">The worst first; empty also where the store of logs did not answer in time.</param>
public sealed record IncidentTelemetry(string Service, TimeWindow Window, IReadOnlyList<TemplateLine> Patterns)
{
    /// <summary>Traces in which the service took part and something failed, the newest first.</summary>
    public IReadOnlyList<TraceLine> Failed { get; init; } = [];

    /// <summary>Traces that its alerts name, and their pages.</summary>
    public IReadOnlyList<(string TraceId, string Href)> Named { get; init; } = [];

    public TracesForm Traces => new(Window) { Service = Service };

    public LogsForm Logs => new(Window) { Service = Service };

    public string Metrics => $"{new MetricsForm(Window).Address}&service={Uri.EscapeDataString(Service)}";
}

internal sealed partial class IncidentTelemetryReader(TemplateStore templates, LogRates rates, TraceQuery traces, TimeProvider clock)
{
    private const int Most = 5;

    private static readonly string[] _names = ["trace_id", "traceid", "trace"];

    private static readonly TimeSpan _around = TimeSpan.FromMinutes(15);

    /// <summary>An incident's page waits so long for logs, and no longer.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromMilliseconds(500);

    /// <returns>Null: the incident is of no service, and its alerts name no trace.</returns>
    public async Task<IncidentTelemetry?> ReadAsync(long workspace, Incident incident, IReadOnlyList<Alert> alerts, CancellationToken ct)
    {
        var named = NamedIn(alerts);
        var service = incident.Service ?? "";
        if (service.Length + named.Count == 0)
        {
            return null;
        }

        var (from, to) = (incident.CreatedAt - _around, incident.CreatedAt + _around);
        var now = clock.GetUtcNow();
        var window = TimeWindow.Between(from, to > now ? now : to);
        return service.Length == 0
            ? new(service, window, []) { Named = named }
            : await InTimeAsync(workspace, new(service, window, []) { Named = named }, ct);
    }

    /// <summary>Trace ids in the labels of alerts, and where their texts name one as OpenTelemetry writes it.</summary>
    private static IReadOnlyList<(string TraceId, string Href)> NamedIn(IReadOnlyList<Alert> alerts) =>
    [
        .. alerts.SelectMany(static a => a.Labels.Where(static l => _names.Contains(l.Key.ToLowerInvariant())).Select(static l => l.Value)
                .Concat(TraceId().Matches($"{a.Title} {a.Description}").Select(static m => m.Value)))
            .Distinct(StringComparer.OrdinalIgnoreCase).Select(static id => (Id: id, Href: LogViews.TracePage(id))).Where(static t => t.Href is not null).Select(static t => (t.Id, t.Href!)).Take(Most),
    ];

    [GeneratedRegex(@"\b[0-9a-f]{32}\b", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex TraceId();

    /// <summary>With what the logs and traces say, as far as they say it in time.</summary>
    private async Task<IncidentTelemetry> InTimeAsync(long workspace, IncidentTelemetry bare, CancellationToken ct)
    {
        using var patience = new CancellationTokenSource(_patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, patience.Token);
        var told = bare;
        try
        {
            var failed = await traces.ListAsync(workspace, TracePageEndpoints.QueryOf(bare.Traces with { Errors = true }), Most, either.Token);
            told = told with { Failed = [.. failed.Traces.Select(TracePageEndpoints.LineOf)] };
            var known = await templates.ListAsync(workspace, bare.Service, either.Token);
            if (known.Count == 0)
            {
                return told;
            }

            var counts = await rates.ReadAsync(workspace, bare.Window.From, bare.Window.To, either.Token);
            return told with
            {
                Patterns = [.. TemplateTable.Of(bare.Logs, known, counts).OrderByDescending(t => t.Level >= LineLevel.Warning ? t.Level : LineLevel.Debug).ThenByDescending(t => t.IsNew).ThenByDescending(t => t.Count).Take(Most)],
            };
        }
        catch (Exception e) when (e is StoreUnavailableException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            // Logs have a store of their own: what is wrong there keeps nobody from an incident.
            return told;
        }
    }
}
