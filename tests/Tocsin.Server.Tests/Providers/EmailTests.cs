using System.Net;
using System.Net.Sockets;
using Tocsin.Alerts;
using Tocsin.Demo.Fakes;
using Tocsin.Notify;
using Tocsin.Outgoing;
using Tocsin.Providers;
using Tocsin.Tests.Outgoing;

namespace Tocsin.Tests.Providers;

public sealed class EmailTests
{
    [Fact]
    public async Task A_page_is_a_mail_that_carries_its_key_and_its_thread()
    {
        await using var fake = FakeSmtp.Start();
        using var bench = new OutgoingBench();

        var outcome = await SendAsync(bench, fake, Messages.Page);

        Assert.Equal(new SendOutcome.Accepted("250 2.0.0 Ok: queued as FAKE1"), outcome);
        var mail = Assert.Single(fake.Mails);
        Assert.Equal(("tocsin@example.com", "ana@example.test"), (mail.From, mail.To));
        Assert.Equal("[Tocsin] CRITICAL #1042 Checkout error rate 12 %", mail.Subject);
        Assert.Equal($"<{Messages.Key}@example.com>", mail.Header("Message-ID"));
        Assert.StartsWith("<incident-1042.", mail.Header("In-Reply-To"), StringComparison.Ordinal);
        Assert.Equal(mail.Header("In-Reply-To"), mail.Header("References"));
        Assert.Equal("auto-generated", mail.Header("Auto-Submitted"));
        Assert.Equal("All", mail.Header("X-Auto-Response-Suppress"));
        Assert.Equal("Mon, 05 Jan 2026 03:02:00 +0000", mail.Header("Date"));
        Assert.Equal("Tocsin <tocsin@example.com>", mail.Header("From"));
        Assert.StartsWith("multipart/alternative;", mail.Header("Content-Type"), StringComparison.Ordinal);
        Assert.True(mail.Raw.IndexOf("text/plain", StringComparison.Ordinal) < mail.Raw.IndexOf("text/html", StringComparison.Ordinal));
        Assert.Equal(
            """
            You are being paged as Payments primary, rotation weekly (step 1 of 3). bo is next in 2 min (03:04 UTC).

            Acknowledge: https://tocsin.example/a/t0ken
            Open: https://tocsin.example/i/1042

            ◆ CRITICAL #1042 Checkout error rate 12 %

            Severity: critical
            Status: triggered
            Service: checkout
            Environment: prod
            Started: 02:58 UTC, 4 min ago
            Alerts: 3
            Policy: payments, step 1 of 3, round 1
            Labels: alertname=HighErrorRate, service=checkout

            12 % of requests fail.
            The limit is 2 %.
            """,
            mail.Text.ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task One_incident_is_one_thread_and_two_are_two()
    {
        await using var fake = FakeSmtp.Start();
        using var bench = new OutgoingBench();

        await SendAsync(bench, fake, Messages.Page);
        await SendAsync(bench, fake, Messages.Page with { Kind = MessageKind.Resolved, Key = "b1234567890123456789ab", By = "Ana" });
        await SendAsync(bench, fake, Messages.Page with { Incident = 1043 });
        await SendAsync(bench, fake, Messages.Page with { Workspace = "other" });
        await SendAsync(bench, fake, Messages.Test);

        Assert.Equal(fake.Mails[0].Header("References"), fake.Mails[1].Header("References"));
        Assert.Equal(fake.Mails[0].Subject, fake.Mails[1].Subject);
        Assert.NotEqual(fake.Mails[0].Header("Message-ID"), fake.Mails[1].Header("Message-ID"));
        Assert.Equal(4, fake.Mails.Select(mail => mail.Header("References")).Distinct().Count());
        Assert.Equal("", fake.Mails[4].Header("References"));
    }

    [Fact]
    public async Task A_mail_taken_without_a_final_word_is_tried_again_with_the_same_id()
    {
        await using var fake = FakeSmtp.Start();
        using var bench = new OutgoingBench();
        fake.FailNext(new SmtpFault.AcceptThenHang());

        var lost = SendAsync(bench, fake, Messages.Page);
        await fake.HangingAsync(CancellationToken.None);
        bench.Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.IsType<SendOutcome.TryAgain>(await lost);
        Assert.IsType<SendOutcome.Accepted>(await SendAsync(bench, fake, Messages.Page));

        Assert.Equal(2, fake.Mails.Count);
        Assert.Single(fake.Mails.Select(mail => mail.Header("Message-ID")).Distinct());
        Assert.Equal(fake.Mails[0].Raw, fake.Mails[1].Raw);
    }

    public static TheoryData<int> Stages => [.. Enum.GetValues<SmtpStage>().Where(stage => stage is not (SmtpStage.StartTls or SmtpStage.Auth or SmtpStage.Quit)).Select(stage => (int)stage)];

    [Theory]
    [MemberData(nameof(Stages))]
    public async Task Put_off_at_any_stage_is_tried_again(int stage)
    {
        await using var fake = FakeSmtp.Start();
        using var bench = new OutgoingBench();
        fake.FailNext(new SmtpFault.Reply((SmtpStage)stage, "451 4.3.0 Later, please"));

        Assert.Contains("451 4.3.0 Later", Assert.IsType<SendOutcome.TryAgain>(await SendAsync(bench, fake, Messages.Page)).Reason, StringComparison.Ordinal);
        Assert.Empty(fake.Mails);
    }

    [Theory]
    [MemberData(nameof(Stages))]
    public async Task Refused_at_any_stage_is_refused(int stage)
    {
        await using var fake = FakeSmtp.Start();
        using var bench = new OutgoingBench();
        fake.FailNext(new SmtpFault.Reply((SmtpStage)stage, "550 5.1.1 No such person"));

        Assert.Contains("550 5.1.1 No such person", Assert.IsType<SendOutcome.Refused>(await SendAsync(bench, fake, Messages.Page)).Reason, StringComparison.Ordinal);
        Assert.Empty(fake.Mails);
    }

    [Theory]
    [MemberData(nameof(Stages))]
    public async Task Cut_off_at_any_stage_is_tried_again(int stage)
    {
        await using var fake = FakeSmtp.Start();
        using var bench = new OutgoingBench();
        fake.FailNext(new SmtpFault.Reset((SmtpStage)stage));

        Assert.IsType<SendOutcome.TryAgain>(await SendAsync(bench, fake, Messages.Page));
        Assert.Empty(fake.Mails);
    }

    [Theory]
    [MemberData(nameof(Stages))]
    public async Task Silence_at_any_stage_ends_after_ten_seconds(int stage)
    {
        await using var fake = FakeSmtp.Start();
        using var bench = new OutgoingBench();
        fake.FailNext(new SmtpFault.Hang((SmtpStage)stage));

        var sending = SendAsync(bench, fake, Messages.Page);
        await fake.HangingAsync(CancellationToken.None);
        bench.Clock.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(new SendOutcome.TryAgain("The mail server did not finish within 10 s."), await sending);
    }

    [Theory]
    [MemberData(nameof(Stages))]
    public async Task Nonsense_at_any_stage_is_tried_again(int stage)
    {
        await using var fake = FakeSmtp.Start();
        using var bench = new OutgoingBench();
        fake.FailNext(new SmtpFault.Reply((SmtpStage)stage, "HTTP/1.1 200 OK"));

        Assert.Equal(new SendOutcome.TryAgain("The mail server's answer was not SMTP."), await SendAsync(bench, fake, Messages.Page));
    }

    [Fact]
    public async Task A_goodbye_that_never_comes_costs_nothing()
    {
        await using var fake = FakeSmtp.Start();
        using var bench = new OutgoingBench();
        fake.FailNext(new SmtpFault.Hang(SmtpStage.Quit));

        var sending = SendAsync(bench, fake, Messages.Page);
        await fake.HangingAsync(CancellationToken.None);
        bench.Clock.Advance(TimeSpan.FromSeconds(1));

        Assert.IsType<SendOutcome.Accepted>(await sending);
    }

    [Fact]
    public async Task Nobody_listening_is_tried_again()
    {
        using var port = new ClosedPort();
        using var bench = new OutgoingBench();

        var outcome = await new Email(bench.Smtp(new() { Host = "127.0.0.1", Port = port.Number, From = "tocsin@example.com" }))
            .SendAsync(Messages.Page, Messages.Method("email", ("address", "ana@example.test")), CancellationToken.None);

        Assert.Equal(new SendOutcome.TryAgain("Mail server: The connection was refused: nothing listens there."), outcome);
    }

    [Fact]
    public async Task Without_a_mail_server_the_text_names_the_setting()
    {
        using var bench = new OutgoingBench();

        var outcome = await new Email(bench.Smtp(new())).SendAsync(Messages.Page, Messages.Method("email", ("address", "ana@example.test")), CancellationToken.None);

        Assert.Contains("Tocsin__Smtp__Host", Assert.IsType<SendOutcome.Refused>(outcome).Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PLAIN LOGIN")]
    [InlineData("LOGIN")]
    public async Task With_TLS_the_login_is_made(string logins)
    {
        using var certificate = OutgoingBench.SelfSigned();
        await using var fake = FakeSmtp.Start(new() { Certificate = certificate, User = "tocsin", Password = "pässword", Logins = logins });
        using var bench = new OutgoingBench();
        var smtp = bench.Smtp(Settings(fake, "tocsin", "pässword"), trusted: certificate);

        Assert.IsType<SendOutcome.Accepted>(await SendAsync(smtp, Messages.Page));

        Assert.Equal((true, "tocsin"), (fake.Mails[0].Tls, fake.Mails[0].User));
    }

    [Fact]
    public async Task TLS_may_come_first()
    {
        using var certificate = OutgoingBench.SelfSigned();
        await using var fake = FakeSmtp.Start(new() { Certificate = certificate, TlsAtOnce = true });
        using var bench = new OutgoingBench();

        Assert.IsType<SendOutcome.Accepted>(await SendAsync(bench.Smtp(Settings(fake, tls: SmtpTls.Implicit), trusted: certificate), Messages.Page));
    }

    [Fact]
    public async Task A_certificate_that_nobody_trusts_gets_no_password()
    {
        using var certificate = OutgoingBench.SelfSigned();
        await using var fake = FakeSmtp.Start(new() { Certificate = certificate, User = "tocsin", Password = "secret" });
        using var bench = new OutgoingBench();

        var outcome = await SendAsync(bench.Smtp(Settings(fake, "tocsin", "secret")), Messages.Page);

        Assert.Contains("certificate is not trusted", Assert.IsType<SendOutcome.Refused>(outcome).Reason, StringComparison.Ordinal);
        Assert.DoesNotContain(fake.Commands, command => command.StartsWith("AUTH", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_password_is_not_sent_in_clear_unless_the_operator_says_so()
    {
        await using var fake = FakeSmtp.Start(new() { User = "tocsin", Password = "secret" });
        using var bench = new OutgoingBench();

        Assert.Contains("Smtp:Tls=None", Assert.IsType<SendOutcome.Refused>(await SendAsync(bench.Smtp(Settings(fake, "tocsin", "secret")), Messages.Page)).Reason, StringComparison.Ordinal);
        Assert.DoesNotContain(fake.Commands, command => command.StartsWith("AUTH", StringComparison.Ordinal));
        Assert.IsType<SendOutcome.Accepted>(await SendAsync(bench.Smtp(Settings(fake, "tocsin", "secret", SmtpTls.None)), Messages.Page));
    }

    [Fact]
    public async Task TLS_that_is_demanded_and_not_offered_sends_nothing()
    {
        await using var fake = FakeSmtp.Start();
        using var bench = new OutgoingBench();

        Assert.IsType<SendOutcome.Refused>(await SendAsync(bench.Smtp(Settings(fake, tls: SmtpTls.StartTls)), Messages.Page));
        Assert.Empty(fake.Mails);
    }

    [Fact]
    public async Task Text_behind_the_answer_to_STARTTLS_is_not_believed()
    {
        using var certificate = OutgoingBench.SelfSigned();
        await using var fake = FakeSmtp.Start(new() { Certificate = certificate });
        using var bench = new OutgoingBench();
        fake.FailNext(new SmtpFault.Reply(SmtpStage.StartTls, "220 go ahead\r\n250 2.0.0 injected"));

        Assert.IsType<SendOutcome.Refused>(await SendAsync(bench.Smtp(Settings(fake), trusted: certificate), Messages.Page));
    }

    [Fact]
    public async Task A_wrong_password_is_refused()
    {
        await using var fake = FakeSmtp.Start(new() { User = "tocsin", Password = "secret" });
        using var bench = new OutgoingBench();

        var outcome = await SendAsync(bench.Smtp(Settings(fake, "tocsin", "wrong", SmtpTls.None)), Messages.Page);

        Assert.Contains("535", Assert.IsType<SendOutcome.Refused>(outcome).Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x\r\nBcc: thief@example.com")]
    [InlineData("x\nBcc: thief@example.com")]
    [InlineData("x\rBcc: thief@example.com")]
    [InlineData("x\u2028Bcc: thief@example.com")]
    [InlineData("=?utf-8?B?Zm9v?= x")]
    [InlineData("Größe überschritten: 界界界界界界界界界界界界界界界界界界界界界界界界界界界界界界界界界界界界界界界界")]
    public async Task No_text_of_an_alert_becomes_a_header(string text)
    {
        await using var fake = FakeSmtp.Start();
        using var bench = new OutgoingBench();

        await SendAsync(bench, fake, Messages.Page with { Title = text, Description = $"{text}\r\n.\r\nMAIL FROM:<x@y>", Service = text, Because = text, Recipient = text });

        var mail = Assert.Single(fake.Mails);
        Assert.Equal("", mail.Header("Bcc"));
        Assert.Equal($"[Tocsin] CRITICAL #1042 {PlainText.OneLine(text, 200)}", mail.Subject);
        Assert.Contains("\n.\nMAIL FROM:<x@y>", mail.Text.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.All(mail.Raw.Split("\r\n"), line => Assert.True(line.Length <= 78, line));
        Assert.All(mail.Raw, c => Assert.True(c < 128));
        Assert.Single(fake.Commands, command => command.StartsWith("MAIL", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Markup_in_an_alert_stays_text_and_nothing_is_loaded()
    {
        await using var fake = FakeSmtp.Start();
        using var bench = new OutgoingBench();

        await SendAsync(bench, fake, Messages.Page with
        {
            Title = "<script>alert(1)</script>",
            Description = "<img src=https://evil.example/x.png>",
            Labels = LabelSet.Of(("a\"<b", "'>\"<i>")),
        });

        var html = Assert.Single(fake.Mails).Html;
        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<img", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<i>", html, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("href=\"https://tocsin.example/a/t0ken\"", html, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ana")]
    [InlineData("@example.com")]
    [InlineData("ana@")]
    [InlineData("ana@example..com")]
    [InlineData("a na@example.com")]
    [InlineData("ana@example.com>\r\nRCPT TO:<thief@example.com")]
    [InlineData("ana@example.com, bo@example.com")]
    [InlineData("Ana <ana@example.com>")]
    [InlineData("\"a b\"@example.com")]
    [InlineData("größe@example.com")]
    [InlineData("ana@exämple.com")]
    [InlineData("ana@[127.0.0.1]")]
    [InlineData(".ana@example.com")]
    public void What_is_not_one_plain_address_is_named(string address)
    {
        using var bench = new OutgoingBench();

        Assert.Equal("address", Assert.Single(new Email(bench.Smtp(new())).Check(Messages.Method("email", ("address", address)))).Field);
    }

    [Fact]
    public void Plain_addresses_are_taken_and_unknown_settings_named()
    {
        using var bench = new OutgoingBench();
        var email = new Email(bench.Smtp(new()));

        Assert.Empty(email.Check(Messages.Method("email", ("address", "first.last+oncall@mail.example.test"))));
        Assert.Empty(email.Check(Messages.Method("email", ("address", "root@localhost"))));
        Assert.Contains("did you mean 'address'?", email.Check(Messages.Method("email", ("adress", "x@y")))[0].Detail, StringComparison.Ordinal);
    }

    private static SmtpOptions Settings(FakeSmtp fake, string user = "", string password = "", SmtpTls tls = SmtpTls.Auto) =>
        new() { Host = "127.0.0.1", Port = fake.Port, From = "Tocsin <tocsin@example.com>", User = user, Password = password, Tls = tls };

    private static Task<SendOutcome> SendAsync(OutgoingBench bench, FakeSmtp fake, Message message) => SendAsync(bench.Smtp(Settings(fake)), message);

    private static Task<SendOutcome> SendAsync(SmtpSender smtp, Message message) =>
        new Email(smtp).SendAsync(message, Messages.Method("email", ("address", "ana@example.test")), CancellationToken.None);
}
