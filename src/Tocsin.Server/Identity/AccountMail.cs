using System.Buffers.Text;
using System.Net;
using System.Net.Mail;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tocsin.Data;
using Tocsin.Hosting;
using Tocsin.Jobs;
using Tocsin.Notify;
using Tocsin.Outgoing;
using Tocsin.Providers;
using Tocsin.Workspaces;

namespace Tocsin.Identity;

/// <summary>A mail about an account, as it waits to be sent.</summary>
/// <param name="Kind"><c>invitation</c>, <c>reset</c>, <c>changed</c>, <c>factors</c> or <c>suspended</c>.</param>
/// <param name="Token">Sealed; null where the link is made when the mail is.</param>
internal sealed record AccountMailJob(string Kind, string Email, string? Token = null, string? Workspace = null, string? By = null, string? Role = null);

/// <summary>
/// Puts mails about accounts into the queue. Links in mails begin with the address that the operator set, never with what a request called
/// us: who asks for a reset must not choose where its link leads.
/// </summary>
internal sealed partial class AccountMail(JobStore jobs, SecretBox box, AccountIds ids, IOptions<SmtpOptions> smtp, ILogger<AccountMail> logger)
{
    public const string JobKind = "account.mail";

    private const char ProofMark = '.';

    /// <summary>Whether this installation sends mail at all.</summary>
    public bool IsOn => smtp.Value.Host.Length > 0;

    /// <summary>Where a token is sealed for.</summary>
    public static string Place(long workspace, string email) => $"account.mail/{workspace}/{email}";

    /// <summary>The token of an invitation's link, without what only a mailed one carries.</summary>
    public static string TokenOf(string link) => link.Split(ProofMark)[0];

    /// <summary>Whether the link came by mail: it then ends in what nobody else was shown.</summary>
    public bool CameByMail(string link) => link.Split(ProofMark) is [var token, var proof]
        && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Proof(token)), Encoding.UTF8.GetBytes(proof));

    /// <returns>False: no mail is sent here.</returns>
    public async Task<bool> InviteAsync(Tx tx, Invitation invitation, string token, DateTimeOffset now)
    {
        if (!IsOn)
        {
            logger.InvitationNotMailed();
            return false;
        }

        var sealedToken = box.Seal($"{token}{ProofMark}{Proof(token)}", Place(invitation.Workspace, invitation.Email));
        await EnqueueAsync(tx, invitation.Workspace, new("invitation", invitation.Email, sealedToken, invitation.WorkspaceName, invitation.InvitedBy, invitation.Role.Word()), now);
        return true;
    }

    /// <summary>Asks for a mail with a link to set a new password, whether the address has an account or not: that is looked at later, by nobody's watch.</summary>
    public async Task ResetAsync(Tx tx, long workspace, string email, DateTimeOffset now)
    {
        if (IsOn)
        {
            await EnqueueAsync(tx, workspace, new("reset", email), now);
        }
        else
        {
            logger.ResetNotMailed();
        }
    }

    /// <summary>Tells somebody that his password was changed, in case that it was not he.</summary>
    public Task ChangedAsync(Tx tx, long workspace, string email, DateTimeOffset now) => IsOn ? EnqueueAsync(tx, workspace, new("changed", email), now) : Task.CompletedTask;

    /// <summary>Tells somebody that his second factors were taken away, in case that he did not ask for it.</summary>
    public Task FactorsResetAsync(Tx tx, long workspace, string email, DateTimeOffset now) => IsOn ? EnqueueAsync(tx, workspace, new("factors", email), now) : Task.CompletedTask;

    /// <summary>Tells somebody that a workspace keeps him out from now on, and why nothing reaches him from there.</summary>
    public Task SuspendedAsync(Tx tx, long workspace, string name, string email, DateTimeOffset now) =>
        IsOn ? EnqueueAsync(tx, workspace, new("suspended", email, Workspace: name), now) : Task.CompletedTask;

    private string Proof(string token) => Base64Url.EncodeToString(ids.Sign("invitation by mail", token).AsSpan(0, 16));

    private Task EnqueueAsync(Tx tx, long workspace, AccountMailJob job, DateTimeOffset now) => jobs.EnqueueAsync(
        tx,
        [new(workspace, JobKind, $"{JobKind}/{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}", StableHash.Of(JobKind, ""), now, JsonSerializer.Serialize(job, AccountMailJson.Default.AccountMailJob))],
        now);

    [JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
    [JsonSerializable(typeof(AccountMailJob))]
    internal sealed partial class AccountMailJson : JsonSerializerContext;
}

/// <summary>Sends mails about accounts. What the mail server refuses is given up with a line in the log: whose address does not exist must wake nobody.</summary>
internal sealed class AccountMailSender(
    Database database, AccountMailWriter writer, SecretBox box, JobStore jobs, TimeProvider clock, ILogger<AccountMailSender> logger) : IJobHandler
{
    private const int MostTries = 6;

    public string Kind => AccountMail.JobKind;

    public async Task RunAsync(LeasedJob job, CancellationToken ct)
    {
        var wanted = JsonSerializer.Deserialize(job.Payload, AccountMail.AccountMailJson.Default.AccountMailJob)!;
        var link = wanted.Token is { } token ? box.Open(token, AccountMail.Place(job.Workspace, wanted.Email)) : null;
        var outcome = await writer.SendAsync(job, wanted, link, ct);
        var again = outcome as SendOutcome.TryAgain;
        await database.WriteAsync(
            tx => again is not null && job.Failures + 1 < MostTries
                ? jobs.RescheduleAsync(tx, job, clock.GetUtcNow() + (again.RetryAfter ?? TimeSpan.FromSeconds(10 << job.Failures)), again.Reason, failed: true)
                : jobs.CompleteAsync(tx, job),
            ct);
        if (outcome is SendOutcome.Refused || (again is not null && job.Failures + 1 >= MostTries))
        {
            logger.MailGivenUp(wanted.Kind, job.Id, again?.Reason ?? ((SendOutcome.Refused)outcome).Reason);
        }
    }
}

/// <summary>Writes and sends one mail about an account.</summary>
internal sealed class AccountMailWriter(Database database, AccountStore accounts, SmtpSender smtp, IOptions<ServerOptions> server, TimeProvider clock)
{
    /// <summary>Of reset mails to one person.</summary>
    private static readonly TimeSpan _pause = TimeSpan.FromMinutes(5);

    public async Task<SendOutcome> SendAsync(LeasedJob job, AccountMailJob wanted, string? link, CancellationToken ct)
    {
        var letter = wanted.Kind switch
        {
            "invitation" when link is not null => new Letter(
                $"You are invited to {wanted.Workspace}",
                $"{Words(wanted.By)} invites you to the workspace {wanted.Workspace} of Tocsin, as {wanted.Role}. The link works once, within a week.",
                "Accept the invitation", $"{server.Value.PublicBase}/invite/{link}"),
            "reset" => await ResetAsync(job, wanted, ct),
            "changed" => new Letter(
                "Your password was changed",
                "The password of your Tocsin account was changed, and all other sessions were ended. If that was not you, set a new one at once and tell your administrator.",
                "Set a new password", $"{server.Value.PublicBase}/forgot"),
            "factors" => new Letter(
                "Your second factors were reset",
                "An administrator took the authenticator app, the passkeys and the recovery codes from your Tocsin account, and all sessions were ended: your password is enough to sign in now. Set up a second factor again. If you did not ask for this, tell your administrator at once.",
                "Sign in", $"{server.Value.PublicBase}/login"),
            "suspended" => new Letter(
                $"Your membership of {wanted.Workspace} is suspended",
                $"An administrator of the workspace {wanted.Workspace} of Tocsin suspended your membership: you cannot sign in there, your own keys do not work there, and you are not paged. Other workspaces are not touched. Ask an administrator if you did not expect this.",
                "Tocsin", $"{server.Value.PublicBase}/login"),
            _ => null,
        };
        if (letter is null)
        {
            return new SendOutcome.Accepted("nothing to send");
        }

        var from = new MailAddress(smtp.Options.From);
        return await smtp.SendAsync(from.Address, wanted.Email, MailText.Write(Compose(job, wanted, letter, from)), ct);
    }

    /// <returns>Null: there is no such account, or a mail went out just now.</returns>
    private async Task<Letter?> ResetAsync(LeasedJob job, AccountMailJob wanted, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var token = await database.WriteAsync(
            async tx => await accounts.FindPersonAsync(tx, wanted.Email) is { DisabledAt: null } person
                && (job.Failures > 0 || !await accounts.HasLinkAsync(tx, PasswordReset.Purpose, PasswordReset.ByMail(person.Id), now + PasswordReset.Life - _pause))
                    ? await accounts.NewLinkAsync(tx, job.Workspace, PasswordReset.Purpose, PasswordReset.ByMail(person.Id), now + PasswordReset.Life)
                    : null,
            ct);
        return token is null ? null : new(
            "Set a new password",
            "Somebody, hopefully you, asked for a new password of your Tocsin account. The link works once, within an hour. If it was not you, do nothing: your password stays as it is.",
            "Set a new password", $"{server.Value.PublicBase}/reset/{token}");
    }

    private Mail Compose(LeasedJob job, AccountMailJob wanted, Letter letter, MailAddress from) => new(
        from.Address, from.DisplayName, wanted.Email, letter.Subject, $"{MessageOf(job, wanted)}@{MailBox.Domain(from.Address)}", null, clock.GetUtcNow(),
        $"{letter.Text}\n\n{letter.Action}: {letter.Link}\n",
        $"<!doctype html><html lang=\"en\"><body style=\"font:16px/1.5 system-ui,sans-serif;max-width:40em\">\n<p>{WebUtility.HtmlEncode(letter.Text)}</p>\n<p><a href=\"{WebUtility.HtmlEncode(letter.Link)}\" rel=\"noopener\">{letter.Action}</a></p>\n</body></html>");

    /// <summary>Equal over retries, so that a mail that was taken after all is not read twice; except where a new try has a new link.</summary>
    private static string MessageOf(LeasedJob job, AccountMailJob wanted) => $"{job.Key.Replace('/', '-')}{(wanted.Kind == "reset" ? $"-{job.Failures}" : "")}";

    private static string Words(string? actor) => actor?.Split(':', 2) is ["user", var name] ? PlainText.OneLine(name, 80) : "An administrator";

    private sealed record Letter(string Subject, string Text, string Action, string Link);
}

internal static partial class AccountMailLog
{
    [LoggerMessage(3021, LogLevel.Warning, "An invitation was not mailed, since Smtp:Host is not set; whoever invited hands the link over")]
    public static partial void InvitationNotMailed(this ILogger logger);

    [LoggerMessage(3022, LogLevel.Warning, "Somebody asked for a new password, and no mail was sent, since Smtp:Host is not set; an administrator can make a link on the page Members")]
    public static partial void ResetNotMailed(this ILogger logger);

    [LoggerMessage(3023, LogLevel.Warning, "A mail about an account ({Kind}, job {JobId}) was given up: {Reason}")]
    public static partial void MailGivenUp(this ILogger logger, string kind, long jobId, string reason);
}
