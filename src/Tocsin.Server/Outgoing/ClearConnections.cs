using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Npgsql;
using Tocsin.Data;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Issues;
using Tocsin.Operations;
using Tocsin.Streams.Backplanes;

namespace Tocsin.Outgoing;

/// <summary>A connection that leaves this machine without TLS, or with TLS that it may do without.</summary>
/// <param name="To">What is at the other end: <c>PostgreSQL</c>, <c>mail server</c>.</param>
/// <param name="Setting">The one that decides.</param>
/// <param name="Fix">What to write there.</param>
internal sealed record ClearConnection(string To, string Setting, string Fix);

/// <summary>Finds, among the connections that the operator sets, those that somebody between could read. What people of a workspace enter is theirs to choose.</summary>
internal static class ClearConnections
{
    public static IEnumerable<ClearConnection> Find(ServerOptions server, BackplaneOptions backplane, SmtpOptions smtp, OtlpOptions otlp, AccountOptions accounts, GitHubOptions gitHub)
    {
        if (server.Database.Length > 0 && PostgresDatabase.ConnectionString(server.Database) is { } postgres && (postgres.Host ?? "").Split(',').Any(Leaves)
            && postgres.SslMode is not (SslMode.Require or SslMode.VerifyCA or SslMode.VerifyFull))
        {
            yield return new("PostgreSQL", "Server:Database", "add sslmode=verify-full to the address (verify-ca or require where the name or the authority cannot be checked)");
        }

        if (backplane.Kind is BackplaneKind.Auto or BackplaneKind.Redis && Leaves(backplane.RedisHost) && !backplane.RedisTls)
        {
            yield return new("Redis", "Backplane:RedisTls", "set Backplane:RedisTls, and the port on which it speaks TLS");
        }

        if (Leaves(smtp.Host) && (smtp.Tls == SmtpTls.None || (smtp.Tls == SmtpTls.Auto && smtp.Port != 465)))
        {
            yield return new("mail server", "Smtp:Tls", "set Smtp:Tls to StartTls or Implicit, so that nothing is sent without");
        }

        foreach (var (to, setting, url) in ((string, string, string)[])[
            ("collector of metrics", "Otlp:Endpoint", otlp.Endpoint), ("dead man's switch", "Server:HeartbeatUrl", server.HeartbeatUrl), ("list of leaked passwords", "Accounts:LeakedPasswordsUrl", accounts.LeakedPasswordsUrl),
            ("GitHub", "GitHub:BaseUrl", gitHub.BaseUrl)])
        {
            if (Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttp && Leaves(uri.Host))
            {
                yield return new(to, setting, "write an https address");
            }
        }
    }

    /// <summary>Whether it is another machine; a folder of sockets is none.</summary>
    private static bool Leaves(string host) => host.Trim('[', ']', ' ') is { Length: > 0 } name && name[0] is not ('/' or '@')
        && !name.Equals("localhost", StringComparison.OrdinalIgnoreCase) && !(IPAddress.TryParse(name, out var address) && IPAddress.IsLoopback(address));
}

/// <summary>Where the operator says that nothing leaves in clear, what would is a fault.</summary>
internal sealed class ClearConnectionsValidator(IConfiguration settings) : IValidateOptions<ServerOptions>
{
    public ValidateOptionsResult Validate(string? name, ServerOptions options)
    {
        if (!options.RequireTls || !ServerAddressValidator.ReadsDatabase(options))
        {
            return ValidateOptionsResult.Success;
        }

        // As they are written: what is wrong with them otherwise, their own validators say.
        var found = ClearConnections.Find(
            options, settings.GetSection("Backplane").Get<BackplaneOptions>() ?? new(), settings.GetSection("Smtp").Get<SmtpOptions>() ?? new(),
            settings.GetSection("Otlp").Get<OtlpOptions>() ?? new(), settings.GetSection("Accounts").Get<AccountOptions>() ?? new(), settings.GetSection("GitHub").Get<GitHubOptions>() ?? new()).ToList();
        return found.Count == 0
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(found.Select(clear => $"{nameof(options.RequireTls)}: {nameof(options.RequireTls)} is set, and the connection to the {clear.To} ({clear.Setting}) may go without TLS; {clear.Fix}"));
    }
}
