using System.Text;
using System.Text.Json;
using Tocsin.Alerts;

namespace Tocsin.Providers;

/// <summary>One alert of a delivery as the alert pipeline sees it.</summary>
/// <param name="Event">Null: it is rejected, ignored, or lacks what a canonical event must have.</param>
/// <param name="Faults">Why it is rejected; empty if it is not.</param>
/// <param name="Ignored">Nothing happens because of it: the test button, or an alarm without data. The warnings say which.</param>
internal sealed record PipelineItem(CanonicalEvent? Event, IReadOnlyList<PipelineFault> Faults, IReadOnlyList<string> Warnings, bool Ignored = false)
{
    /// <summary>All reasons of the rejection in one text.</summary>
    public string Reason => string.Join(" ", Faults.Select(f => f.Message));

    public Error ToError() => Error.Invalid(Faults[0].Field, Reason);
}

/// <summary>A whole delivery.</summary>
/// <param name="Items">In the order of the body; of a Grafana webhook one for each alert of the group.</param>
internal sealed record PipelineReading(PipelineKind Kind, IReadOnlyList<PipelineItem> Items);

/// <summary>
/// Reads deliveries as the AWS alert pipeline did, whose canonical event this makes: says which sender a body comes from, takes it out of an SNS
/// envelope, and reads it. Pure.
/// </summary>
internal static class PipelineReader
{
    /// <summary>What to read a body as, before it is read.</summary>
    /// <param name="hint">What the address, a header or an attribute says; null: the shape decides.</param>
    public static Result<(PipelineKind Kind, JsonElement Body)> Detect(JsonElement root, PipelineKind? hint)
    {
        if (root.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array))
        {
            return NotAnObject;
        }

        var body = Unwrap(root);
        if (hint is { } kind)
        {
            return (kind, body);
        }

        return body.ValueKind == JsonValueKind.Object && KindOf(new(body)) is { } found
            ? (found, body)
            : new Error(ErrorKind.Invalid, "unknown_source", "The body is no CloudWatch alarm, no Grafana webhook and no canonical event.", "body");
    }

    public static Error NotAnObject { get; } = new(ErrorKind.Invalid, "not_json_object", "The body must be one JSON object.", "body");

    /// <summary>The message of an SNS notification if it is an object; else the body as it is.</summary>
    public static JsonElement Unwrap(JsonElement root) => MessageOf(root) is { } inner ? inner : root;

    public static PipelineReading Read(PipelineKind kind, JsonElement body, PipelineRules rules, string? messageId, DateTimeOffset receivedAt) => kind switch
    {
        PipelineKind.CloudWatch => new(kind, [PipelineAlarm.Of(new(body)) is { } alarm ? alarm.Read(rules, messageId, receivedAt) : NoAlarm]),
        PipelineKind.Grafana => new(kind, body.ValueKind == JsonValueKind.Object ? PipelineGrafana.Read(new(body), rules, messageId, receivedAt) : [Rejected(NotAnObject)]),
        _ => new(kind, [body.ValueKind == JsonValueKind.Object ? PipelineNormalized.Read(new(body)) : Rejected(NotAnObject)]),
    };

    public static PipelineItem Rejected(Error error) => new(null, [new(error.Code, error.Field ?? "body", error.Detail)], []);

    public static string? MessageIdOf(JsonElement root) =>
        root.ValueKind == JsonValueKind.Object && new PayloadFields(root) is var fields && IsNotification(fields) ? fields.Text("MessageId") : null;

    /// <summary>Whether a value would count as given in JavaScript.</summary>
    public static bool IsTruthy(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object or JsonValueKind.Array or JsonValueKind.True => true,
        JsonValueKind.String => JsonText.Of(value) is { Length: > 0 },
        JsonValueKind.Number => !value.TryGetDouble(out var number) || number != 0,
        _ => false,
    };

    public static bool IsGiven(PayloadFields fields, string name) => fields.All.TryGetValue(name, out var value) && IsTruthy(value);

    /// <summary>A text or number that is given, as it was written.</summary>
    public static string? Given(PayloadFields fields, string name) =>
        fields.All.TryGetValue(name, out var value) && value.ValueKind is JsonValueKind.String or JsonValueKind.Number && IsTruthy(value) ? JsonText.Of(value) : null;

    private static PipelineKind? KindOf(PayloadFields fields) =>
        IsGiven(fields, "schema_version") && !IsGiven(fields, "alerts") ? PipelineKind.Normalized
        : IsGiven(fields, "alerts") || IsGiven(fields, "status") || IsGiven(fields, "orgId") || IsGiven(fields, "receiver") ? PipelineKind.Grafana
        : (IsGiven(fields, "AlarmName") && IsGiven(fields, "NewStateValue")) || fields.Object("detail").Text("alarmName") is not null ? PipelineKind.CloudWatch
        : null;

    private static PipelineItem NoAlarm => new(
        null, [new("missing", "title", "The body has no AlarmName."), new("missing", "state", "The body has no NewStateValue.")], []);

    private static bool IsNotification(PayloadFields fields) => fields.Text("Type") == "Notification";

    /// <summary>The object that an SNS notification carries as a text; null if the body is none, or carries something else.</summary>
    public static JsonElement? MessageOf(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object || new PayloadFields(root) is var fields && (!IsNotification(fields) || fields.Text("Message") is not { } message))
        {
            return null;
        }

        try
        {
            using var inner = JsonDocument.Parse(Encoding.UTF8.GetBytes(message), new JsonDocumentOptions { MaxDepth = PayloadBytes.MaxDepth });
            return inner.RootElement.ValueKind == JsonValueKind.Object ? inner.RootElement.Clone() : null;
        }
        catch (JsonException)
        {
            // A plain text is a message too.
            return null;
        }
    }
}
