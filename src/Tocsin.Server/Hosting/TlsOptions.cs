using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Tocsin.Hosting;

/// <summary>The certificate for <c>https://</c> addresses in <c>Server:Urls</c>. Section <c>Server:Tls</c>; both files are read again within 10 s of a change, without a restart.</summary>
public sealed class TlsOptions
{
    /// <summary>A PEM file: the certificate, then those of the authorities between it and the root. Default: none, and only <c>http://</c> is spoken.</summary>
    public string CertificateFile { get; set; } = "";

    /// <summary>A PEM file with the certificate's private key, without a password. Default: none; then it stands in the file of the certificate.</summary>
    public string KeyFile { get; set; } = "";

    internal bool IsOn => CertificateFile.Length > 0;
}

/// <summary>That certificate and addresses belong together, and that the files can be read.</summary>
internal sealed class TlsOptionsValidator(IConfiguration settings) : IValidateOptions<TlsOptions>
{
    public ValidateOptionsResult Validate(string? name, TlsOptions options)
    {
        var listens = (settings["Server:Urls"] ?? "").Split(';', StringSplitOptions.TrimEntries).Any(ServerOptions.IsHttps);
        if (!options.IsOn)
        {
            return listens
                ? Fail("is missing, though Server:Urls has an address with https; name the certificate's PEM file, or listen on http://127.0.0.1:8080 behind a proxy that speaks TLS")
                : options.KeyFile.Length > 0 ? Fail("is missing, though Server:Tls:KeyFile is set") : ValidateOptionsResult.Success;
        }

        if (!listens)
        {
            return Fail("is set, and no address in Server:Urls begins with https; write https://0.0.0.0:8443");
        }

        try
        {
            using var certificate = new TlsCertificate(options);
            return ValidateOptionsResult.Success;
        }
        catch (TlsCertificateException e)
        {
            return Fail(e.Message);
        }
    }

    private static ValidateOptionsResult Fail(string why) => ValidateOptionsResult.Fail($"{nameof(TlsOptions.CertificateFile)}: {nameof(TlsOptions.CertificateFile)} {why}");
}
