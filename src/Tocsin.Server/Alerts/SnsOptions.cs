using Microsoft.Extensions.Options;

namespace Tocsin.Alerts;

/// <summary>How Amazon SNS is reached and trusted. Section <c>Sns</c>; the defaults are right for Amazon's own.</summary>
public sealed class SnsOptions
{
    /// <summary>
    /// Where certificates are fetched and subscriptions confirmed instead of at the region's own https address, for a local stand-in of SNS; one in the
    /// own network must be in Outgoing:Allow as well. Default: none.
    /// </summary>
    public string Endpoint { get; set; } = "";

    /// <summary>A PEM file with the authorities that a signing certificate may come from, instead of those that this machine trusts. Default: none.</summary>
    public string CaFile { get; set; } = "";
}

internal sealed class SnsOptionsValidator : IValidateOptions<SnsOptions>
{
    public ValidateOptionsResult Validate(string? name, SnsOptions options)
    {
        List<string> faults = [];
        if (options.Endpoint.Length > 0 && (!Uri.TryCreate(options.Endpoint, UriKind.Absolute, out var url) || (url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps)))
        {
            faults.Add("Sns:Endpoint is an http or https address, such as http://127.0.0.1:4566.");
        }

        if (options.CaFile.Length > 0 && !File.Exists(options.CaFile))
        {
            faults.Add($"Sns:CaFile: there is no file {options.CaFile}.");
        }

        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
