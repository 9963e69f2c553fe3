using Tocsin.Alerts;
using Tocsin.Notify;
using Tocsin.Tests.Providers;

namespace Tocsin.Tests.Notify;

public sealed class TextsTests
{
    public static TheoryData<string, string, string, string> Golden => new()
    {
        {
            "page",
            "◆ CRITICAL #1042 checkout (prod)",
            "Checkout error rate 12 %. Open for 4 min. You are first. bo is next in 2 min (03:04 UTC).",
            "You are being paged as Payments primary, rotation weekly (step 1 of 3). bo is next in 2 min (03:04 UTC)."
        },
        {
            "escalated",
            "◆ #1042 checkout (prod): open for 4 min, nobody has answered",
            "You are now first. Checkout error rate 12 %. bo is next in 2 min (03:04 UTC).",
            "Nobody has answered for this incident, open for 4 min. You are now first as Payments primary, rotation weekly (step 1 of 3). bo is next in 2 min (03:04 UTC)."
        },
        {
            "again",
            "◆ Still open, 4 min: #1042 checkout (prod)",
            "Nobody has acknowledged. Checkout error rate 12 %. bo is next in 2 min (03:04 UTC).",
            "Still open after 4 min, and nobody has acknowledged. This is round 2; you are paged as Payments primary, rotation weekly (step 1 of 3). bo is next in 2 min (03:04 UTC)."
        },
        {
            "acknowledged",
            "◐ #1042: Ana has it (03:02 UTC)",
            "Checkout error rate 12 %. Escalation has stopped.",
            "Ana has it since 03:02 UTC. Escalation has stopped; you need not act."
        },
        {
            "resolved",
            "✓ #1042 resolved after 4 min (by Ana)",
            "Checkout error rate 12 %. No more pages for it.",
            "Resolved after 4 min by Ana. No more pages for it, unless it comes back."
        },
        {
            "reopened",
            "◆ #1042 is back: checkout (prod)",
            "Checkout error rate 12 %. It was resolved and fires again. bo is next in 2 min (03:04 UTC).",
            "This incident was resolved and is back. Escalation starts again. bo is next in 2 min (03:04 UTC)."
        },
        {
            "alerts added",
            "◆ #1042 has grown to 3 alerts: checkout (prod)",
            "Checkout error rate 12 %. Open for 4 min, triggered.",
            "The incident has grown to 3 alerts. It is triggered and open for 4 min."
        },
        {
            "unanswered",
            "◆ #1042: all 3 steps finished, nobody answered",
            "You are told as administrator. Checkout error rate 12 %. checkout (prod), open for 4 min. Nobody else is paged until somebody acts.",
            "All 3 steps finished and nobody answered. You are told as administrator. Nobody else is paged until somebody acts."
        },
        {
            "test",
            "i Test from Tocsin for ana",
            "This contact method works. There is nothing to do.",
            "This is a test from Tocsin. This contact method works; there is nothing to do."
        },
        {
            "reminder",
            "◆ Is #1042 still yours? checkout (prod), open for 4 min",
            "You have acknowledged it, and nothing has happened since. Checkout error rate 12 %. Write a note, snooze it or acknowledge it again; else it pages again in 2 min (03:04 UTC).",
            "You have acknowledged this incident, and nothing has happened since. Write a note, snooze it or acknowledge it again; else it pages again in 2 min (03:04 UTC)."
        },
        {
            "asked",
            "◆ Ana asks for your help: #1042 checkout (prod)",
            "Checkout error rate 12 %. “look at the database” Open for 4 min. Say whether you join; it does not become yours.",
            "Ana asks you to help with this incident. “look at the database” Say whether you join; it does not become yours."
        },
        {
            "waited",
            "◆ 3 incidents waited for you, #1042 checkout (prod) first",
            "They came in your quiet hours and are one message. Open the inbox to see them all.",
            "3 incidents waited for the end of your quiet hours. They are in the inbox, and their escalation goes on."
        },
        {
            "one waited",
            "◆ CRITICAL #1042 checkout (prod) waited for you",
            "Checkout error rate 12 %. Open for 4 min. It waited for the end of your quiet hours. bo is next in 2 min (03:04 UTC).",
            "This incident waited for the end of your quiet hours. bo is next in 2 min (03:04 UTC)."
        },
        {
            "self test",
            "i Test from Tocsin for ana: did you notice?",
            "This tests how you are woken. Say that it reached you on your own page in Tocsin.",
            "This tests how you are woken. Say that it reached you on your own page in Tocsin."
        },
    };

    [Theory]
    [MemberData(nameof(Golden))]
    public void Every_kind_has_its_words(string kind, string title, string body, string lead)
    {
        var text = Texts.For(Of(kind));

        Assert.Equal(title, text.Title);
        Assert.Equal(body, text.Body);
        Assert.Equal(lead, text.Lead);
    }

    [Theory]
    [MemberData(nameof(Golden))]
    public void No_text_shouts(string kind, string title, string body, string lead)
    {
        Assert.DoesNotContain('!', title + body + lead);
        Assert.True(title.Length <= 60, $"The title of '{kind}' has {title.Length} characters.");
    }

    [Theory]
    [InlineData(Severity.Critical, "◆ CRITICAL #1042")]
    [InlineData(Severity.High, "▲ HIGH #1042")]
    [InlineData(Severity.Warning, "● WARNING #1042")]
    [InlineData(Severity.Info, "i INFO #1042")]
    [InlineData(Severity.Unset, "▲ ALERT #1042")]
    public void A_severity_is_a_sign_and_a_word(Severity severity, string start) =>
        Assert.StartsWith(start, Texts.For(Messages.Page with { Severity = severity }).Title, StringComparison.Ordinal);

    [Fact]
    public void The_subject_is_the_same_for_every_message_of_an_incident()
    {
        var subjects = new[] { "page", "escalated", "again", "acknowledged", "resolved", "reopened", "alerts added", "unanswered" }
            .Select(kind => Texts.For(Of(kind)).Subject);

        Assert.Equal("[Tocsin] CRITICAL #1042 Checkout error rate 12 %", Assert.Single(subjects.Distinct()));
        Assert.Equal("[Tocsin] Test for ana", Texts.For(Messages.Test).Subject);
    }

    [Fact]
    public void Without_service_and_people_the_text_still_says_what_it_can()
    {
        var text = Texts.For(Messages.Page with { Service = null, Environment = null, NextRecipient = null, NextAt = null, Because = null });

        Assert.Equal("◆ CRITICAL #1042 Checkout error rate 12 %", text.Title);
        Assert.Equal("You are being paged (step 1 of 3). Nobody is paged after this.", text.Lead);
    }

    [Fact]
    public void A_resolve_by_nobody_names_nobody() =>
        Assert.Equal("✓ #1042 resolved after 4 min", Texts.For(Messages.Page with { Kind = MessageKind.Resolved, By = null }).Title);

    [Fact]
    public void One_step_is_not_all_of_many() =>
        Assert.Equal("◆ #1042: the only step finished, nobody answered", Texts.For(Messages.Page with { Kind = MessageKind.Unanswered, Steps = 1 }).Title);

    [Fact]
    public void Texts_of_others_stay_on_one_line_and_hide_nothing()
    {
        var text = Texts.For(Messages.Page with { Service = null, Title = "a\r\nBcc: x\u202Egnp.exe\u0007 \u001b[31mred\u2028end\ud800" });

        Assert.Equal("◆ CRITICAL #1042 a Bcc: xgnp.exe [31mred end\ufffd", text.Title);
        Assert.DoesNotContain('\n', text.Subject);
    }

    [Fact]
    public void A_long_title_is_cut_with_a_sign()
    {
        var text = Texts.For(Messages.Page with { Service = null, Title = new string('x', 300) });

        Assert.EndsWith("x…", text.Title, StringComparison.Ordinal);
        Assert.True(text.Title.Length < 90);
        Assert.True(text.Subject.Length < 250);
    }

    [Theory]
    [InlineData(-5, "0 s")]
    [InlineData(0, "0 s")]
    [InlineData(59, "59 s")]
    [InlineData(60, "1 min")]
    [InlineData(3599, "59 min")]
    [InlineData(3600, "1 h")]
    [InlineData(3900, "1 h 5 min")]
    [InlineData(86400, "1 d")]
    [InlineData(183600, "2 d 3 h")]
    public void A_length_of_time_has_its_units(int seconds, string text) => Assert.Equal(text, PlainText.Duration(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void Another_day_is_written_with_its_date() =>
        Assert.Equal("2026-01-06 00:10 UTC", PlainText.Clock(new(2026, 1, 6, 1, 10, 0, TimeSpan.FromHours(1)), Messages.Page.Now, null));

    [Theory]
    [InlineData("Europe/Berlin", "04:04 UTC+1")]
    [InlineData("Asia/Kolkata", "08:34 UTC+5:30")]
    [InlineData("America/New_York", "2026-01-04 22:04 UTC\u22125")]
    [InlineData("Nowhere/Land", "03:04 UTC")]
    public void A_time_is_on_the_recipient_s_wall_clock(string zone, string text)
    {
        DateTimeOffset now = new(2026, 1, 5, 6, 0, 0, TimeSpan.Zero);

        Assert.Equal(text, PlainText.Clock(new(2026, 1, 5, 3, 4, 0, TimeSpan.Zero), now, zone));
    }

    [Fact]
    public void Who_is_next_is_told_on_the_recipient_s_wall_clock() =>
        Assert.EndsWith("bo is next in 2 min (04:04 UTC+1).", Texts.For(Messages.Page with { TimeZone = "Europe/Berlin" }).Body, StringComparison.Ordinal);

    [Fact]
    public void A_block_keeps_its_lines_and_its_bound()
    {
        Assert.Equal("one\ntwo\n\nthree", PlainText.Block("\r\none \r\ntwo\n\n\tthree\r\n", 100));
        Assert.Equal("12345678…", PlainText.Block("12345678\U0001F525 and more", 10));
    }

    private static Message Of(string kind) => kind switch
    {
        "page" => Messages.Page,
        "escalated" => Messages.Page with { Step = 2 },
        "again" => Messages.Page with { Round = 2 },
        "acknowledged" => Messages.Page with { Kind = MessageKind.Acknowledged, By = "Ana" },
        "resolved" => Messages.Page with { Kind = MessageKind.Resolved, By = "Ana" },
        "reopened" => Messages.Page with { Kind = MessageKind.Reopened },
        "alerts added" => Messages.Page with { Kind = MessageKind.AlertsAdded },
        "unanswered" => Messages.Page with { Kind = MessageKind.Unanswered },
        "reminder" => Messages.Page with { Kind = MessageKind.Reminder },
        "asked" => Messages.Page with { Kind = MessageKind.Asked, By = "Ana", Note = "look at the database" },
        "waited" => Messages.Page with { Kind = MessageKind.Waited, MoreCount = 3 },
        "one waited" => Messages.Page with { Kind = MessageKind.Waited, MoreCount = 1 },
        "self test" => Messages.Test with { Kind = MessageKind.SelfTest },
        _ => Messages.Test,
    };
}
