using System.Net;
using System.Net.Mail;
using System.Security.Cryptography;
using System.Text;
using Tocsin.Notify;
using Tocsin.Outgoing;

namespace Tocsin.Providers;

/// <summary>Mail by the operator's SMTP server. The Message-ID carries the page key and is equal over retries; one incident is one thread.</summary>
internal sealed class Email(SmtpSender smtp) : INotifier
{
    public ProviderInfo Info { get; } = new("email", "E-mail", new("https://www.rfc-editor.org/rfc/rfc5321"),
    [
        new("address", "One mail address, name@example.com.", Required: true),
        ProviderSetting.Updates("yes"),
    ]);

    public IReadOnlyList<Error> Check(ContactMethod method)
    {
        var errors = SettingsCheck.Keys(Info, method);
        if (SettingsCheck.Get(method, "address") is { Length: > 0 } address && MailBox.Fault(address) is { } fault)
        {
            errors.Add(Error.Invalid("address", fault));
        }

        return errors;
    }

    public async Task<SendOutcome> SendAsync(Message message, ContactMethod method, CancellationToken ct)
    {
        if (Check(method) is [var first, ..])
        {
            return new SendOutcome.Refused(first.Detail);
        }

        if (smtp.Options.Host.Length == 0)
        {
            return new SendOutcome.Refused("No mail server is set. The operator sets Smtp:Host and Smtp:From (environment: Tocsin__Smtp__Host, Tocsin__Smtp__From).");
        }

        var from = new MailAddress(smtp.Options.From);
        var to = SettingsCheck.Get(method, "address");
        return await smtp.SendAsync(from.Address, to, MailText.Write(Compose(message, from, to)), ct);
    }

    internal static Mail Compose(Message message, MailAddress from, string to)
    {
        var text = Texts.For(message);
        var domain = MailBox.Domain(from.Address);
        return new(
            from.Address,
            from.DisplayName,
            to,
            text.Subject,
            $"{message.Key}@{domain}",
            message.Incident > 0 ? $"incident-{message.Incident}.{Short(message.Workspace)}@{domain}" : null,
            message.Now,
            PlainBody(message, text),
            HtmlBody(message, text));
    }

    // Workspace names may hold what an id may not.
    private static string Short(string workspace) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(workspace)).AsSpan(0, 6));

    private static IEnumerable<(string Label, Uri Url)> Links(Message message, MessageText text)
    {
        if (text.Actionable && message.ActionUrl is { } action)
        {
            yield return (text.Action, action);
        }

        if (message.IncidentUrl is { } incident)
        {
            yield return ("Open", incident);
        }
    }

    private static string PlainBody(Message message, MessageText text)
    {
        var body = new StringBuilder();
        body.Append(text.Lead).Append("\n\n");
        foreach (var (label, url) in Links(message, text))
        {
            body.Append($"{label}: {url.AbsoluteUri}\n");
        }

        body.Append($"\n{text.Heading}\n\n");
        foreach (var fact in text.Facts)
        {
            body.Append($"{fact.Label}: {fact.Value}\n");
        }

        if (Labels(message) is { Length: > 0 } labels)
        {
            body.Append($"Labels: {labels}\n");
        }

        if (Description(message) is { Length: > 0 } description)
        {
            body.Append($"\n{description}\n");
        }

        return body.ToString();
    }

    // Nothing is loaded from anywhere, so reading the mail tells nobody that it was read.
    private static string HtmlBody(Message message, MessageText text)
    {
        var body = new StringBuilder("<!doctype html><html lang=\"en\"><body style=\"font:16px/1.5 system-ui,sans-serif;max-width:40em\">\n");
        body.Append($"<p>{Html(text.Lead)}</p>\n<p>");
        foreach (var (label, url) in Links(message, text))
        {
            body.Append($"<a href=\"{Html(url.AbsoluteUri)}\" rel=\"noopener\" style=\"display:inline-block;padding:12px 20px;margin-right:8px;border:1px solid #555;border-radius:6px;text-decoration:none\">{label}</a>\n");
        }

        body.Append($"</p>\n<h1 style=\"font-size:20px\">{Html(text.Heading)}</h1>\n<table>\n");
        foreach (var fact in text.Facts)
        {
            body.Append($"<tr><th align=\"left\" style=\"padding-right:16px\">{Html(fact.Label)}</th><td>{Html(fact.Value)}</td></tr>\n");
        }

        if (Labels(message) is { Length: > 0 } labels)
        {
            body.Append($"<tr><th align=\"left\" style=\"padding-right:16px\">Labels</th><td>{Html(labels)}</td></tr>\n");
        }

        body.Append("</table>\n");
        if (Description(message) is { Length: > 0 } description)
        {
            body.Append($"<pre style=\"white-space:pre-wrap\">{Html(description)}</pre>\n");
        }

        return body.Append("</body></html>").ToString();
    }

    private static string Labels(Message message) =>
        PlainText.OneLine(string.Join(", ", message.Labels.Select(label => $"{label.Key}={label.Value}")), 2000);

    private static string Description(Message message) => PlainText.Block(message.Description, 8000);

    private static string Html(string text) => WebUtility.HtmlEncode(text);
}
