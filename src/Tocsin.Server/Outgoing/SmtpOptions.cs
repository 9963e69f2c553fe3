using System.ComponentModel.DataAnnotations;
using System.Net.Mail;
using Microsoft.Extensions.Options;

namespace Tocsin.Outgoing;

internal enum SmtpTls
{
    /// <summary>TLS from the first byte on port 465; elsewhere STARTTLS if the server offers it.</summary>
    Auto,

    /// <summary>STARTTLS or nothing is sent.</summary>
    StartTls,

    /// <summary>TLS from the first byte.</summary>
    Implicit,

    /// <summary>Never TLS: for a relay on this host. The password then travels in clear.</summary>
    None,
}

/// <summary>The server that takes this process's mail. Section <c>Smtp</c>; without a host, mail is not sent and says so.</summary>
internal sealed class SmtpOptions
{
    /// <summary>Name or address of the server. Default: none. The operator names it here, so it may be internal without being in Outgoing:Allow.</summary>
    public string Host { get; set; } = "";

    /// <summary>The port of the server. Default 587, 1 to 65535.</summary>
    [Range(1, 65535)]
    public int Port { get; set; } = 587;

    /// <summary>The name to log in with. Default: none, and no login is tried.</summary>
    public string User { get; set; } = "";

    /// <summary>The password that belongs to the name. Default: none.</summary>
    public string Password { get; set; } = "";

    /// <summary>The sender, <c>tocsin@example.com</c> or <c>Tocsin &lt;tocsin@example.com&gt;</c>. Required with a host.</summary>
    public string From { get; set; } = "";

    /// <summary>Auto: TLS from the first byte on port 465, elsewhere STARTTLS if the server offers it. StartTls: STARTTLS or nothing is sent. Implicit: TLS from the first byte. None: never, for a relay on this host; only then a password is sent in clear. Default Auto.</summary>
    [EnumDataType(typeof(SmtpTls))]
    public SmtpTls Tls { get; set; } = SmtpTls.Auto;
}

[OptionsValidator]
internal sealed partial class SmtpOptionsValidator : IValidateOptions<SmtpOptions>;

/// <summary>What holds between the settings.</summary>
internal sealed class SmtpSettingsValidator : IValidateOptions<SmtpOptions>
{
    public ValidateOptionsResult Validate(string? name, SmtpOptions options)
    {
        List<string> faults = [];
        if (options.Host.Length == 0)
        {
            if (options.User.Length > 0 || options.From.Length > 0)
            {
                faults.Add("Smtp:Host is missing, though other settings of Smtp are given.");
            }
        }
        else
        {
            if (OutgoingUrl.HostFault(options.Host.Contains(':', StringComparison.Ordinal) && !options.Host.StartsWith('[') ? $"[{options.Host}]" : options.Host) is { })
            {
                faults.Add($"Smtp:Host '{options.Host}' is not a host name or an address; the port has its own setting, Smtp:Port.");
            }

            if (options.From.Length == 0)
            {
                faults.Add("Smtp:From is missing; write the sender's address, such as tocsin@example.com.");
            }
        }

        if (options.From.Length > 0 && (!MailAddress.TryCreate(options.From, out var from) || MailBox.Fault(from.Address) is not null))
        {
            faults.Add($"Smtp:From '{options.From}' is not an address; write tocsin@example.com or Tocsin <tocsin@example.com>.");
        }

        if (options.User.Length == 0 != (options.Password.Length == 0))
        {
            faults.Add("Smtp:User and Smtp:Password belong together; one of them is missing.");
        }

        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
