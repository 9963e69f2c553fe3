using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Tocsin.Demo.Fakes;

namespace Tocsin.Tests.Providers;

/// <summary>
/// Amazon SNS with an authority of its own: signs messages as the real one does, or wrongly, serves its certificate, and takes confirmations. What its
/// SubscribeURL and UnsubscribeURL lead to is remembered, since nobody may go there.
/// </summary>
internal sealed class FakeSns : FakeHttp
{
    public const string Topic = "arn:aws:sns:us-east-1:123456789012:alerts";
    public const string CertificatePath = "/SimpleNotificationService-0123456789abcdef.pem";
    public const string CertificateUrl = $"https://sns.us-east-1.amazonaws.com{CertificatePath}";
    public const string ExpiredPath = "/SimpleNotificationService-e0e0e0e0.pem";
    public const string ForeignPath = "/SimpleNotificationService-0e0e0e0e.pem";
    public const string ForgedPath = "/SimpleNotificationService-f0f0f0f0.pem";

    private readonly RSA _key = RSA.Create(2048);
    private readonly RSA _forgersKey = RSA.Create(2048);
    private readonly string _certificate;
    private readonly string _forged;
    private readonly string _expired;
    private readonly string _foreign;
    private readonly Lock _gate = new();
    private readonly List<string> _asked = [];

    private FakeSns(TimeProvider clock, string caFile)
        : base(clock)
    {
        CaFile = caFile;
        using var authority = Authority("CN=The fake's authority");
        _certificate = Signed(authority, "sns.amazonaws.com", _key);
        File.WriteAllText(caFile, authority.ExportCertificatePem());

        _expired = Signed(authority, "sns.amazonaws.com", _key, DateTimeOffset.UtcNow.AddHours(-2), DateTimeOffset.UtcNow.AddMinutes(-1));
        _foreign = Signed(authority, "files.example.com", _key);

        // The same names, by somebody whom nobody trusts.
        using var other = Authority("CN=Somebody else's authority");
        _forged = Signed(other, "sns.amazonaws.com", _forgersKey);
    }

    public string CaFile { get; }

    /// <summary>Paths and queries of everything that was fetched, in order.</summary>
    public IReadOnlyList<string> Asked
    {
        get
        {
            lock (_gate)
            {
                return [.. _asked];
            }
        }
    }

    public static async Task<FakeSns> StartAsync(TimeProvider clock, string folder)
    {
        var fake = new FakeSns(clock, Path.Combine(folder, $"sns-ca-{Guid.NewGuid():N}.pem"));
        await fake.ListenAsync(0, default);
        return fake;
    }

    /// <summary>A message as SNS posts it.</summary>
    /// <param name="change">Made before it is signed.</param>
    /// <param name="forged">Signed by somebody else.</param>
    public string Message(string type, string message, string id, Action<JsonObject>? change = null, bool forged = false)
    {
        JsonObject body = new()
        {
            ["Type"] = type,
            ["MessageId"] = id,
            ["TopicArn"] = Topic,
            ["Message"] = message,
            ["Timestamp"] = Clock.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture),
            ["SignatureVersion"] = "2",
            ["SigningCertURL"] = CertificateUrl,
        };
        if (type == "Notification")
        {
            body["Subject"] = "ALARM";
            body["UnsubscribeURL"] = new Uri(Url, "unsubscribe").AbsoluteUri;
        }
        else
        {
            body["Token"] = "2336412f37fb687f";
            body["SubscribeURL"] = new Uri(Url, "subscribe").AbsoluteUri;
        }

        change?.Invoke(body);
        var text = new StringBuilder();
        foreach (var name in type == "Notification"
            ? (string[])["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
            : ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"])
        {
            if (body[name] is { } value)
            {
                text.Append(name).Append('\n').Append(value.GetValue<string>()).Append('\n');
            }
        }

        var hash = body["SignatureVersion"]!.GetValue<string>() == "1" ? HashAlgorithmName.SHA1 : HashAlgorithmName.SHA256;
        body["Signature"] = Convert.ToBase64String((forged ? _forgersKey : _key).SignData(Encoding.UTF8.GetBytes(text.ToString()), hash, RSASignaturePadding.Pkcs1));
        return body.ToJsonString();
    }

    protected override bool IsWork(PathString path) => true;

    protected override FakeAnswer? Show(PathString path) => null;

    protected override FakeAnswer Take(HttpRequest request, byte[] body)
    {
        lock (_gate)
        {
            _asked.Add($"{request.Path}{request.QueryString}");
        }

        return request.Path.Value switch
        {
            CertificatePath => new(200, _certificate),
            ForgedPath => new(200, _forged),
            ExpiredPath => new(200, _expired),
            ForeignPath => new(200, _foreign),
            "/" when request.Query["Action"] == "ConfirmSubscription" => new(200, "<ConfirmSubscriptionResponse/>", "text/xml"),
            _ => new(404, ""),
        };
    }

    private static X509Certificate2 Authority(string name)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
    }

    private static string Signed(X509Certificate2 authority, string host, RSA key, DateTimeOffset? from = null, DateTimeOffset? to = null)
    {
        var request = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        using var signed = request.Create(authority, from ?? DateTimeOffset.UtcNow.AddHours(-1), to ?? DateTimeOffset.UtcNow.AddDays(20), RandomNumberGenerator.GetBytes(8));
        return signed.ExportCertificatePem();
    }
}
