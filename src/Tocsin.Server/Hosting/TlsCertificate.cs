using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Tocsin.Hosting;

/// <summary>The files of the certificate cannot be used. The message follows on the name of the setting; it never repeats what is in them.</summary>
internal sealed class TlsCertificateException(string message) : Exception(message);

/// <summary>The server's certificate as its files have it, and how TLS is spoken with it.</summary>
internal sealed class TlsCertificate : IDisposable
{
    /// <summary>Only suites with forward secrecy and authenticated encryption, the strongest first (RFC 8446, and RFC 9325 for TLS 1.2).</summary>
    private static readonly TlsCipherSuite[] _suites =
    [
        TlsCipherSuite.TLS_AES_256_GCM_SHA384, TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256, TlsCipherSuite.TLS_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, TlsCipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    ];

    private readonly TlsOptions _options;
    private volatile Loaded _loaded;

    /// <exception cref="TlsCertificateException">The files are not there, or not what they should be.</exception>
    public TlsCertificate(TlsOptions options)
    {
        _options = options;
        _loaded = Load(ReadFiles());
    }

    /// <summary>The one that new connections get. Do not dispose of it.</summary>
    public X509Certificate2 Leaf => _loaded.Context.TargetCertificate;

    public DateTimeOffset EndsAt => new(Leaf.NotAfter.ToUniversalTime());

    /// <summary>Reads the files again; connections that are open keep what they began with.</summary>
    /// <returns>False: nothing changed.</returns>
    /// <exception cref="TlsCertificateException">They are not good now; what was read before stays in use.</exception>
    public bool Refresh()
    {
        var files = ReadFiles();
        if (CryptographicOperations.FixedTimeEquals(files.Print, _loaded.Print))
        {
            return false;
        }

        // The one before is not disposed of: a handshake may be using it.
        _loaded = Load(files);
        return true;
    }

    /// <summary>How one connection speaks TLS.</summary>
    public void Apply(SslServerAuthenticationOptions ssl)
    {
        (ssl.ServerCertificateSelectionCallback, ssl.ServerCertificate, ssl.ServerCertificateContext) = (null, null, _loaded.Context);
#pragma warning disable CA5398 // The rule wants the system's choice; a floor is what is asked for here, and newer versions come with the framework.
        ssl.EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13;
#pragma warning restore CA5398
        if (OperatingSystem.IsLinux())
        {
            ssl.CipherSuitesPolicy = new(_suites);
        }
    }

    public void Dispose() => Leaf.Dispose();

    private (string Certificates, string Key, byte[] Print) ReadFiles()
    {
        var certificates = ReadFile(_options.CertificateFile, "cannot be read");
        var key = _options.KeyFile.Length > 0 ? ReadFile(_options.KeyFile, "is good, but Server:Tls:KeyFile cannot be read") : certificates;
        return (certificates, key, SHA256.HashData(Encoding.UTF8.GetBytes($"{certificates}\0{key}")));
    }

    private static string ReadFile(string path, string fault)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new TlsCertificateException($"{fault}: {(e is FileNotFoundException or DirectoryNotFoundException ? "there is no such file" : e is UnauthorizedAccessException ? "this user may not" : "the system refuses")}");
        }
    }

    private static Loaded Load((string Certificates, string Key, byte[] Print) files)
    {
        try
        {
            X509Certificate2Collection chain = [];
            chain.ImportFromPem(files.Certificates);
            using var read = X509Certificate2.CreateFromPem(files.Certificates, files.Key);

            // Some systems speak TLS only with keys that came this way.
            var leaf = X509CertificateLoader.LoadPkcs12(read.Export(X509ContentType.Pkcs12), null);
            chain.RemoveAt(0);
            return new(SslStreamCertificateContext.Create(leaf, chain, offline: true), files.Print);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new TlsCertificateException("and Server:Tls:KeyFile are not a certificate and the private key that belongs to it, both PEM and the key without a password");
        }
    }

    private sealed record Loaded(SslStreamCertificateContext Context, byte[] Print);
}
