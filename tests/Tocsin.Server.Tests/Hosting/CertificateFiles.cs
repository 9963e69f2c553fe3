using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Tocsin.Tests.Hosting;

/// <summary>A certificate of a test's own authority as an operator has it: two PEM files, in a folder that goes with it.</summary>
internal sealed class CertificateFiles : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tocsin-tls-");

    public CertificateFiles(string host)
    {
        Root = Authority("CN=the root", null);
        Between = Authority("CN=between", Root);
        Write(host);
    }

    public X509Certificate2 Root { get; }

    /// <summary>Signed by the root; a server has to show it, since clients know the root alone.</summary>
    private X509Certificate2 Between { get; }

    public string Certificate => Path.Combine(_folder.FullName, "tls.crt");

    public string Key => Path.Combine(_folder.FullName, "tls.key");

    public string Serial { get; private set; } = "";

    /// <summary>Another certificate and key take the place of the ones before.</summary>
    public void Write(string host)
    {
        using var leaf = Make(host, DateTimeOffset.UtcNow.AddDays(2), Between);
        Serial = leaf.SerialNumber;
        File.WriteAllText(Certificate, $"{leaf.ExportCertificatePem()}\n{Between.ExportCertificatePem()}\n");
        using var key = leaf.GetECDsaPrivateKey()!;
        File.WriteAllText(Key, key.ExportPkcs8PrivateKeyPem());
    }

    public void Dispose()
    {
        Root.Dispose();
        Between.Dispose();
        _folder.Delete(recursive: true);
    }

    /// <param name="issuer">Null: it signs itself.</param>
    public static X509Certificate2 Make(string host, DateTimeOffset notAfter, X509Certificate2? issuer = null)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN={host}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var notBefore = notAfter.AddYears(-1);
        return issuer is null
            ? request.CreateSelfSigned(notBefore, notAfter)
            : request.Create(issuer, new(issuer.NotBefore), notAfter, RandomNumberGenerator.GetBytes(8)).CopyWithPrivateKey(key);
    }

    private static X509Certificate2 Authority(string name, X509Certificate2? issuer)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        var (from, to) = issuer is null ? (DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(9)) : (new(issuer.NotBefore), new(issuer.NotAfter));
        return issuer is null ? request.CreateSelfSigned(from, to) : request.Create(issuer, from, to, [1, 2, 3]).CopyWithPrivateKey(key);
    }
}
