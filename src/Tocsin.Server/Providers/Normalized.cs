using System.Text;
using System.Text.Json;
using Tocsin.Alerts;

namespace Tocsin.Providers;

/// <summary>
/// Senders that make the alert pipeline's canonical event themselves. A strict source rejects what the schema does not allow; another one reads it by
/// guessing, so that it pages all the same.
/// </summary>
internal sealed class Normalized : IAlertSource
{
    private const string SignatureHeader = "X-Tocsin-Signature";

    public ProviderInfo Info { get; } = new(
        "normalized", "Canonical events", new("https://json-schema.org/draft-07"), [.. HmacSignature.Settings(SignatureHeader), .. PipelineRules.Settings(defaults: true)]);

    public IReadOnlyList<Error> Check(Estate.Source source) => [.. PipelineRules.Check(source)];

    public Error? Verify(InboundRequest request) => HmacSignature.Verify(request, SignatureHeader);

    public Result<ParsedDelivery> Parse(InboundRequest request)
    {
        var body = PayloadBytes.Clean(request.Body, out var note);
        try
        {
            using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = PayloadBytes.MaxDepth });
            var root = PipelineReader.Unwrap(document.RootElement);
            if (root.ValueKind == JsonValueKind.Array)
            {
                return ReadList(root, request, note);
            }

            if (root.ValueKind != JsonValueKind.Object)
            {
                return PipelineReader.NotAnObject;
            }

            var item = PipelineNormalized.Read(new(root));
            return item.Event is { } canonical ? new ParsedDelivery([PipelineSignal.Of(canonical, request)], [], note)
                : PipelineRules.Of(request.Source).Strict ? item.ToError()
                : GenericEvents.Read(Encoding.UTF8.GetBytes(root.GetRawText()), request, PayloadBytes.Notes(note, $"Read by guessing, since it is no canonical event: {item.Reason}"));
        }
        catch (JsonException e)
        {
            return PayloadBytes.NotJson(body, e);
        }
    }

    private static ParsedDelivery ReadList(JsonElement list, InboundRequest request, string? note)
    {
        List<Signal> signals = [];
        var rejected = new Rejections();
        var i = 0;
        foreach (var element in list.EnumerateArray())
        {
            var item = element.ValueKind == JsonValueKind.Object ? PipelineNormalized.Read(new(element)) : PipelineReader.Rejected(PipelineReader.NotAnObject);
            if (item.Event is { } canonical)
            {
                signals.Add(PipelineSignal.Of(canonical, request));
            }
            else
            {
                rejected.Add("", i, item.Reason);
            }

            i++;
        }

        return new(signals, rejected.All, note);
    }

    /// <summary>The canonical event that a body is; null if it is none, or not quite one.</summary>
    /// <param name="body">As <see cref="PayloadBytes.Clean"/> made it; JSON.</param>
    public static CanonicalEvent? EventIn(ReadOnlyMemory<byte> body)
    {
        using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = PayloadBytes.MaxDepth });
        return document.RootElement.ValueKind == JsonValueKind.Object ? PipelineNormalized.Read(new(document.RootElement)).Event : null;
    }

    public string Snippet(string baseUrl, Estate.Source source) => $$"""
        # An alert. Sent again with the same source, title and identity it is the same alert; with the state RESOLVED it ends.
        curl --fail-with-body {{baseUrl}}/in/normalized/{{Uri.EscapeDataString(source.Key)}} \
          --header 'Content-Type: application/json' \
          --data '{
            "schema_version": 1,
            "source": "backup",
            "state": "FIRING",
            "title": "The backup of db1 failed",
            "priority": "P2",
            "occurred_at": "2026-03-01T12:00:00Z",
            "teams": ["storage"],
            "identity": {"alarm_id": "backup/db1"},
            "links": {}
          }'

        """;

    public ReadOnlyMemory<byte> Example(SignalStatus status, DateTimeOffset now) => Encoding.UTF8.GetBytes($$"""
        {
          "schema_version": 1,
          "source": "tocsin-test",
          "state": "{{(status == SignalStatus.Resolved ? "RESOLVED" : "FIRING")}}",
          "title": "A test alert",
          "description": "Somebody pressed the test button. Nothing is wrong.",
          "priority": "P3",
          "occurred_at": "{{PipelineText.Format(now)}}",
          "teams": ["tocsin"],
          "identity": {},
          "links": {}
        }
        """);
}
