using System.Globalization;
using System.Text;
using System.Text.Json;
using Tocsin.Alerts;

namespace Tocsin.Providers;

/// <summary>
/// Anything that can post JSON: Tocsin's own canonical event, an event of the alert pipeline, a list of either, or any object that has
/// something like a title or an id. How the rest is guessed stands in <see cref="GenericNames"/>.
/// </summary>
internal sealed class Generic : IAlertSource
{
    private const string SignatureHeader = "X-Tocsin-Signature";

    public ProviderInfo Info { get; } = new(
        "generic", "Anything that sends JSON", new("https://www.rfc-editor.org/rfc/rfc8259"), HmacSignature.Settings(SignatureHeader));

    public Error? Verify(InboundRequest request) => HmacSignature.Verify(request, SignatureHeader);

    public Result<ParsedDelivery> Parse(InboundRequest request)
    {
        var body = PayloadBytes.Clean(request.Body, out var note);
        try
        {
            var read = GenericEvents.Read(body, request, note);
            return read is { Ok: true, Value.Signals: [var signal] } && body.Span.IndexOf("schema_version"u8) >= 0 && Normalized.EventIn(body) is { } canonical
                ? read.Value with { Signals = [signal with { Canonical = canonical }] }
                : read;
        }
        catch (JsonException e)
        {
            return PayloadBytes.NotJson(body, e);
        }
    }

    public string Snippet(string baseUrl, Estate.Source source)
    {
        var url = $"{baseUrl}/in/generic/{Uri.EscapeDataString(source.Key)}";
        return $$"""
            # An alert. Sent again with the same dedupKey it is the same alert; with status resolved it ends.
            curl --fail-with-body {{url}} \
              --header 'Content-Type: application/json' \
              --data '{
                "dedupKey": "backup/db1",
                "status": "firing",
                "title": "The backup of db1 failed",
                "description": "The nightly dump ended with exit code 1.",
                "severity": "high",
                "service": "db1",
                "labels": {"team": "storage", "env": "prod"},
                "links": [{"text": "Log", "href": "https://ci.example/backup/db1"}]
              }'

            # Its end.
            curl --fail-with-body {{url}} \
              --header 'Content-Type: application/json' \
              --data '{"dedupKey": "backup/db1", "status": "resolved", "title": "The backup of db1 failed"}'

            # Other shapes are read by guessing; a title, name, message or id is enough.
            curl --fail-with-body {{url}} \
              --header 'Content-Type: application/json' \
              --data '{"name": "disk-full", "message": "Disk of web1 is full", "priority": "P2", "tags": ["host:web1"]}'

            """;
    }

    public ReadOnlyMemory<byte> Example(SignalStatus status, DateTimeOffset now)
    {
        var at = now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        return Encoding.UTF8.GetBytes($$"""
            {
              "dedupKey": "tocsin-test",
              "status": "{{status.Word()}}",
              "title": "A test alert",
              "description": "Somebody pressed the test button. Nothing is wrong.",
              "severity": "warning",
              "{{(status == SignalStatus.Resolved ? "endedAt" : "startedAt")}}": "{{at}}",
              "labels": { "alertname": "TocsinTest", "service": "tocsin" }
            }
            """);
    }
}
