using System.Text.Json;
using Tocsin.Estate;
using Tocsin.Providers;
using Tocsin.Sdk;

namespace Tocsin.Alerts;

/// <summary>Says what Tocsin would make of a payload, and changes nothing: what people try before they point a sender here.</summary>
internal sealed class PayloadTrial(AlertSourceRegistry providers)
{
    public const string Auto = "auto";

    private const string Key = "the-key-of-nobody-at-all";

    /// <summary>The types that a payload can be read as; <c>auto</c> is told by its shape.</summary>
    public IEnumerable<string> Types => [Auto, .. providers.All.Select(p => p.Info.Id).Order(StringComparer.Ordinal)];

    /// <param name="type">One of <see cref="Types"/>; case counts.</param>
    /// <param name="strict">Whether to reject what the alert pipeline would have rejected.</param>
    /// <returns>An error only for a type that does not exist; whatever is wrong with the payload is in the answer.</returns>
    public Result<ParsedPayload> Run(ReadOnlyMemory<byte> payload, string type, bool strict, DateTimeOffset now)
    {
        PipelineKind? kind = type switch
        {
            "cloudwatch" => PipelineKind.CloudWatch,
            "grafana" => PipelineKind.Grafana,
            "normalized" => PipelineKind.Normalized,
            _ => null,
        };
        return kind is not null || type is Auto or AlertPipeline.Id or "sns" or "sqs" ? OfPipeline(payload, kind, PipelineRules.Trial(strict), now)
            : providers.Find(type) is { } provider ? OfProvider(payload, provider, new(type, type, Key), now)
            : Error.Invalid("source", $"There is no type of source '{type}'; use one of {string.Join(", ", Types)}.");
    }

    /// <summary>As a source that exists would read it, with its settings.</summary>
    public Result<ParsedPayload> Run(ReadOnlyMemory<byte> payload, Source source, DateTimeOffset now) =>
        providers.Find(source.Type) is { } provider ? OfProvider(payload, provider, source, now) : Error.NotFound("provider", source.Type);

    private static ParsedPayload OfPipeline(ReadOnlyMemory<byte> payload, PipelineKind? hint, PipelineRules rules, DateTimeOffset now)
    {
        var body = PayloadBytes.Clean(payload, out _);
        try
        {
            using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = PayloadBytes.MaxDepth });
            var root = document.RootElement;
            var detected = PipelineReader.Detect(root, hint);
            if (!detected.Ok)
            {
                return CanonicalViews.Of(null, detected.Error);
            }

            var (kind, element) = detected.Value;
            var reading = PipelineReader.Read(kind, element, rules, PipelineReader.MessageIdOf(root), now);
            return CanonicalViews.Of(kind.ToString().ToLowerInvariant(), reading.Items);
        }
        catch (JsonException e)
        {
            return CanonicalViews.Of(null, PayloadBytes.NotJson(body, e) with { Code = PipelineReader.NotAnObject.Code });
        }
    }

    private static ParsedPayload OfProvider(ReadOnlyMemory<byte> payload, IAlertSource provider, Source source, DateTimeOffset now)
    {
        var parsed = provider.Parse(new(payload, _ => "", source, now));
        if (!parsed.Ok)
        {
            return CanonicalViews.Of(source.Type, parsed.Error);
        }

        List<PipelineItem> items = [];
        foreach (var signal in parsed.Value.Signals)
        {
            var canonical = signal.Canonical ?? PipelineSignal.Derive(signal, source.Type, now);
            items.Add(new(
                canonical, [],
                [
                    .. signal.Warnings,
                    .. canonical is null ? [$"\"{signal.Title}\" is taken as an alert ({signal.Status.Word()}), but has no canonical event: that needs a team and a priority of P0 to P3 among its labels."] : (string[])[],
                ]));
        }

        items.AddRange(parsed.Value.Rejected.Select(r => new PipelineItem(null, [new("invalid", r.Path, r.Reason)], [])));
        var view = CanonicalViews.Of(source.Type, items);
        return parsed.Value.Note is { } note ? view with { Accepted = view.Accepted || items.Count == 0, Warnings = [.. view.Warnings ?? [], note] } : view;
    }
}
