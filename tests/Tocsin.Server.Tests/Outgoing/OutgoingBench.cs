using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Options;
using Tocsin.Outgoing;

namespace Tocsin.Tests.Outgoing;

/// <summary>The real outgoing stack on real sockets, with a clock and a resolver that the test holds.</summary>
internal sealed class OutgoingBench : IDisposable
{
    public static readonly DateTimeOffset Start = new(2026, 1, 5, 2, 58, 0, TimeSpan.Zero);

    private readonly OutgoingOptions _options;

    public OutgoingBench(string allow = "", Resolve? resolve = null, ManualClock? clock = null)
    {
        Clock = clock ?? new(Start);
        _options = new() { Allow = allow };
        Connector = resolve is null
            ? new(Options.Create(_options), Clock)
            : new(Options.Create(_options), Clock) { Resolve = resolve };
        Http = new(Connector, Options.Create(_options), Clock);
    }

    public ManualClock Clock { get; }

    public OutgoingConnector Connector { get; }

    public GuardedHttp Http { get; }

    public SmtpSender Smtp(SmtpOptions smtp, X509Certificate2? trusted = null)
    {
        var sender = new SmtpSender(Connector, Options.Create(smtp), Options.Create(_options), Clock);
        return trusted is null
            ? sender
            : new(Connector, Options.Create(smtp), Options.Create(_options), Clock)
            {
                CheckCertificate = (_, certificate, _, _) => certificate?.GetCertHashString() == trusted.GetCertHashString(),
            };
    }

    public async Task<OutgoingAnswer> PostAsync(string url)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new StringContent("{}") };
        return await Http.SendAsync(request, CancellationToken.None);
    }

    public void Dispose() => Http.Dispose();

    public static X509Certificate2 SelfSigned()
    {
        using var key = RSA.Create(2048);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("localhost");
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(names.Build());
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}
