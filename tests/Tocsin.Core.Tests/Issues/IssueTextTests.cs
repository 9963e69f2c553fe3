using Tocsin.Alerts;
using Tocsin.Issues;
using static Tocsin.Tests.Issues.Events;

namespace Tocsin.Tests.Issues;

public sealed class IssueTextTests
{
    private const string Pacific = "America/Los_Angeles";
    private const string Mark = "<!-- mark -->";

    [Fact]
    public void A_body_shows_what_there_is_in_the_known_order()
    {
        var e = Firing() with
        {
            Summary = "Slow",
            Description = "Over two seconds",
            Reason = "a=1, b=2",
            RunbookUrl = "https://run.example/q?x=1&y=2",
            DashboardUrl = "https://dash.example/d",
            SourceUrl = "https://grafana.example/a",
            SilenceUrl = "https://grafana.example/s",
        };

        Assert.Equal(
            $"""
            **Slow**

            **Alert Details**
            - *Occurred At*: Jan 5, 1:00am PST
            - *State*: FIRING
            - *Team*: dev-infra
            - *Priority*: P1
            - *Description*: Over two seconds
            - *Reason*: a=1, b=2
            - *Runbook*: https://run.example/q?x=1&y=2
            - *Dashboard*: https://dash.example/d
            - *View Alert*: https://grafana.example/a
            - *Silence Alert*: https://grafana.example/s
            - *Source*: grafana
            - *Fingerprint*: `{e.Fingerprint}`
            - *Incident*: https://tocsin.example/i/5

            <!-- mark -->

            """.ReplaceLineEndings("\n"),
            IssueText.Body(e, Pacific, "https://tocsin.example/i/5", Mark));
    }

    [Fact]
    public void What_is_not_there_is_left_out_and_several_teams_are_named_so()
    {
        var body = IssueText.Body(Firing() with { Teams = ["a", "b"] }, Pacific, null, Mark);

        Assert.StartsWith("**Alert Details**\n", body, StringComparison.Ordinal);
        Assert.Contains("\n- *Teams*: a, b\n", body, StringComparison.Ordinal);
        Assert.DoesNotContain("*Team*:", body, StringComparison.Ordinal);
        Assert.DoesNotContain("Reason", body, StringComparison.Ordinal);
        Assert.DoesNotContain("Incident", body, StringComparison.Ordinal);
    }

    [Fact]
    public void A_comment_says_that_it_still_fires_and_how_many_events_it_stands_for()
    {
        var comment = IssueText.Comment(Firing() with { Reason = "a=1" }, 3, Pacific, Mark);

        Assert.Equal(
            $"**Alert Update**\n\n- **State**: FIRING\n- **Occurred At**: Jan 5, 1:00am PST\n- **Reason**: a=1\n- **Updates**: 3 since the last comment; this is the newest\n\nThe alert condition is still active.\n\n**Fingerprint**: `{Firing().Fingerprint}`\n\n{Mark}\n",
            comment);
        Assert.DoesNotContain("Updates", IssueText.Comment(Firing(), 1, Pacific, Mark), StringComparison.Ordinal);
    }

    [Fact]
    public void The_title_carries_the_priority_and_fits()
    {
        Assert.Equal("[P1] Queue is slow", IssueText.Title(Firing()));
        Assert.Equal(IssueText.TitleMax, IssueText.Title(Firing(0, new string('x', 500))).Length);
        Assert.Equal("[P1] one two", IssueText.Title(Firing(0, "one\r\ntwo\0")));
    }

    [Fact]
    public void Labels_come_in_their_order_and_fit()
    {
        Assert.Equal(["area:alerting", "Pri:P1", "Team:a", "Team:b", "Source:grafana"], IssueText.Labels(Firing() with { Teams = ["a", "b", "a"] }));
        Assert.All(IssueText.Labels(Firing() with { Teams = [new string('t', 50)] }), label => Assert.True(label.Length <= 50));
    }

    [Theory]
    [InlineData("2026-09-03T19:10:00Z", "America/Los_Angeles", "Sep 3, 12:10pm PDT")]
    [InlineData("2026-09-03T06:59:00Z", "America/Los_Angeles", "Sep 2, 11:59pm PDT")]
    [InlineData("2026-09-03T07:00:00Z", "America/Los_Angeles", "Sep 3, 12:00am PDT")]
    [InlineData("2026-01-01T07:30:00Z", "America/Los_Angeles", "Dec 31, 11:30pm PST")]
    [InlineData("2026-03-08T09:59:00Z", "America/Los_Angeles", "Mar 8, 1:59am PST")]
    [InlineData("2026-03-08T10:00:00Z", "America/Los_Angeles", "Mar 8, 3:00am PDT")]
    [InlineData("2026-11-01T08:30:00Z", "America/Los_Angeles", "Nov 1, 1:30am PDT")]
    [InlineData("2026-11-01T09:30:00Z", "America/Los_Angeles", "Nov 1, 1:30am PST")]
    [InlineData("2026-11-02T03:00:00Z", "America/Los_Angeles", "Nov 1, 7:00pm PST")]
    [InlineData("2026-09-03T12:10:00Z", "UTC", "Sep 3, 12:10pm UTC")]
    [InlineData("2026-09-03T22:10:00Z", "Europe/Berlin", "Sep 4, 12:10am CEST")]
    public void Times_are_those_of_the_zone_also_at_midnight_and_where_clocks_change(string at, string zone, string text) =>
        Assert.Equal(text, IssueText.Time(DateTimeOffset.Parse(at), zone));

    [Theory]
    [InlineData("@acme/oncall look", "@\u200Bacme/oncall look")]
    [InlineData("mail a@b.example", "mail a@b.example")]
    [InlineData("like #12 and acme/web#7", "like #\u200B12 and acme/web#\u200B7")]
    [InlineData("see GH-12", "see GH-\u200B12")]
    [InlineData("a <img src=x onerror=y> b", "a &lt;img src=x onerror=y&gt; b")]
    [InlineData("[click me](https://evil.example)", "\\[click me\\](https://evil.example)")]
    [InlineData("![x](https://evil.example/y.png)", "!\\[x\\](https://evil.example/y.png)")]
    [InlineData("[zone=eu] A=1", "[zone=eu] A=1")]
    [InlineData("cpu_usage_total *bold* _it_ ~no~ `code`", "cpu_usage_total \\*bold\\* \\_it\\_ \\~no\\~ \\`code\\`")]
    [InlineData("a &lt;b&gt; & c", "a &amp;lt;b&amp;gt; & c")]
    [InlineData("<!-- tocsin -->", "&lt;!-- tocsin --&gt;")]
    [InlineData("up \u202Edown\u2066 \0x", "up down x")]
    [InlineData("see https://github.com/acme/web/issues/7 now", "see `https://github.com/acme/web/issues/7` now")]
    [InlineData("two\nlines\r\nand three", "two lines and three")]
    [InlineData("C:\\temp", "C:\\\\temp")]
    [InlineData("$5 and $6", "\\$5 and \\$6")]
    public void Texts_of_others_are_shown_and_do_nothing(string text, string shown) => Assert.Equal(shown, IssueMarkdown.Line(text));

    [Fact]
    public void Lines_of_a_description_stay_lines_and_begin_nothing()
    {
        Assert.Equal("one\n  \\- two\n  3\\. three\n  \\# four\n  &gt; five\n  \\=\\=\\=".Replace("\\=\\=\\=", "\\===", StringComparison.Ordinal), IssueMarkdown.Block("one\r\n- two\n\n3. three\n  # four\n> five\n==="));
    }

    [Theory]
    [InlineData("https://run.example/a b", "https://run.example/a%20b")]
    [InlineData("https://run.example/<x>`y`", "https://run.example/%3Cx%3E%60y%60")]
    [InlineData("https://ana:hunter2@run.example/", "https://REDACTED@run.example/")]
    [InlineData("https://run.example/?token=abc&x=1", "https://run.example/?token=REDACTED&x=1")]
    [InlineData("javascript:alert(1)", null)]
    [InlineData(null, null)]
    public void Addresses_are_links_and_nothing_else(string? url, string? shown) => Assert.Equal(shown, IssueMarkdown.Url(url));

    [Theory]
    [InlineData("https://ana:hunter2@db.example/x?y=1", "https://REDACTED@db.example/x?y=1")]
    [InlineData("https://db.example/x?mail=a@b.example", "https://db.example/x?mail=a@b.example")]
    [InlineData("X-Amz-Signature=0a1b2c&X-Amz-Date=1", "X-Amz-Signature=REDACTED&X-Amz-Date=1")]
    [InlineData("password: hunter2, user: ana", "password: REDACTED, user: ana")]
    [InlineData("DB_PASSWORD=hunter2 tried", "DB_PASSWORD=REDACTED tried")]
    [InlineData("api_key='abc' ok", "api_key='REDACTED' ok")]
    [InlineData("Authorization: Bearer abcdefgh12345", "Authorization: Bearer REDACTED")]
    [InlineData("key AKIAABCDEFGHIJKLMNOP leaked", "key REDACTED leaked")]
    [InlineData("ghp_abcdefghijklmnopqrstuvwxyz123456", "REDACTED")]
    [InlineData("xoxb-123456789012-abc", "REDACTED")]
    [InlineData("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- end", "REDACTED end")]
    [InlineData("used 5 tokens: fine, monkey=3", "used 5 tokens: fine, monkey=3")]
    public void Secrets_are_not_told(string text, string shown) => Assert.Equal(shown, SecretText.Redact(text));

    [Fact]
    public void Hostile_texts_of_any_length_make_a_body_that_fits()
    {
        var hostile = string.Concat(Enumerable.Repeat("<@a\\`*_~|$\ud83d\ude00\ud800[x](y)&lt;#1", 20_000));

        var body = IssueText.Body(Firing(0, hostile) with { Description = hostile, Reason = hostile, Summary = hostile }, Pacific, null, Mark);

        Assert.True(body.Length < 65_536, $"{body.Length}");
    }
}
