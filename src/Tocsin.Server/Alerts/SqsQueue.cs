using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tocsin.Estate;
using Tocsin.Issues;
using Tocsin.Outgoing;
using Tocsin.Providers;

namespace Tocsin.Alerts;

/// <param name="Receipt">What it is deleted by.</param>
/// <param name="Received">How often it was received, this time included.</param>
/// <param name="Hint">The attribute <c>source</c>; empty: it has none.</param>
internal sealed record SqsMessage(string Id, string Receipt, string Body, int Received, string Hint);

/// <summary>One queue, by the JSON protocol of SQS.</summary>
internal sealed class SqsQueue(GuardedHttp http, Source source, AwsKey key, TimeProvider clock)
{
    /// <summary>Ten messages of the largest kind, each escaped.</summary>
    private const int LargestAnswer = 16 * 1024 * 1024;

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(15);

    private readonly int _wait = Sqs.Seconds(source, Sqs.WaitKey, 10) ?? 10;

    /// <summary>How long a message is hidden from others.</summary>
    public int Visibility { get; } = Sqs.Seconds(source, Sqs.VisibilityKey, 70) ?? 70;

    public async Task<Result<IReadOnlyList<SqsMessage>>> ReceiveAsync(CancellationToken ct)
    {
        var answer = await CallAsync(
            "ReceiveMessage",
            new()
            {
                ["MaxNumberOfMessages"] = 10,
                ["WaitTimeSeconds"] = _wait,
                ["VisibilityTimeout"] = Visibility,
                ["AttributeNames"] = new JsonArray("ApproximateReceiveCount"),
                ["MessageAttributeNames"] = new JsonArray("All"),
            },
            ct);
        return answer.Ok ? Read(answer.Value) : answer.Error;
    }

    /// <summary>Takes messages off the queue. What is not taken off comes again.</summary>
    /// <returns>Null, or why some or all of them were not.</returns>
    public Task<string?> DeleteAsync(IReadOnlyList<SqsMessage> messages, CancellationToken ct) => BatchAsync("DeleteMessageBatch", messages, null, ct);

    /// <summary>Hides messages for another while from now.</summary>
    public Task<string?> RenewAsync(IReadOnlyList<SqsMessage> messages, CancellationToken ct) => BatchAsync("ChangeMessageVisibilityBatch", messages, Visibility, ct);

    /// <summary>How many messages are on the queue and on the dead letter queue that its redrive policy names. About as many: SQS does not count exactly.</summary>
    public async Task<QueueDepth> DepthAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var own = await AttributesAsync(source.Settings[Sqs.QueueUrlKey], ct);
        if (!own.Ok)
        {
            return new(source.Name, now, null, null, null, null, own.Error.Detail);
        }

        var depth = new QueueDepth(
            source.Name, now, Count(own.Value, "ApproximateNumberOfMessages"), Count(own.Value, "ApproximateNumberOfMessagesNotVisible"), Count(own.Value, "ApproximateNumberOfMessagesDelayed"), null, null);
        if (DeadLetterUrl(source.Settings[Sqs.QueueUrlKey], own.Value.Text("RedrivePolicy")) is not { } address)
        {
            return depth with { Fault = "The queue has no dead letter queue: what is rejected again and again is lost when its time is over." };
        }

        var dead = await AttributesAsync(address, ct);
        return dead.Ok ? depth with { Dead = Count(dead.Value, "ApproximateNumberOfMessages") } : depth with { Fault = $"The dead letter queue cannot be counted: {dead.Error.Detail}" };
    }

    /// <summary>The address of the queue that a redrive policy names, beside the other.</summary>
    /// <param name="policy">JSON, as SQS tells it; null: there is none.</param>
    internal static string? DeadLetterUrl(string queueUrl, string? policy)
    {
        try
        {
            using var document = JsonDocument.Parse(policy ?? "null");
            return document.RootElement.ValueKind == JsonValueKind.Object && new PayloadFields(document.RootElement).Text("deadLetterTargetArn")?.Split(':') is [_, _, _, _, var account, var name]
                ? new Uri(new(queueUrl), $"/{account}/{name}").AbsoluteUri
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private async Task<Result<PayloadFields>> AttributesAsync(string queueUrl, CancellationToken ct)
    {
        var answer = await CallAsync("GetQueueAttributes", new() { ["QueueUrl"] = queueUrl, ["AttributeNames"] = new JsonArray("All") }, ct);
        return answer.Ok ? new PayloadFields(answer.Value).Object("Attributes") : answer.Error;
    }

    private static long? Count(PayloadFields attributes, string name) => long.TryParse(attributes.Text(name), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : null;

    private async Task<string?> BatchAsync(string action, IReadOnlyList<SqsMessage> messages, int? visibility, CancellationToken ct)
    {
        var entries = messages.Select((message, i) =>
        {
            JsonObject entry = new() { ["Id"] = $"m{i}", ["ReceiptHandle"] = message.Receipt };
            if (visibility is { } seconds)
            {
                entry["VisibilityTimeout"] = seconds;
            }

            return (JsonNode)entry;
        });
        var answer = await CallAsync(action, new() { ["Entries"] = new JsonArray([.. entries]) }, ct);
        return !answer.Ok ? answer.Error.Detail
            : new PayloadFields(answer.Value).List("Failed").Count() is > 0 and var failed ? $"SQS failed {failed} of {messages.Count} entries of {action}."
            : null;
    }

    private async Task<Result<JsonElement>> CallAsync(string action, JsonObject body, CancellationToken ct)
    {
        body["QueueUrl"] ??= source.Settings[Sqs.QueueUrlKey];
        var bytes = Encoding.UTF8.GetBytes(body.ToJsonString());
        using var request = new HttpRequestMessage(HttpMethod.Post, Sqs.EndpointOf(source)) { Content = new ByteArrayContent(bytes) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/x-amz-json-1.0");
        request.Headers.TryAddWithoutValidation("X-Amz-Target", $"AmazonSQS.{action}");
        SignatureV4.Sign(
            request, bytes, [new("content-type", "application/x-amz-json-1.0"), new("x-amz-target", $"AmazonSQS.{action}")], key, Sqs.RegionOf(source)!, "sqs", clock.GetUtcNow());
        try
        {
            using var client = http.CreateClient(_patience + TimeSpan.FromSeconds(_wait), LargestAnswer);
            using var response = await client.SendAsync(request, ct);
            var text = await response.Content.ReadAsByteArrayAsync(ct);
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = PayloadBytes.MaxDepth });
            if (response.IsSuccessStatusCode && document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return document.RootElement.Clone();
            }

            var what = document.RootElement.ValueKind == JsonValueKind.Object ? new PayloadFields(document.RootElement).Text("__type", "message") : null;
            return Error.Unavailable($"SQS answered {(int)response.StatusCode} to {action}: {SignalLimits.Title(what ?? "no reason given")}.");
        }
        catch (JsonException)
        {
            return Error.Unavailable($"SQS's answer to {action} cannot be read.");
        }
        catch (HttpRequestException e)
        {
            return Error.Unavailable(OutgoingFailure.RefusalIn(e) ?? OutgoingFailure.Describe(e));
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return Error.Unavailable($"SQS did not answer {action} in time.");
        }
    }

    private static List<SqsMessage> Read(JsonElement answer)
    {
        List<SqsMessage> messages = [];
        foreach (var element in new PayloadFields(answer).List("Messages"))
        {
            var fields = new PayloadFields(element);
            if (fields.Text("MessageId") is { } id && fields.Text("ReceiptHandle") is { } receipt)
            {
                messages.Add(new(
                    id, receipt,
                    fields.All.TryGetValue("Body", out var body) ? JsonText.Of(body) ?? "" : "",
                    int.TryParse(fields.Object("Attributes").Text("ApproximateReceiveCount"), out var count) ? count : 1,
                    fields.Object("MessageAttributes").Object("source").Text("StringValue") ?? ""));
            }
        }

        return messages;
    }
}
