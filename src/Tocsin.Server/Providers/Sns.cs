using Tocsin.Alerts;

namespace Tocsin.Providers;

/// <summary>
/// Topics of Amazon SNS that post here over HTTPS, each message signed. What a message carries is read as <see cref="AlertPipeline"/> reads it. The
/// signature needs a certificate from outside, so it is checked at <c>/in/sns/…</c> before this sees the body.
/// </summary>
internal sealed class Sns : IAlertSource
{
    public const string Id = "sns";
    public const string TopicsKey = "topics";
    public const string Version1Key = "signature_v1";

    public ProviderInfo Info { get; } = new(
        Id, "Amazon SNS", new("https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html"),
        [
            new(TopicsKey, "The ARNs of the topics that may send here, between commas. Their subscriptions are confirmed; all others are refused.", Required: true),
            new(Version1Key, "true: signatures of version 1 (SHA-1) are accepted too. Default: false."),
            PipelineRules.NoDataSetting,
            .. PipelineRules.Settings(defaults: true),
        ]);

    public IReadOnlyList<Error> Check(Estate.Source source)
    {
        List<Error> errors = [.. PipelineRules.Check(source)];
        var topics = TopicsOf(source);
        if (topics.Count == 0)
        {
            errors.Add(Error.Invalid(TopicsKey, "\"topics\" is missing: write the ARNs of the topics that may send here."));
        }

        errors.AddRange(topics.Where(t => !SnsMessage.IsTopic(t)).Select(t => Error.Invalid(TopicsKey, $"\"{t}\" is no ARN of a topic, such as arn:aws:sns:eu-west-1:123456789012:alarms.")));
        if (source.Settings.GetValueOrDefault(Version1Key) is not (null or "true" or "false" or "yes" or "no"))
        {
            errors.Add(Error.Invalid(Version1Key, "\"signature_v1\" is true or false."));
        }

        return errors;
    }

    public static IReadOnlyCollection<string> TopicsOf(Estate.Source source) =>
        source.Settings.GetValueOrDefault(TopicsKey, "").Split([',', ' ', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    public static bool AllowsVersion1(Estate.Source source) => source.Settings.GetValueOrDefault(Version1Key) is "true" or "yes";

    /// <summary>Nothing comes in by another way than the one that checks signatures.</summary>
    public Error? Verify(InboundRequest request) => Error.Forbidden("Messages of SNS are taken by POST to /in/sns/… only, where their signature is checked.");

    public Result<ParsedDelivery> Parse(InboundRequest request) => SnsMessage.Read(request.Body) switch
    {
        { Ok: true, Value.Type: SnsMessage.SubscriptionConfirmation } asked => new ParsedDelivery([], [], $"The subscription of {asked.Value.TopicArn} was confirmed."),
        { Ok: true, Value.Type: SnsMessage.UnsubscribeConfirmation } gone => new ParsedDelivery([], [], $"{gone.Value.TopicArn} no longer sends here."),
        _ => AlertPipeline.Parse(request, hint: null),
    };

    public string Snippet(string baseUrl, Estate.Source source) => $"""
        In Amazon Web Services:
        1. SNS > Topics > the topic that your alarms notify > Edit: set the signature version to 2.
        2. Create subscription. Protocol: HTTPS. Endpoint: {baseUrl}/in/sns/{Uri.EscapeDataString(source.Key)}
           Leave raw message delivery off: raw messages carry no signature.
        3. The topic's ARN is among this source's setting "topics", so the subscription confirms itself within seconds.

        """;

    public ReadOnlyMemory<byte> Example(SignalStatus status, DateTimeOffset now) => new CloudWatch().Example(status, now);
}
