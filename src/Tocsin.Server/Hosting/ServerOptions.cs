using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Tocsin.Data;

namespace Tocsin.Hosting;

/// <summary>The process as a whole. Section <c>Server</c>; the command line overrides it.</summary>
public sealed class ServerOptions
{
    /// <summary>The data folder. Default <c>./data</c>.</summary>
    [Required]
    public string Data { get; set; } = "./data";

    /// <summary>Addresses to listen on, separated by semicolons; <c>https://0.0.0.0:8443</c> needs <c>Server:Tls</c>. Default <c>http://127.0.0.1:8080</c>.</summary>
    [Required]
    public string Urls { get; set; } = "http://127.0.0.1:8080";

    /// <summary><c>postgres://user:password@host/name</c>; empty: the embedded store.</summary>
    public string Database { get; set; } = "";

    /// <summary>A YAML file or folder that declares the estate; empty: none.</summary>
    public string Estate { get; set; } = "";

    /// <summary><c>api,work</c>: whether this node answers requests other than health, and works jobs. Default both.</summary>
    [RegularExpression("^(api|work|api,work|work,api|all)$", ErrorMessage = "Roles must be 'api', 'work' or 'api,work'.")]
    public string Roles { get; set; } = "api,work";

    /// <summary>The address under which people reach this installation, for links in messages; empty: the first of <see cref="Urls"/>.</summary>
    [RegularExpression("^(https?://.+)?$", ErrorMessage = "PublicUrl must begin with http:// or https://.")]
    public string PublicUrl { get; set; } = "";

    /// <summary>The proxies in front, as addresses or networks (<c>10.0.0.2, 172.16.0.0/12</c>): from them <c>X-Forwarded-For</c>, <c>-Proto</c> and <c>-Host</c> are believed. Default none: they are believed from nobody.</summary>
    public string TrustedProxies { get; set; } = "";

    /// <summary>Whether this process refuses to start while PostgreSQL, Redis, the mail server, the collector of metrics or the dead man's switch is on another machine and may be spoken to without TLS. Default: no; <c>tocsin doctor</c> names them.</summary>
    public bool RequireTls { get; set; }

    /// <summary>Whether browsers that came over https shall use nothing else for all hosts below this one's name either (HSTS <c>includeSubDomains</c>). Default: no; a host of yours there may speak http.</summary>
    public bool HstsSubdomains { get; set; }

    /// <summary>How long resolved incidents, ended alerts, events and faulty deliveries are kept, in days. Default 90, 1 to 3650.</summary>
    [Range(1, 3650)]
    public int RetentionDays { get; set; } = 90;

    /// <summary><c>prod</c>: the API's description at <c>/docs</c> and <c>/openapi/v1.json</c> is not served; anything else: it is, to everybody. Also read from <c>STAGE</c>.</summary>
    public string Stage { get; set; } = "dev";

    /// <summary><c>text</c>: each line of the log is for people; <c>json</c>: each is a JSON object, for what collects logs. Default text.</summary>
    [RegularExpression("^(text|json)$", ErrorMessage = "LogFormat must be text or json.")]
    public string LogFormat { get; set; } = "text";

    /// <summary>An address that gets a GET each minute while this node pages; empty: none.</summary>
    [RegularExpression("^(https?://.+)?$", ErrorMessage = "HeartbeatUrl must begin with http:// or https://.")]
    public string HeartbeatUrl { get; set; } = "";

    /// <summary>The address for those who ask by this request: the public one where it is set, else the one that they used.</summary>
    public string BaseFor(Microsoft.AspNetCore.Http.HttpRequest request) => PublicUrl.Length > 0 ? PublicBase : $"{request.Scheme}://{request.Host}";

    internal static bool IsHttps(string url) => url.StartsWith("https:", StringComparison.OrdinalIgnoreCase);

    public bool ShowsDocs => !Stage.Equals("prod", StringComparison.OrdinalIgnoreCase);

    public bool Works => Roles is "all" || Roles.Contains("work", StringComparison.Ordinal);

    public bool Answers => Roles is "all" || Roles.Contains("api", StringComparison.Ordinal);

    /// <summary>Without a trailing slash.</summary>
    public string PublicBase => (PublicUrl.Length > 0 ? PublicUrl : Urls.Split(';')[0]).TrimEnd('/').Replace("//0.0.0.0", "//127.0.0.1", StringComparison.Ordinal).Replace("//[::]", "//127.0.0.1", StringComparison.Ordinal);
}

[OptionsValidator]
internal sealed partial class ServerOptionsValidator : IValidateOptions<ServerOptions>;

/// <summary>What no attribute can say: that addresses are addresses. Never repeats them, since they may hold a password.</summary>
internal sealed class ServerAddressValidator : IValidateOptions<ServerOptions>
{
    public ValidateOptionsResult Validate(string? name, ServerOptions options)
    {
        List<string> faults = [];
        if (!ReadsDatabase(options))
        {
            faults.Add($"{nameof(options.Database)}: {nameof(options.Database)} is not the address of a PostgreSQL database; write postgres://user:password@host/name");
        }

        var urls = options.Urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (!urls.All(url => Reads(() => BindingAddress.Parse(url))))
        {
            faults.Add($"{nameof(options.Urls)}: {nameof(options.Urls)} has something that is not an address to listen on; write http://127.0.0.1:8080");
        }

        _ = Tocsin.Hosting.TrustedProxies.Parse(options.TrustedProxies, out var fault);
        if (fault is not null)
        {
            faults.Add($"{nameof(options.TrustedProxies)}: {nameof(options.TrustedProxies)} has something that is neither an address nor a network; write 10.0.0.2 or 10.0.0.0/8");
        }

        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    public static bool ReadsDatabase(ServerOptions options) => options.Database.Length == 0 || Reads(() => PostgresDatabase.ConnectionString(options.Database));

    private static bool Reads(Func<object> read)
    {
        try
        {
            read();
            return true;
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            return false;
        }
    }
}
