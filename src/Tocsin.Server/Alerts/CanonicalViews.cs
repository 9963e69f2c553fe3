using System.Text;
using System.Text.Json;
using Tocsin.Providers;
using Tocsin.Sdk;

namespace Tocsin.Alerts;

/// <summary>Canonical events as the wire shows them, and as they are kept with their alert.</summary>
internal static class CanonicalViews
{
    public static CanonicalAlert Of(CanonicalEvent e) => new()
    {
        SchemaVersion = e.Version,
        Source = e.Source,
        State = e.State == CanonicalState.Firing ? "FIRING" : "RESOLVED",
        Title = e.Title,
        Description = e.Description,
        Summary = e.Summary,
        Reason = e.Reason,
        Priority = PipelineSignal.PriorityWord(e.Priority),
        OccurredAt = e.OccurredAtText ?? PipelineText.Format(e.OccurredAt),
        Teams = e.Teams,
        Identity = new(e.AccountId, e.Region, e.AlarmId),
        Links = new(e.RunbookUrl, e.DashboardUrl, e.SourceUrl, e.SilenceUrl),
        RawProvider = e.RawProvider is { } raw ? JsonElementOf(raw) : null,
    };

    public static string ToText(CanonicalEvent e) => JsonSerializer.Serialize(Of(e), WireJson.Default.CanonicalAlert);

    public static CanonicalAlert FromText(string json) => JsonSerializer.Deserialize(json, WireJson.Default.CanonicalAlert)!;

    /// <summary>The end, at an instant, of what a kept event is about.</summary>
    public static CanonicalEvent EndOf(string kept, DateTimeOffset at)
    {
        var e = FromText(kept);
        return new()
        {
            Source = e.Source,
            State = CanonicalState.Resolved,
            Title = e.Title,
            Priority = PipelineText.Priority(e.Priority) ?? 3,
            OccurredAt = PipelineText.Milliseconds(at),
            Teams = e.Teams,
            AccountId = e.Identity.AccountId,
            Region = e.Identity.Region,
            AlarmId = e.Identity.AlarmId,
        };
    }

    /// <summary>What a reading of the alert pipeline came to, as <c>parse</c> tells it.</summary>
    public static ParsedPayload Of(string source, IReadOnlyList<PipelineItem> items)
    {
        CanonicalEvent[] events = [.. items.Select(i => i.Event).OfType<CanonicalEvent>()];
        PayloadFault[] errors =
        [
            .. items.SelectMany((item, i) => item.Faults.Select(f => new PayloadFault(f.Kind, f.Field, items.Count == 1 ? f.Message : $"alerts[{i}]: {f.Message}"))),
        ];
        string[] warnings = [.. items.SelectMany(i => i.Warnings).Distinct(StringComparer.Ordinal)];
        var accepted = items.Any(i => i.Faults.Count == 0);
        return new()
        {
            Accepted = accepted,
            Source = source,
            Events = accepted ? [.. events.Select(Of)] : null,
            Fingerprints = accepted ? [.. events.Select(e => e.Fingerprint)] : null,
            FingerprintInputs = accepted ? [.. events.Select(e => e.FingerprintInput)] : null,
            Errors = errors.Length == 0 ? null : errors,
            Warnings = warnings.Length == 0 ? null : warnings,
        };
    }

    public static ParsedPayload Of(string? source, Error error) => new()
    {
        Accepted = false,
        Source = source,
        Errors = [new(error.Code == "request.invalid" ? "invalid" : error.Code, error.Field ?? "body", error.Detail)],
    };

    private static JsonElement JsonElementOf(string json)
    {
        using var document = JsonDocument.Parse(Encoding.UTF8.GetBytes(json), new JsonDocumentOptions { MaxDepth = PayloadBytes.MaxDepth });
        return document.RootElement.Clone();
    }
}
