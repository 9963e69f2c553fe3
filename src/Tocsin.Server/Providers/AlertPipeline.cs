using System.Text;
using System.Text.Json;
using Tocsin.Alerts;

namespace Tocsin.Providers;

/// <summary>
/// What an AWS alert pipeline of Grafana, CloudWatch and SNS took at one address: all three kinds of its senders, told apart by their shape, bare or in
/// an SNS envelope.
/// </summary>
internal sealed class AlertPipeline : IAlertSource
{
    public const string Id = "alert-pipeline";

    /// <summary>The secret with the headers and their tokens; see <see cref="HeaderTokens"/>.</summary>
    public const string TokensKey = "tokens";

    private static readonly CloudWatch _cloudWatch = new();
    private static readonly Grafana _grafana = new();
    private static readonly Normalized _normalized = new();

    public ProviderInfo Info { get; } = new(
        Id, "Alert pipeline", new("https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html"),
        [
            new(TokensKey, "A JSON object of header names and tokens, {\"x-grafana-token\": \"…\"}: whoever posts to /external-alerts-webhook with one of them is admitted. Default: none; only the key in the address admits.", Secret: true),
            PipelineRules.NoDataSetting,
            .. PipelineRules.Settings(defaults: true),
        ]);

    public IReadOnlyList<Error> Check(Estate.Source source)
    {
        var tokens = HeaderTokens.Read(source.Settings.GetValueOrDefault(TokensKey) ?? "{}");
        return tokens.Ok ? [.. PipelineRules.Check(source)] : [tokens.Error, .. PipelineRules.Check(source)];
    }

    public Result<ParsedDelivery> Parse(InboundRequest request) => Parse(request, hint: null);

    /// <param name="hint">What an attribute beside the body says; believed only if the body can be that, since the pipeline itself wrote "grafana" on everything.</param>
    public static Result<ParsedDelivery> Parse(InboundRequest request, PipelineKind? hint)
    {
        var body = PayloadBytes.Clean(request.Body, out var note);
        try
        {
            using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = PayloadBytes.MaxDepth });
            var root = document.RootElement;
            var detected = PipelineReader.Detect(root, hint: null);
            if (!detected.Ok)
            {
                return hint is { } said && detected.Error.Code == "unknown_source" ? As(said, Inner(root), request)
                    : detected.Error.Code == "unknown_source" && !PipelineRules.Of(request.Source).Strict ? Unknown(root, request, note)
                    : detected.Error;
            }

            // The alarm's reader knows the envelope, and says which message it was.
            var inner = detected.Value.Kind == PipelineKind.CloudWatch ? body : Inner(root);
            var read = As(detected.Value.Kind, inner, request);
            return read.Ok ? read.Value with { Note = PayloadBytes.Notes(note, read.Value.Note) } : read;

            ReadOnlyMemory<byte> Inner(JsonElement element) => PipelineReader.MessageOf(element) is { } message ? Encoding.UTF8.GetBytes(message.GetRawText()) : body;
        }
        catch (JsonException e)
        {
            return PayloadBytes.NotJson(body, e) with { Code = "not_json_object" };
        }
    }

    private static Result<ParsedDelivery> As(PipelineKind kind, ReadOnlyMemory<byte> body, InboundRequest request)
    {
        IAlertSource reader = kind switch
        {
            PipelineKind.CloudWatch => _cloudWatch,
            PipelineKind.Grafana => _grafana,
            _ => _normalized,
        };
        return reader.Parse(request with { Body = body });
    }

    /// <summary>Nobody is told less than a text can tell: whatever has a title pages, as it would at any other source.</summary>
    private static Result<ParsedDelivery> Unknown(JsonElement root, InboundRequest request, string? note) => root.ValueKind == JsonValueKind.Array
        ? new Error(ErrorKind.Invalid, "unknown_source", "The body is a list; send one object.", "body")
        : _cloudWatch.Parse(request) is { Ok: true } read ? read.Value with { Note = PayloadBytes.Notes(note, read.Value.Note) }
        : new Error(ErrorKind.Invalid, "unknown_source", "The body is no CloudWatch alarm, no Grafana webhook and no canonical event, and has no title either.", "body");

    public string Snippet(string baseUrl, Estate.Source source) => $"""
        Grafana and others that post to the pipeline's webhook:
          URL:    {baseUrl}/external-alerts-webhook
          Header: one of those in this source's setting "tokens", with its token.

        Whoever cannot send a header posts to {baseUrl}/in/{Id}/{Uri.EscapeDataString(source.Key)}
        Alarms of CloudWatch come by a source of type sns (HTTPS) or sqs (a queue).

        """;

    public ReadOnlyMemory<byte> Example(SignalStatus status, DateTimeOffset now) => _normalized.Example(status, now);
}
