using Tocsin.Data;
using Tocsin.Sdk;
using Tocsin.Telemetry;

namespace Tocsin.Pages;

/// <summary>What the logs of an incident's service said when it began, and where to look further.</summary>
/// <param name="Window">Around its start.</param>
/// <param name="Patterns">The worst first; empty also where the store of logs did not answer in time.</param>
public sealed record IncidentTelemetry(string Service, TimeWindow Window, IReadOnlyList<TemplateLine> Patterns)
{
    public LogsForm Logs => new(Window) { Service = Service };

    public string Metrics => $"{new MetricsForm(Window).Address}&service={Uri.EscapeDataString(Service)}";
}

internal sealed class IncidentTelemetryReader(TemplateStore templates, LogRates rates, TimeProvider clock)
{
    private const int Most = 5;

    private static readonly TimeSpan _around = TimeSpan.FromMinutes(15);

    /// <summary>An incident's page waits so long for logs, and no longer.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromMilliseconds(500);

    /// <returns>Null: the incident is of no service.</returns>
    public async Task<IncidentTelemetry?> ReadAsync(long workspace, Incident incident, CancellationToken ct)
    {
        if (incident.Service is not { Length: > 0 } service)
        {
            return null;
        }

        var (from, to) = (incident.CreatedAt - _around, incident.CreatedAt + _around);
        var now = clock.GetUtcNow();
        var window = TimeWindow.Between(from, to > now ? now : to);
        return new(service, window, await PatternsAsync(workspace, new(window) { Service = service }, ct));
    }

    private async Task<IReadOnlyList<TemplateLine>> PatternsAsync(long workspace, LogsForm form, CancellationToken ct)
    {
        using var patience = new CancellationTokenSource(_patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, patience.Token);
        try
        {
            var known = await templates.ListAsync(workspace, form.Service, either.Token);
            if (known.Count == 0)
            {
                return [];
            }

            var counts = await rates.ReadAsync(workspace, form.Window.From, form.Window.To, either.Token);
            return [.. TemplateTable.Of(form, known, counts).OrderByDescending(t => t.Level >= LineLevel.Warning ? t.Level : LineLevel.Debug).ThenByDescending(t => t.IsNew).ThenByDescending(t => t.Count).Take(Most)];
        }
        catch (Exception e) when (e is StoreUnavailableException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            // Logs have a store of their own: what is wrong there keeps nobody from an incident.
            return [];
        }
    }
}
