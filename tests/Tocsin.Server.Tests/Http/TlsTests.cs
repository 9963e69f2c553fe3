using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Tocsin.Hosting;
using Tocsin.Tests.Hosting;

namespace Tocsin.Tests.Http;

/// <summary>TLS of our own, on a real socket: clients trust nothing but the root of the test's authority.</summary>
public sealed class TlsTests : IAsyncLifetime, IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tocsin-tls-http-");
    private readonly CertificateFiles _files = new("localhost");
    private WebApplication _app = null!;

    private string Url => _app.Urls.Single().Replace("127.0.0.1", "localhost", StringComparison.Ordinal);

    public async Task InitializeAsync()
    {
        _app = await TocsinHost.BuildAsync(
            new() { Data = Path.Combine(_folder.FullName, "data"), Urls = "https://127.0.0.1:0" },
            builder =>
            {
                builder.Logging.ClearProviders();
                builder.Configuration["Server:Tls:CertificateFile"] = _files.Certificate;
                builder.Configuration["Server:Tls:KeyFile"] = _files.Key;
            },
            default);
        await _app.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _app.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task Pages_and_probes_come_over_TLS_and_HTTP_2_with_the_whole_chain_and_secure_cookies()
    {
        using var client = Client();
        using var probe = await client.GetAsync($"{Url}/healthz");
        using var login = await client.GetAsync($"{Url}/login");

        Assert.Equal((HttpStatusCode.OK, new Version(2, 0)), (probe.StatusCode, probe.Version));
        Assert.StartsWith("__Host-tocsin-form=", login.Headers.GetValues("Set-Cookie").Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_speaks_in_clear_gets_nothing()
    {
        using var client = Client();

        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(Url.Replace("https:", "http:", StringComparison.Ordinal)));
    }

    [Fact]
    public void Nothing_older_than_TLS_1_2_is_spoken()
    {
        SslServerAuthenticationOptions ssl = new();
        _app.Services.GetRequiredService<TlsCertificate>().Apply(ssl);

        Assert.Equal(SslProtocols.Tls12 | SslProtocols.Tls13, ssl.EnabledSslProtocols);
    }

    [Theory]
    [InlineData(TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, true)]
    [InlineData(TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384, false)]
    public async Task Only_suites_with_authenticated_encryption_are_agreed_on(TlsCipherSuite offered, bool agreed)
    {
        var agreement = HandshakeAsync(SslProtocols.Tls12, offered);

        if (agreed)
        {
            Assert.Equal(offered, (await agreement).Suite);
        }
        else
        {
            await Assert.ThrowsAnyAsync<Exception>(() => agreement);
        }
    }

    [Fact]
    public async Task A_renewed_certificate_is_shown_without_a_restart_and_a_broken_one_never()
    {
        var before = (await HandshakeAsync(SslProtocols.None)).Serial;
        Assert.Equal(_files.Serial, before);

        await File.WriteAllTextAsync(_files.Key, "nothing");
        await WatchAsync();
        Assert.Equal(before, (await HandshakeAsync(SslProtocols.None)).Serial);

        _files.Write("localhost");
        await WatchAsync();
        Assert.NotEqual(before, _files.Serial);
        Assert.Equal(_files.Serial, (await HandshakeAsync(SslProtocols.None)).Serial);
    }

    private Task WatchAsync() => _app.Services.GetRequiredService<TlsWatch>().TurnAsync(default);

    private async Task<(TlsCipherSuite Suite, string Serial)> HandshakeAsync(SslProtocols protocols, params TlsCipherSuite[] suites)
    {
        using TcpClient socket = new();
        await socket.ConnectAsync(IPAddress.Loopback, new Uri(Url).Port);
        await using SslStream stream = new(socket.GetStream());
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            EnabledSslProtocols = protocols,
            CertificateChainPolicy = Trust(),
            CipherSuitesPolicy = suites.Length > 0 ? new(suites) : null,
        });
        return (stream.NegotiatedCipherSuite, ((X509Certificate2)stream.RemoteCertificate!).SerialNumber);
    }

    private HttpClient Client() => new(new SocketsHttpHandler { SslOptions = { CertificateChainPolicy = Trust() } })
    {
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
    };

    private X509ChainPolicy Trust() => new() { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { _files.Root }, RevocationMode = X509RevocationMode.NoCheck };
}
