using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Tocsin.Outgoing;

/// <summary>What this process may call, and for how long. Section <c>Outgoing</c>; only the operator sets it, never a workspace.</summary>
internal sealed class OutgoingOptions
{
    /// <summary>
    /// Private, loopback and other internal targets that may be called all the same: <c>host:port</c> or <c>address:port</c>, separated by
    /// commas (or a list). Without a port, 80 and 443 are meant. Default: none; every public address may be called.
    /// </summary>
    public string Allow { get; set; } = "";

    /// <summary>
    /// Whether nothing may be called but what <see cref="Allow"/> lists, public addresses included: ntfy, Slack, webhooks, the provider of single sign-on, the dead man's switch, and so on. Default: no. The
    /// database, Redis, the mail server and the collector of metrics have settings of their own.
    /// </summary>
    public bool OnlyListed { get; set; }

    /// <summary>How long one request may take in all, from resolving the name to the end of the answer. Default 10 s, 100 ms to 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:00:10")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How much of an answer is read; the rest is left unread. Default 65536 bytes, 0 to 65536.</summary>
    [Range(0, 65536)]
    public int AnswerMaxBytes { get; set; } = 65536;
}

[OptionsValidator]
internal sealed partial class OutgoingOptionsValidator : IValidateOptions<OutgoingOptions>;

/// <summary>The generated validator knows ranges; this one reads the list, and names every entry that is wrong.</summary>
internal sealed class AllowListValidator : IValidateOptions<OutgoingOptions>
{
    public ValidateOptionsResult Validate(string? name, OutgoingOptions options)
    {
        AllowList.Parse(options.Allow, out var faults);
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
