using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Tocsin.Alerts;

namespace Tocsin.Providers;

/// <summary>A message as SNS posts it over HTTPS, with what its signature is made over.</summary>
internal sealed partial record SnsMessage(string Type, string MessageId, string TopicArn)
{
    public const string Notification = "Notification";
    public const string SubscriptionConfirmation = "SubscriptionConfirmation";
    public const string UnsubscribeConfirmation = "UnsubscribeConfirmation";

    private static readonly TimeSpan _oldest = TimeSpan.FromHours(1);
    private static readonly TimeSpan _furthest = TimeSpan.FromMinutes(5);

    private static readonly string[] _ofNotification = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"];
    private static readonly string[] _ofConfirmation = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"];

    public string CertificateUrl { get; private init; } = "";

    public string? Token { get; private init; }

    private string SignatureVersion { get; init; } = "";

    private byte[] Signature { get; init; } = [];

    private byte[] Signed { get; init; } = [];

    private DateTimeOffset? At { get; init; }

    /// <summary>Where a subscription to the topic is confirmed: the region's own endpoint, never what the message says.</summary>
    public Uri Endpoint => TopicArn.Split(':') is [_, var partition, _, var region, ..]
        ? new($"https://sns.{region}.amazonaws.com{(partition == "aws-cn" ? ".cn" : "")}/")
        : throw new InvalidOperationException("The topic's ARN was checked when the message was read.");

    /// <summary>Reads a body; what it says is true only after its signature was checked.</summary>
    public static Result<SnsMessage> Read(ReadOnlyMemory<byte> body)
    {
        var clean = PayloadBytes.Clean(body, out _);
        try
        {
            using var document = JsonDocument.Parse(clean, new JsonDocumentOptions { MaxDepth = PayloadBytes.MaxDepth });
            return document.RootElement.ValueKind == JsonValueKind.Object ? Read(GenericScopes.Members(document.RootElement)) : NoMessage("the body is not an object");
        }
        catch (JsonException)
        {
            return NoMessage("the body is not JSON; raw message delivery carries no signature, so post that to a source of type cloudwatch");
        }
    }

    /// <summary>Everything that needs no certificate: topic, age, version, and where the certificate is.</summary>
    /// <param name="topics">The ARNs that the source takes.</param>
    /// <param name="allowVersion1">SHA-1 is accepted too.</param>
    public Error? Check(IReadOnlyCollection<string> topics, bool allowVersion1, DateTimeOffset now) =>
        !topics.Contains(TopicArn) ? Error.Forbidden($"The topic {SignalLimits.Title(TopicArn)} is not among this source's topics.")
        : SignatureVersion is not ("1" or "2") ? Error.Forbidden("The SignatureVersion is neither 1 nor 2.")
        : SignatureVersion == "1" && !allowVersion1 ? Error.Forbidden("The message is signed with SHA-1 (SignatureVersion 1). Set the topic's attribute SignatureVersion to 2, or signature_v1 on this source.")
        : !IsPinned(CertificateUrl) ? Error.Forbidden("The SigningCertURL is not one of Amazon SNS.")
        : At is not { } at || at < now - _oldest || at > now + _furthest ? Error.Forbidden("The Timestamp is more than an hour old, in the future, or missing; an old message may be a replayed one.")
        : null;

    public bool IsSignedBy(X509Certificate2 certificate)
    {
        using var key = certificate.GetRSAPublicKey();
#pragma warning disable CA5350 // Version 1 of SNS is SHA-1; only a source that asks for it gets here with it.
        return key is not null && key.VerifyData(Signed, Signature, SignatureVersion == "2" ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA1, RSASignaturePadding.Pkcs1);
#pragma warning restore CA5350
    }

    /// <summary>Whether a certificate's address is one of SNS: https, its host in whatever region, the usual port, its file, and nothing else.</summary>
    public static bool IsPinned(string url) => PinnedUrl().IsMatch(url);

    public static bool IsTopic(string arn) => Topic().IsMatch(arn);

    private static Result<SnsMessage> Read(Dictionary<string, JsonElement> members)
    {
        string? Text(string name) => members.TryGetValue(name, out var value) && value.ValueKind == JsonValueKind.String ? JsonText.Of(value) : null;

        foreach (var name in (string[])["Type", "MessageId", "TopicArn", "Message", "Timestamp", "Signature", "SignatureVersion", "SigningCertURL"])
        {
            if (Text(name) is null)
            {
                return NoMessage($"{name} is missing");
            }
        }

        var type = Text("Type")!;
        if (type is not (Notification or SubscriptionConfirmation or UnsubscribeConfirmation))
        {
            return NoMessage("its Type is not known");
        }

        if (!IsTopic(Text("TopicArn")!))
        {
            return NoMessage("its TopicArn is no ARN of a topic");
        }

        var signature = new byte[1024];
        if (!Convert.TryFromBase64String(Text("Signature")!, signature, out var length))
        {
            return NoMessage("its Signature is not base64");
        }

        var signed = new StringBuilder();
        foreach (var name in type == Notification ? _ofNotification : _ofConfirmation)
        {
            if (Text(name) is { } value)
            {
                signed.Append(name).Append('\n').Append(value).Append('\n');
            }
        }

        return new SnsMessage(type, Text("MessageId")!, Text("TopicArn")!)
        {
            CertificateUrl = Text("SigningCertURL")!,
            Token = Text("Token"),
            SignatureVersion = Text("SignatureVersion")!,
            Signature = signature[..length],
            Signed = Encoding.UTF8.GetBytes(signed.ToString()),
            At = SenderTime.Read(Text("Timestamp")!) is { Kind: SenderTimeKind.Set } time ? time.At : null,
        };
    }

    private static Error NoMessage(string why) => Error.Invalid("body", string.Create(CultureInfo.InvariantCulture, $"This is no message of SNS: {why}."));

    [GeneratedRegex(@"\Ahttps://sns\.[a-z0-9-]{3,40}\.amazonaws\.com(\.cn)?(:443)?/SimpleNotificationService-[0-9a-fA-F]{1,128}\.pem\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex PinnedUrl();

    [GeneratedRegex(@"\Aarn:(aws|aws-cn|aws-us-gov):sns:[a-z0-9-]{1,40}:[0-9]{1,20}:[A-Za-z0-9_.-]{1,256}\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Topic();
}
