using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Tocsin.OnCall;

namespace Tocsin.Issues;

/// <summary>The GitHub where alarms get issues, and how. Section <c>GitHub</c>; the operator's, for all workspaces.</summary>
public sealed class GitHubOptions
{
    /// <summary>The API. For GitHub Enterprise such as <c>https://github.example.com/api/v3</c>. Named here it may be an internal address. Default: the public one.</summary>
    [RegularExpression("^https?://.+$", ErrorMessage = "BaseUrl must begin with http:// or https://.")]
    public string BaseUrl { get; set; } = "https://api.github.com";

    /// <summary>A token that may read and write issues. Either this or an App. Default: none.</summary>
    public string Token { get; set; } = "";

    /// <summary>The id of a GitHub App that may read and write issues, installed on the repositories. Default: none.</summary>
    public string AppId { get; set; } = "";

    /// <summary>The file with the App's private key: PEM, or PEM in base64. Default: none.</summary>
    public string PrivateKeyFile { get; set; } = "";

    /// <summary>Instead of a file: the App's private key as PEM, or PEM in base64. Default: none.</summary>
    public string PrivateKey { get; set; } = "";

    /// <summary>What GitHub signs its webhooks to <c>/in/github</c> with. Default: none, and none are taken.</summary>
    public string WebhookSecret { get; set; } = "";

    /// <summary>The names of the workspaces whose routes may make issues, separated by commas. Default: all; where anybody may register an account, only the workspace default.</summary>
    public string Workspaces { get; set; } = "";

    /// <summary>The IANA zone in which issues show times. Default America/Los_Angeles.</summary>
    public string TimeZone { get; set; } = "America/Los_Angeles";

    /// <summary>The least time between two comments on one issue; the newest of what came meanwhile is told then, with how much there was. Default 1 min, 0 to 1 d.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan CommentEvery { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How often a repository with open issues is looked at for what people closed or opened by hand; a twelfth as often while its webhooks come. Default 5 min, 10 s to 1 d.</summary>
    [Range(typeof(TimeSpan), "00:00:10", "1.00:00:00")]
    public TimeSpan LookEvery { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>The least time between two requests of this node. Default 100 ms, 0 to 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:10")]
    public TimeSpan Spacing { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How many days an alarm is remembered after its last event. Default 1095, 1 to 36500.</summary>
    [Range(1, 36_500)]
    public int StateDays { get; set; } = 1095;

    internal bool IsConfigured => Token.Length > 0 || AppId.Length > 0;

    /// <summary>The App's key as PEM.</summary>
    internal Result<string> ReadKey()
    {
        try
        {
            var text = PrivateKey.Length > 0 ? PrivateKey : PrivateKeyFile.Length > 0 ? File.ReadAllText(PrivateKeyFile) : "";
            var pem = text.Contains("-----BEGIN", StringComparison.Ordinal) ? text : Encoding.UTF8.GetString(Convert.FromBase64String(text.Trim()));
            using var key = RSA.Create();
            key.ImportFromPem(pem);
            return pem;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or ArgumentException or CryptographicException)
        {
            return Error.Invalid("PrivateKeyFile", $"The App's private key cannot be read ({(PrivateKey.Length > 0 ? "GitHub:PrivateKey" : "GitHub:PrivateKeyFile")}): it is PEM, or PEM in base64.");
        }
    }
}

[OptionsValidator]
internal sealed partial class GitHubOptionsValidator : IValidateOptions<GitHubOptions>;

/// <summary>What belongs together, and whether the key is one.</summary>
internal sealed class GitHubAccountValidator : IValidateOptions<GitHubOptions>
{
    public ValidateOptionsResult Validate(string? name, GitHubOptions options)
    {
        List<string> faults = [];
        if (options.Token.Length > 0 && options.AppId.Length > 0)
        {
            faults.Add("Token: a token and an App exclude each other; take one of GitHub:Token and GitHub:AppId away");
        }

        if (options.AppId.Length > 0 && options.ReadKey() is { Ok: false } unreadable)
        {
            faults.Add($"PrivateKeyFile: {unreadable.Error.Detail}");
        }

        if (options.AppId.Length == 0 && (options.PrivateKeyFile.Length > 0 || options.PrivateKey.Length > 0))
        {
            faults.Add("AppId: there is a private key, but not the id of the App that it belongs to");
        }

        if (!ZoneRules.Has(options.TimeZone))
        {
            faults.Add($"TimeZone: '{options.TimeZone}' is no IANA zone");
        }

        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
