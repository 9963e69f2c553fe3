using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Microsoft.Extensions.Options;
using Tocsin.Notify;
using Tocsin.Providers;

namespace Tocsin.Outgoing;

/// <summary>
/// Hands one mail to the configured server. Accepted means that the server's answer after the last byte was 250; nothing earlier counts.
/// Why this is not the framework's client: docs/decisions/0006-own-smtp-client.md.
/// </summary>
internal sealed class SmtpSender(OutgoingConnector connector, IOptions<SmtpOptions> smtp, IOptions<OutgoingOptions> outgoing, TimeProvider clock)
{
    /// <summary>The word of goodbye is a courtesy: it may not cost the outcome, nor much time.</summary>
    private static readonly TimeSpan Goodbye = TimeSpan.FromSeconds(1);

    public SmtpOptions Options => smtp.Value;

    /// <summary>Replaced in tests, which trust a certificate of their own.</summary>
    internal RemoteCertificateValidationCallback CheckCertificate { get; init; } = CertificateGuard.Check;

    /// <summary>
    /// Sends once. Ends within <see cref="OutgoingOptions.Timeout"/>. After TryAgain the mail may have been taken all the same:
    /// the same Message-ID must be used again.
    /// </summary>
    /// <exception cref="OperationCanceledException"><paramref name="ct"/> was cancelled before the server's final answer.</exception>
    public async Task<SendOutcome> SendAsync(string from, string to, ReadOnlyMemory<byte> content, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(outgoing.Value.Timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            await using var socket = await connector.ConnectAsync(Options.Host, Options.Port, namedByOperator: true, either.Token);
            await using var session = new SmtpSession(socket);
            var outcome = await TalkAsync(session, from, to, content, either.Token);
            await LeaveAsync(session, either.Token);
            return outcome;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return new SendOutcome.TryAgain($"The mail server did not finish within {outgoing.Value.Timeout.TotalSeconds:0.#} s.");
        }
        catch (Exception e) when (e is IOException or SocketException or AuthenticationException)
        {
            return OutgoingFailure.RefusalIn(e) is { } refusal
                ? new SendOutcome.Refused($"Mail server: {refusal}")
                : new SendOutcome.TryAgain($"Mail server: {OutgoingFailure.Describe(e)}");
        }
    }

    private async Task<SendOutcome> TalkAsync(SmtpSession session, string from, string to, ReadOnlyMemory<byte> content, CancellationToken ct)
    {
        var tls = Options.Tls == SmtpTls.Implicit || (Options.Tls == SmtpTls.Auto && Options.Port == 465);
        if (tls)
        {
            await session.SecureAsync(Options.Host, CheckCertificate, ct);
        }

        if (Unless(await session.ReadAsync(ct), 220, "the greeting") is { } noGreeting)
        {
            return noGreeting;
        }

        var hello = await session.HelloAsync(ct);
        if (Unless(hello, 250, "EHLO") is { } noHello)
        {
            return noHello;
        }

        if (!tls && Options.Tls != SmtpTls.None)
        {
            if (hello.Offers("STARTTLS"))
            {
                if (Unless(await session.AskAsync("STARTTLS", ct), 220, "STARTTLS") is { } noTls)
                {
                    return noTls;
                }

                await session.SecureAsync(Options.Host, CheckCertificate, ct);
                tls = true;
                hello = await session.HelloAsync(ct);
                if (Unless(hello, 250, "EHLO") is { } noSecondHello)
                {
                    return noSecondHello;
                }
            }
            else if (Options.Tls == SmtpTls.StartTls)
            {
                return new SendOutcome.Refused("The mail server offers no STARTTLS, and Smtp:Tls demands it.");
            }
        }

        if (Options.User.Length > 0 && await LogInAsync(session, hello, tls, ct) is { } noLogin)
        {
            return noLogin;
        }

        if (Unless(await session.AskAsync($"MAIL FROM:<{from}>", ct), 250, "the sender") is { } noSender)
        {
            return noSender;
        }

        var recipient = await session.AskAsync($"RCPT TO:<{to}>", ct);
        if (recipient.Code != 251 && Unless(recipient, 250, "the recipient") is { } noRecipient)
        {
            return noRecipient;
        }

        if (Unless(await session.AskAsync("DATA", ct), 354, "DATA") is { } noData)
        {
            return noData;
        }

        var final = await session.SendContentAsync(content, ct);
        return Unless(final, 250, "the message") ?? new SendOutcome.Accepted(final.Line);
    }

    private async Task<SendOutcome?> LogInAsync(SmtpSession session, SmtpReply hello, bool tls, CancellationToken ct)
    {
        if (!tls && Options.Tls != SmtpTls.None)
        {
            return new SendOutcome.Refused(
                "The mail server offers no TLS, so the password is not sent. If the way to it is safe, the operator sets Smtp:Tls=None.");
        }

        if (hello.OffersLogin("PLAIN"))
        {
            return Unless(await session.AskAsync($"AUTH PLAIN {Base64($"\0{Options.User}\0{Options.Password}")}", ct), 235, "the login");
        }

        if (!hello.OffersLogin("LOGIN"))
        {
            return new SendOutcome.Refused("The mail server offers no login by PLAIN or LOGIN, but Smtp:User is set.");
        }

        return Unless(await session.AskAsync("AUTH LOGIN", ct), 334, "the login")
            ?? Unless(await session.AskAsync(Base64(Options.User), ct), 334, "the login")
            ?? Unless(await session.AskAsync(Base64(Options.Password), ct), 235, "the login");
    }

    private async Task LeaveAsync(SmtpSession session, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(Goodbye, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            await session.AskAsync("QUIT", either.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The outcome is known already.
        }
    }

    private static SendOutcome? Unless(SmtpReply reply, int wanted, string what) => reply.Code switch
    {
        _ when reply.Code == wanted => null,
        >= 500 and <= 599 => new SendOutcome.Refused($"The mail server refused {what}: {reply.Line}"),
        >= 400 and <= 499 => new SendOutcome.TryAgain($"The mail server put off {what}: {reply.Line}"),
        0 => new SendOutcome.TryAgain("The mail server's answer was not SMTP."),
        _ => new SendOutcome.TryAgain($"The mail server answered {what} with something else: {reply.Line}"),
    };

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}

/// <param name="Code">200 to 599; 0: what came was not a reply.</param>
/// <param name="Lines">The texts after the codes.</param>
internal sealed record SmtpReply(int Code, IReadOnlyList<string> Lines)
{
    /// <summary>Code and text on one line, for receipts and reasons.</summary>
    public string Line => PlainText.OneLine($"{Code} {string.Join(' ', Lines)}", 200);

    /// <summary>Whether a reply to EHLO lists the extension.</summary>
    public bool Offers(string extension) => Lines.Skip(1).Any(line => Words(line)[0].Equals(extension, StringComparison.OrdinalIgnoreCase));

    public bool OffersLogin(string mechanism) => Lines.Skip(1).Select(Words).Any(words =>
        words[0].Equals("AUTH", StringComparison.OrdinalIgnoreCase) && words.Skip(1).Contains(mechanism, StringComparer.OrdinalIgnoreCase));

    private static string[] Words(string line) => line.Split([' ', '=']);
}

/// <summary>One conversation: command out, reply in, strictly in turn.</summary>
internal sealed class SmtpSession(NetworkStream socket) : IAsyncDisposable
{
    private readonly byte[] _buffer = new byte[4096];
    private Stream _stream = socket;
    private int _from;
    private int _to;

    /// <summary>Turns TLS on. What was sent before it in clear is not believed.</summary>
    public async Task SecureAsync(string host, RemoteCertificateValidationCallback check, CancellationToken ct)
    {
        if (_from != _to)
        {
            throw new OutgoingRefusedException("There was text behind the answer to STARTTLS: somebody may be on the line.");
        }

        var tls = new SslStream(_stream, leaveInnerStreamOpen: false);
        _stream = tls;
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = host, RemoteCertificateValidationCallback = check }, ct);
    }

    public Task<SmtpReply> HelloAsync(CancellationToken ct)
    {
        // The address is always right; a host name may not be, and servers check it.
        var local = ((System.Net.IPEndPoint)socket.Socket.LocalEndPoint!).Address;
        return AskAsync(local.AddressFamily == AddressFamily.InterNetworkV6 ? $"EHLO [IPv6:{local}]" : $"EHLO [{local}]", ct);
    }

    public async Task<SmtpReply> AskAsync(string command, CancellationToken ct)
    {
        await _stream.WriteAsync(Encoding.UTF8.GetBytes($"{command}\r\n"), ct);
        return await ReadAsync(ct);
    }

    /// <summary>Sends the content, with the dots that the protocol wants, and waits for the word that counts.</summary>
    public async Task<SmtpReply> SendContentAsync(ReadOnlyMemory<byte> content, CancellationToken ct)
    {
        await _stream.WriteAsync(Stuff(content.Span), ct);
        return await ReadAsync(ct);
    }

    public async Task<SmtpReply> ReadAsync(CancellationToken ct)
    {
        const int LinesMax = 100;
        List<string> lines = [];
        while (lines.Count < LinesMax)
        {
            var line = await ReadLineAsync(ct);
            if (line is null || line.Length < 3 || !int.TryParse(line.AsSpan(0, 3), out var code) || code is < 200 or > 599
                || (line.Length > 3 && line[3] is not (' ' or '-')))
            {
                break;
            }

            lines.Add(line.Length > 4 ? line[4..] : "");
            if (line.Length == 3 || line[3] == ' ')
            {
                return new(code, lines);
            }
        }

        return new(0, []);
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private static byte[] Stuff(ReadOnlySpan<byte> content)
    {
        var stuffed = new List<byte>(content.Length + 64);
        var atStart = true;
        foreach (var b in content)
        {
            if (atStart && b == (byte)'.')
            {
                stuffed.Add((byte)'.');
            }

            stuffed.Add(b);
            atStart = b == (byte)'\n';
        }

        stuffed.AddRange(atStart ? ".\r\n"u8 : "\r\n.\r\n"u8);
        return [.. stuffed];
    }

    // Null: longer than a reply line may be.
    private async Task<string?> ReadLineAsync(CancellationToken ct)
    {
        const int LineMax = 2000;
        var line = new StringBuilder();
        while (line.Length < LineMax)
        {
            if (_from == _to)
            {
                _from = 0;
                _to = await _stream.ReadAsync(_buffer, ct);
                if (_to == 0)
                {
                    throw new EndOfStreamException();
                }
            }

            var end = Array.IndexOf(_buffer, (byte)'\n', _from, _to - _from);
            var stop = end < 0 ? _to : end;
            line.Append(Encoding.UTF8.GetString(_buffer, _from, stop - _from));
            _from = end < 0 ? _to : end + 1;
            if (end >= 0)
            {
                return line.ToString().TrimEnd('\r');
            }
        }

        return null;
    }
}
