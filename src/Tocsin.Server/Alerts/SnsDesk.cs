using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tocsin.Estate;
using Tocsin.Outgoing;
using Tocsin.Providers;

namespace Tocsin.Alerts;

/// <summary>Takes messages of SNS whose signature is right, and confirms subscriptions of topics that a source asks for.</summary>
internal sealed class SnsDesk(AlertReceiver receiver, SnsCertificates certificates, GuardedHttp http, IOptions<SnsOptions> options, TimeProvider clock, ILogger<SnsDesk> logger)
{
    /// <returns>The outcome after the commit. Refusals: forbidden for what may be forged, unavailable for what SNS should send again.</returns>
    public async Task<Result<DeliveryOutcome>> ReceiveAsync(EstateSnapshot estate, Source source, ReadOnlyMemory<byte> body, Func<string, string> headers, CancellationToken ct)
    {
        var message = SnsMessage.Read(body);
        if (!message.Ok)
        {
            return await receiver.RefuseAsync(estate, source, body, headers, Error.Forbidden(message.Error.Detail), ct);
        }

        if (message.Value.Check(Sns.TopicsOf(source), Sns.AllowsVersion1(source), clock.GetUtcNow()) is { } refusal)
        {
            return await receiver.RefuseAsync(estate, source, body, headers, refusal, ct);
        }

        var certificate = await certificates.FindAsync(message.Value.CertificateUrl, ct);
        if (!certificate.Ok)
        {
            return certificate.Error.Kind == ErrorKind.Unavailable ? certificate.Error : await receiver.RefuseAsync(estate, source, body, headers, certificate.Error, ct);
        }

        if (!message.Value.IsSignedBy(certificate.Value))
        {
            return await receiver.RefuseAsync(estate, source, body, headers, Error.Forbidden("The signature is not right: the message was changed, or is not from SNS."), ct);
        }

        if (message.Value.Type == SnsMessage.SubscriptionConfirmation && await ConfirmAsync(message.Value, ct) is { } unconfirmed)
        {
            return unconfirmed;
        }

        return await receiver.ReceiveCheckedAsync(estate, source, body, headers, message.Value.MessageId, ct);
    }

    /// <summary>With the topic and the token at the region's own endpoint. The address in the message is never opened.</summary>
    private async Task<Error?> ConfirmAsync(SnsMessage message, CancellationToken ct)
    {
        if (message.Token is not { Length: > 0 and <= 2048 } token)
        {
            return Error.Forbidden("The request to confirm has no Token.");
        }

        var endpoint = options.Value.Endpoint.Length > 0 ? options.Value.Endpoint.TrimEnd('/') : message.Endpoint.AbsoluteUri.TrimEnd('/');
        using var request = new HttpRequestMessage(
            HttpMethod.Get,
            $"{endpoint}/?Action=ConfirmSubscription&Version=2010-03-31&TopicArn={Uri.EscapeDataString(message.TopicArn)}&Token={Uri.EscapeDataString(token)}");
        var answer = await http.SendAsync(request, ct);
        if (answer is OutgoingAnswer.Status { Code: 200 })
        {
            logger.Confirmed(message.TopicArn);
            return null;
        }

        logger.NotConfirmed(message.TopicArn, answer.ToOutcome().ToString());
        return Error.Unavailable("SNS did not take the confirmation of this subscription; ask for it again.");
    }
}

/// <summary>
/// The certificates that SNS signs with: fetched from Amazon's own hosts only, checked up to an authority that is trusted, and kept for a day.
/// </summary>
internal sealed class SnsCertificates(GuardedHttp http, IOptions<SnsOptions> options, TimeProvider clock)
{
    private const int MostKept = 64;
    private const int LargestCertificate = 64 * 1024;
    private const int MostIssuers = 3;

    private static readonly TimeSpan _kept = TimeSpan.FromDays(1);
    private static readonly TimeSpan _refusedFor = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, (Result<X509Certificate2> Found, DateTimeOffset Until)> _known = new(StringComparer.Ordinal);

    /// <param name="url">One that <see cref="SnsMessage.IsPinned"/> admits.</param>
    /// <returns>Unavailable if it could not be fetched now; forbidden if it is not to be trusted.</returns>
    public async Task<Result<X509Certificate2>> FindAsync(string url, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        if (_known.TryGetValue(url, out var known) && now < known.Until)
        {
            return known.Found;
        }

        var found = await FetchAsync(new(url), now, ct);
        if (found.Ok || found.Error.Kind == ErrorKind.Forbidden)
        {
            if (_known.Count >= MostKept)
            {
                _known.Clear();
            }

            _known[url] = (found, now + (found.Ok ? _kept : _refusedFor));
        }

        return found;
    }

    private async Task<Result<X509Certificate2>> FetchAsync(Uri url, DateTimeOffset now, CancellationToken ct)
    {
        var address = options.Value.Endpoint is { Length: > 0 } endpoint ? new Uri(new(endpoint), url.AbsolutePath) : url;
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (await http.SendAsync(request, ct) is not OutgoingAnswer.Status { Code: 200 } answer)
        {
            return Error.Unavailable("The certificate that SNS signs with could not be fetched; send it again.");
        }

        var given = new X509Certificate2Collection();
        try
        {
            given.ImportFromPem(answer.Body);
        }
        catch (CryptographicException)
        {
            return NotTrusted("it is no certificate");
        }

        if (given.Count == 0)
        {
            return NotTrusted("it is no certificate");
        }

        var leaf = given[0];
        if (!new[] { url.Host, "sns.amazonaws.com", "sns.amazonaws.com.cn" }.Any(name => leaf.MatchesHostname(name)))
        {
            return NotTrusted("it is not one of SNS");
        }

        for (var issuers = 0; ; issuers++)
        {
            using var chain = ChainOf(given, now);
            if (chain.Build(leaf))
            {
                return leaf;
            }

            var isPartial = chain.ChainStatus.Any(s => s.Status == X509ChainStatusFlags.PartialChain);
            if (!isPartial || issuers == MostIssuers || await IssuerAsync(chain.ChainElements[^1].Certificate, ct) is not { } issuer)
            {
                return NotTrusted(string.Join(", ", chain.ChainStatus.Select(s => s.Status)));
            }

            given.Add(issuer);
        }
    }

    private X509Chain ChainOf(X509Certificate2Collection given, DateTimeOffset now)
    {
        var chain = new X509Chain();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;

        // Missing issuers are fetched below, by the client that is guarded.
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ExtraStore.AddRange(given);
        if (options.Value.CaFile.Length > 0)
        {
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.ImportFromPemFile(options.Value.CaFile);
        }

        return chain;
    }

    /// <summary>What a certificate says that its issuer's certificate is at; null if that cannot be had. It is trusted no more for that: the chain is.</summary>
    private async Task<X509Certificate2?> IssuerAsync(X509Certificate2 certificate, CancellationToken ct)
    {
        if (certificate.Extensions.OfType<X509AuthorityInformationAccessExtension>().FirstOrDefault()?.EnumerateCAIssuersUris().FirstOrDefault() is not { } url)
        {
            return null;
        }

        try
        {
            using var client = http.CreateClient(TimeSpan.FromSeconds(5), LargestCertificate);
            return X509CertificateLoader.LoadCertificate(await client.GetByteArrayAsync(new Uri(url), ct));
        }
        catch (Exception e) when (e is HttpRequestException or CryptographicException or UriFormatException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return null;
        }
    }

    private static Error NotTrusted(string why) => Error.Forbidden($"The certificate of the signature is not trusted: {why}.");
}

internal static partial class SnsLog
{
    [LoggerMessage(2331, LogLevel.Information, "The subscription of {Topic} was confirmed")]
    public static partial void Confirmed(this ILogger logger, string topic);

    [LoggerMessage(2332, LogLevel.Warning, "The subscription of {Topic} could not be confirmed; SNS asks again: {Outcome}")]
    public static partial void NotConfirmed(this ILogger logger, string topic, string outcome);
}
