using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Tocsin.Demo.Fakes;

internal enum SmtpStage
{
    Greeting,
    Ehlo,
    StartTls,
    Auth,
    Mail,
    Rcpt,
    Data,

    /// <summary>The answer after the final dot.</summary>
    Content,
    Quit,
}

/// <summary>How a fake mail server misbehaves once, when a conversation comes to a stage.</summary>
internal abstract record SmtpFault(SmtpStage Stage)
{
    /// <summary>Answers this line instead of its own; a reply such as <c>451 4.3.0 later</c>, or nonsense.</summary>
    internal sealed record Reply(SmtpStage Stage, string Line) : SmtpFault(Stage);

    internal sealed record Hang(SmtpStage Stage) : SmtpFault(Stage);

    internal sealed record Reset(SmtpStage Stage) : SmtpFault(Stage);

    /// <summary>Takes the mail, remembers it, and never says so.</summary>
    internal sealed record AcceptThenHang() : SmtpFault(SmtpStage.Content);
}

internal sealed record FakeSmtpSettings
{
    /// <summary>With a password: mail is taken only after a login.</summary>
    public string? User { get; init; }

    public string? Password { get; init; }

    /// <summary>With a private key: STARTTLS is offered.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>TLS from the first byte; needs a certificate.</summary>
    public bool TlsAtOnce { get; init; }

    /// <summary>The logins that are offered.</summary>
    public string Logins { get; init; } = "PLAIN LOGIN";

    /// <summary>0: any that is free.</summary>
    public int Port { get; init; }
}

/// <summary>A real mail server on 127.0.0.1 that keeps what it gets. Each connection takes mails one after another.</summary>
internal sealed class FakeSmtp : IAsyncDisposable
{
    private readonly FakeSmtpSettings _settings;
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _closing = new();
    private readonly ConcurrentQueue<SmtpFault> _faults = new();
    private readonly ConcurrentQueue<FakeMail> _mails = new();
    private readonly ConcurrentQueue<string> _commands = new();
    private readonly SemaphoreSlim _hanging = new(0);
    private readonly SemaphoreSlim _arrivals = new(0);
    private readonly Task _accepting;
    private int _told;

    private FakeSmtp(FakeSmtpSettings settings)
    {
        _settings = settings;
        _listener = new(IPAddress.Loopback, settings.Port);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>What was taken, oldest first; the last 500.</summary>
    public IReadOnlyList<FakeMail> Mails => [.. _mails];

    /// <summary>Every command line of every conversation, in order; the last 500.</summary>
    public IReadOnlyList<string> Commands => [.. _commands];

    public static FakeSmtp Start(FakeSmtpSettings? settings = null) => new(settings ?? new());

    /// <summary>The faults are met in this order; one waits until a conversation reaches its stage.</summary>
    public void FailNext(SmtpFault fault, int times = 1)
    {
        for (var i = 0; i < times; i++)
        {
            _faults.Enqueue(fault);
        }
    }

    /// <summary>The next mail that no earlier call told of, once it was taken. For one caller at a time, and fewer than 500 mails.</summary>
    public async Task<FakeMail> ArrivalAsync(CancellationToken ct)
    {
        await _arrivals.WaitAsync(ct);
        return _mails.ElementAt(_told++);
    }

    /// <summary>Ends when a conversation has begun to hang that no earlier call was told of.</summary>
    public Task HangingAsync(CancellationToken ct) => _hanging.WaitAsync(ct);

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _accepting;
        _listener.Dispose();
        _closing.Dispose();
        _hanging.Dispose();
        _arrivals.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> conversations = [];
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_closing.Token);
                conversations.RemoveAll(conversation => conversation.IsCompletedSuccessfully);
                conversations.Add(ServeAsync(client));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            await Task.WhenAll(conversations);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                using var conversation = new Conversation(this, client);
                await conversation.TalkAsync(_closing.Token);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or SocketException or System.Security.Authentication.AuthenticationException)
            {
                // The other side is gone, or this server closes.
            }
        }
    }

    private static void Keep<T>(ConcurrentQueue<T> queue, T item)
    {
        queue.Enqueue(item);
        while (queue.Count > 500)
        {
            queue.TryDequeue(out _);
        }
    }

    private sealed class Conversation(FakeSmtp server, TcpClient client) : IDisposable
    {
        private Stream _stream = client.GetStream();
        private StreamReader _reader = new(client.GetStream(), Encoding.Latin1, false, 1024, leaveOpen: true);
        private bool _tls;
        private string? _user;
        private string? _from;
        private string? _to;

        private bool NeedsLogin => server._settings.Password is not null && _user is null;

        public void Dispose() => _reader.Dispose();

        public async Task TalkAsync(CancellationToken ct)
        {
            if (server._settings.TlsAtOnce)
            {
                await SecureAsync(ct);
            }

            if (!await SayAsync(SmtpStage.Greeting, "220 fake.test ready", ct))
            {
                return;
            }

            while (await _reader.ReadLineAsync(ct) is { } line)
            {
                Keep(server._commands, line);
                if (!await AnswerAsync(line, ct))
                {
                    return;
                }
            }
        }

        private Task<bool> AnswerAsync(string line, CancellationToken ct) => line.Split([' ', ':'])[0].ToUpperInvariant() switch
        {
            "EHLO" or "HELO" => SayAsync(SmtpStage.Ehlo, Extensions(), ct),
            "STARTTLS" when server._settings.Certificate is not null && !_tls => StartTlsAsync(ct),
            "AUTH" => LogInAsync(line.Split(' '), ct),
            "MAIL" when NeedsLogin => SayAsync(SmtpStage.Mail, "530 5.7.0 Authentication required", ct),
            "MAIL" => MailAsync(line, ct),
            "RCPT" when _from is null => SayAsync(SmtpStage.Rcpt, "503 5.5.1 MAIL first", ct),
            "RCPT" => RecipientAsync(line, ct),
            "DATA" when _to is null => SayAsync(SmtpStage.Data, "503 5.5.1 RCPT first", ct),
            "DATA" => DataAsync(ct),
            "QUIT" => QuitAsync(ct),
            _ => SayAsync(null, "502 5.5.2 Unknown command", ct),
        };

        private string Extensions()
        {
            List<string> lines = ["fake.test", "8BITMIME"];
            if (server._settings.Certificate is not null && !_tls)
            {
                lines.Add("STARTTLS");
            }

            if (server._settings.Password is not null)
            {
                lines.Add($"AUTH {server._settings.Logins}");
            }

            return string.Join("\r\n", lines.Select((line, i) => $"250{(i == lines.Count - 1 ? ' ' : '-')}{line}"));
        }

        private async Task<bool> StartTlsAsync(CancellationToken ct)
        {
            if (!await SayAsync(SmtpStage.StartTls, "220 2.0.0 go ahead", ct))
            {
                return false;
            }

            await SecureAsync(ct);
            return true;
        }

        private async Task SecureAsync(CancellationToken ct)
        {
            var tls = new SslStream(_stream);
            await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = server._settings.Certificate }, ct);
            (_stream, _reader, _tls) = (tls, new(tls, Encoding.Latin1, false, 1024, leaveOpen: true), true);
        }

        private async Task<bool> LogInAsync(string[] words, CancellationToken ct)
        {
            string[] given;
            if (words is [_, "PLAIN", var initial])
            {
                given = [.. Text(initial).Split('\0').Skip(1)];
            }
            else if (words is [_, "LOGIN"])
            {
                given = [Text(await AskAsync("334 VXNlcm5hbWU6", ct)), Text(await AskAsync("334 UGFzc3dvcmQ6", ct))];
            }
            else
            {
                return await SayAsync(SmtpStage.Auth, "504 5.5.4 Unknown mechanism", ct);
            }

            if (given is not [var user, var password] || user != server._settings.User || password != server._settings.Password)
            {
                return await SayAsync(SmtpStage.Auth, "535 5.7.8 Wrong user or password", ct);
            }

            _user = user;
            return await SayAsync(SmtpStage.Auth, "235 2.7.0 Welcome", ct);
        }

        private Task<bool> MailAsync(string line, CancellationToken ct)
        {
            (_from, _to) = (Path(line), null);
            return SayAsync(SmtpStage.Mail, "250 2.1.0 Ok", ct);
        }

        private Task<bool> RecipientAsync(string line, CancellationToken ct)
        {
            _to = Path(line);
            return SayAsync(SmtpStage.Rcpt, "250 2.1.5 Ok", ct);
        }

        private async Task<bool> DataAsync(CancellationToken ct)
        {
            // A refusal here leaves the sender in command mode: no content follows.
            if (server._faults.TryPeek(out var next) && next is SmtpFault.Reply { Stage: SmtpStage.Data })
            {
                return await SayAsync(SmtpStage.Data, "", ct);
            }

            if (!await SayAsync(SmtpStage.Data, "354 End with a dot", ct))
            {
                return false;
            }

            var raw = new StringBuilder();
            while (await _reader.ReadLineAsync(ct) is { } line && line != ".")
            {
                raw.Append(line.StartsWith('.') ? line[1..] : line).Append("\r\n");
            }

            var mail = new FakeMail(_from!, _to!, raw.ToString(), _tls, _user);
            (_from, _to) = (null, null);
            if (!server._faults.TryPeek(out var fault) || fault.Stage != SmtpStage.Content || fault is SmtpFault.AcceptThenHang)
            {
                Keep(server._mails, mail);
                server._arrivals.Release();
            }

            return await SayAsync(SmtpStage.Content, $"250 2.0.0 Ok: queued as FAKE{server._mails.Count}", ct);
        }

        private async Task<bool> QuitAsync(CancellationToken ct)
        {
            await SayAsync(SmtpStage.Quit, "221 2.0.0 Bye", ct);
            return false;
        }

        private async Task<string> AskAsync(string question, CancellationToken ct)
        {
            await SayAsync(null, question, ct);
            return await _reader.ReadLineAsync(ct) ?? "";
        }

        // False: the conversation is over.
        private async Task<bool> SayAsync(SmtpStage? stage, string line, CancellationToken ct)
        {
            if (server._faults.TryPeek(out var fault) && fault.Stage == stage && server._faults.TryDequeue(out fault))
            {
                switch (fault)
                {
                    case SmtpFault.Reply reply:
                        line = reply.Line;
                        break;

                    case SmtpFault.Reset:
                        client.LingerState = new(enable: true, seconds: 0);
                        return false;

                    default:
                        server._hanging.Release();
                        await _stream.CopyToAsync(Stream.Null, ct);
                        return false;
                }
            }

            await _stream.WriteAsync(Encoding.Latin1.GetBytes($"{line}\r\n"), ct);
            return true;
        }

        private static string Path(string line) => line[(line.IndexOf('<', StringComparison.Ordinal) + 1)..].Split('>')[0];

        private static string Text(string base64)
        {
            var bytes = new byte[base64.Length];
            return Convert.TryFromBase64String(base64, bytes, out var length) ? Encoding.UTF8.GetString(bytes, 0, length) : "";
        }
    }
}
