using System.Net.Sockets;
using System.Text;
using Tocsin.Cli;
using Tocsin.Estate;
using Tocsin.Outgoing;

namespace Tocsin.Doctor;

/// <summary>Whether what carries pages can be reached: the mail server, and the addresses of people's and channels' methods. Sends nothing.</summary>
internal sealed class ReachChecks(OutgoingConnector connector, EstateProviders providers, SmtpOptions smtp)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public async Task<Finding> MailAsync(IReadOnlyList<EstateModel> estates, CancellationToken ct)
    {
        var receivers = estates.Sum(estate => ContactMethods.Of(estate).Count(method => method.Method.Type == "email"));
        if (smtp.Host.Length == 0)
        {
            return receivers > 0
                ? Finding.Problem(
                    "mail", $"no mail server is set, and {Words.Count(receivers, "contact method")} {(receivers == 1 ? "needs" : "need")} one", "set Smtp:Host and Smtp:From (environment: Tocsin__Smtp__Host, Tocsin__Smtp__From)")
                : Finding.Ok("mail", "no mail server is set, and nobody needs one");
        }

        var server = $"{smtp.Host}:{smtp.Port}";
        if (smtp is { Tls: SmtpTls.None, Password.Length: > 0 } && smtp.Host is not ("localhost" or "127.0.0.1" or "::1"))
        {
            return Finding.Warning("mail", $"the password for {server} travels in clear", "set Smtp:Tls to StartTls or Implicit");
        }

        return await TryAsync(smtp.Host, smtp.Port, namedByOperator: true, GreetingAsync, ct) is { } fault
            ? Finding.Problem("mail", $"{server}: {fault}", "mend the mail server, or Smtp:Host and Smtp:Port")
            : Finding.Ok("mail", $"{server} answers");
    }

    public async Task<IReadOnlyList<Finding>> MethodsAsync(EstateModel estate, CancellationToken ct)
    {
        List<Finding> findings = [];
        var reached = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var (owner, method) in ContactMethods.Of(estate))
        {
            var check = $"{estate.Workspace}: {owner}, {method.Name}";
            foreach (var fault in providers.Check(method))
            {
                findings.Add(Finding.Problem(check, fault.Detail, "mend the settings of this contact method"));
            }

            foreach (var url in method.Settings.Values.Select(Address).OfType<Uri>())
            {
                if (!reached.TryGetValue(url.Authority, out var fault))
                {
                    reached[url.Authority] = fault = await TryAsync(url.Host, url.Port, namedByOperator: false, static (_, _) => Task.FromResult<string?>(null), ct);
                }

                if (fault is not null)
                {
                    findings.Add(Finding.Problem(check, $"{url.Authority} cannot be reached: {fault}", "mend the address, or the way to it from this machine"));
                }
            }
        }

        return findings.Count > 0
            ? findings
            : [Finding.Ok($"{estate.Workspace}: contact methods", $"{ContactMethods.Of(estate).Count()} complete, {Words.Count(reached.Count, "address", "addresses")} answered")];
    }

    private static Uri? Address(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps) ? uri : null;

    /// <returns>What is wrong; null when nothing is.</returns>
    private async Task<string?> TryAsync(string host, int port, bool namedByOperator, Func<Stream, CancellationToken, Task<string?>> talk, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Patience);
        try
        {
            await using var stream = await connector.ConnectAsync(host, port, namedByOperator, limit.Token);
            return await talk(stream, limit.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return $"no answer within {Words.Span(Patience)}";
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return e.Message;
        }
    }

    /// <summary>A mail server speaks first, except where TLS comes before everything.</summary>
    private async Task<string?> GreetingAsync(Stream stream, CancellationToken ct)
    {
        if (smtp.Tls == SmtpTls.Implicit || (smtp.Tls == SmtpTls.Auto && smtp.Port == 465))
        {
            return null;
        }

        var buffer = new byte[512];
        var greeting = Encoding.ASCII.GetString(buffer, 0, await stream.ReadAsync(buffer, ct));
        return greeting.StartsWith("220", StringComparison.Ordinal) ? null : $"it greets with '{Plain.Line(greeting).Trim()}', which no mail server does";
    }
}
