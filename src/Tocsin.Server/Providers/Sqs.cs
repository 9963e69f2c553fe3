using System.Globalization;
using System.Text.RegularExpressions;
using Tocsin.Alerts;

namespace Tocsin.Providers;

/// <summary>
/// A queue of Amazon SQS that this server polls. Its messages are read as <see cref="AlertPipeline"/> reads them: raw ones of a topic, or in the
/// topic's envelope.
/// </summary>
internal sealed partial class Sqs : IAlertSource
{
    public const string Id = "sqs";

    public const string QueueUrlKey = "queue_url";
    public const string RegionKey = "region";
    public const string EndpointKey = "endpoint";
    public const string WaitKey = "wait";
    public const string VisibilityKey = "visibility";
    public const string AccessKeyKey = "access_key_id";
    public const string SecretKeyKey = "secret_access_key";

    public ProviderInfo Info { get; } = new(
        Id, "Amazon SQS", new("https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html"),
        [
            new(QueueUrlKey, "The queue's URL, such as https://sqs.eu-west-1.amazonaws.com/123456789012/alerts.", Required: true),
            new(RegionKey, "The queue's region. Default: what its URL says."),
            new(EndpointKey, "Where SQS is asked instead, such as http://localhost:4566 for LocalStack; one in the own network must be in Outgoing:Allow. Default: the host of the queue's URL."),
            new(WaitKey, "How long SQS waits for a message before it answers, in seconds: 0 to 20. Default: 10."),
            new(VisibilityKey, "How long a message is hidden from others while it is worked on, in seconds: 10 to 43200; it is renewed while the work goes on. Default: 70."),
            new(AccessKeyKey, "The id of an access key of AWS. Default: the usual chain of this machine (environment, profile, role)."),
            new(SecretKeyKey, "The secret of that access key.", Secret: true),
            PipelineRules.NoDataSetting,
            .. PipelineRules.Settings(defaults: true),
        ]);

    public IReadOnlyList<Error> Check(Estate.Source source)
    {
        List<Error> errors = [.. PipelineRules.Check(source)];
        if (!IsUrl(source.Settings.GetValueOrDefault(QueueUrlKey)))
        {
            errors.Add(Error.Invalid(QueueUrlKey, "\"queue_url\" is the http or https address of a queue."));
        }
        else if (RegionOf(source) is null)
        {
            errors.Add(Error.Invalid(RegionKey, "\"region\" is missing: the queue's URL does not name one."));
        }

        if (source.Settings.GetValueOrDefault(EndpointKey) is { } endpoint && !IsUrl(endpoint))
        {
            errors.Add(Error.Invalid(EndpointKey, "\"endpoint\" is an http or https address."));
        }

        if (Seconds(source, WaitKey, 10) is not (>= 0 and <= 20))
        {
            errors.Add(Error.Invalid(WaitKey, "\"wait\" is a number of seconds from 0 to 20."));
        }

        if (Seconds(source, VisibilityKey, 70) is not (>= 10 and <= 43200))
        {
            errors.Add(Error.Invalid(VisibilityKey, "\"visibility\" is a number of seconds from 10 to 43200."));
        }

        if (source.Settings.ContainsKey(AccessKeyKey) != source.Settings.ContainsKey(SecretKeyKey))
        {
            errors.Add(Error.Invalid(AccessKeyKey, "\"access_key_id\" and \"secret_access_key\" belong together."));
        }

        return errors;
    }

    public static string? RegionOf(Estate.Source source) =>
        source.Settings.GetValueOrDefault(RegionKey) is { Length: > 0 } region ? region
        : Host().Match(source.Settings.GetValueOrDefault(QueueUrlKey) ?? "") is { Success: true } match ? match.Groups["region"].Value
        : null;

    /// <summary>Where the requests go: the JSON protocol names the queue in the body.</summary>
    public static Uri EndpointOf(Estate.Source source) => new(
        new Uri(source.Settings.GetValueOrDefault(EndpointKey) is { Length: > 0 } endpoint ? endpoint : source.Settings[QueueUrlKey]).GetLeftPart(UriPartial.Authority) + "/");

    public static int? Seconds(Estate.Source source, string key, int byDefault) =>
        source.Settings.GetValueOrDefault(key) is not { } text ? byDefault
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? seconds
        : null;

    /// <summary>Whoever knows the key in an address is not the queue.</summary>
    public Error? Verify(InboundRequest request) => Error.Forbidden("Messages of this source come out of its queue; nothing is posted to it.");

    /// <summary>The attribute <c>source</c>, if the message has one, is the hint that the pipeline gives.</summary>
    public Result<ParsedDelivery> Parse(InboundRequest request) => AlertPipeline.Parse(request, request.Headers("source") switch
    {
        "cloudwatch" => PipelineKind.CloudWatch,
        "grafana" => PipelineKind.Grafana,
        "normalized" => PipelineKind.Normalized,
        _ => null,
    });

    public string Snippet(string baseUrl, Estate.Source source) => $"""
        In Amazon Web Services:
        1. Let the topic that your alarms notify deliver to the queue {source.Settings.GetValueOrDefault(QueueUrlKey, "")}; raw message delivery on or off.
        2. Give the queue a dead letter queue with a redrive policy of 5 receives.
        3. Whoever this server is (its access key, or its role) needs on the queue: sqs:ReceiveMessage, sqs:DeleteMessage, sqs:ChangeMessageVisibility;
           and sqs:GetQueueAttributes on it and on its dead letter queue, to count what is on them.
        This server asks for messages by itself; nothing has to reach it.

        """;

    public ReadOnlyMemory<byte> Example(SignalStatus status, DateTimeOffset now) => new CloudWatch().Example(status, now);

    private static bool IsUrl(string? text) => Uri.TryCreate(text, UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps);

    [GeneratedRegex(@"^https?://sqs\.(?<region>[a-z0-9-]{1,40})\.amazonaws\.com(\.cn)?(:\d+)?/", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Host();
}
