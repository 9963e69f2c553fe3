using System.Text.Json.Nodes;
using static Tocsin.Tests.Providers.PipelineBench;

namespace Tocsin.Tests.Providers;

public sealed class PipelineAlarmTests
{
    [Fact]
    public void An_alarm_becomes_a_canonical_event_bare_and_in_an_envelope()
    {
        var bare = Parse(Alarm("TEAM=dev-infra | PRIORITY=P1 | RUNBOOK=https://wiki.example/cpu?a=1&b=2 | It is hot.").ToJsonString());
        var wrapped = Parse(Sns(Alarm("TEAM=dev-infra | PRIORITY=P1 | RUNBOOK=https://wiki.example/cpu?a=1&b=2 | It is hot.")).ToJsonString());

        var alert = Assert.Single(bare.Events!);
        Assert.Equal((1, "cloudwatch", "FIRING", "cpu", "P1"), (alert.SchemaVersion, alert.Source, alert.State, alert.Title, alert.Priority));
        Assert.Equal(("It is hot.", null, "Threshold Crossed", "2026-03-01T11:55:00.131Z"), (alert.Description, alert.Summary, alert.Reason, alert.OccurredAt));
        Assert.Equal(["dev-infra"], alert.Teams);
        Assert.Equal(new("123456789012", "us-east-1", "arn:aws:cloudwatch:us-east-1:123456789012:alarm:cpu"), alert.Identity);
        Assert.Equal(
            new("https://wiki.example/cpu?a=1&b=2", null, "https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#alarmsV2:alarm/cpu", null), alert.Links);
        Assert.Equal(bare.Fingerprints, wrapped.Fingerprints);
        Assert.Equal("account_id=123456789012|alarm_id=arn:aws:cloudwatch:us-east-1:123456789012:alarm:cpu|region=us-east-1|source=cloudwatch|title=cpu", Assert.Single(bare.FingerprintInputs!));
    }

    [Theory]
    [InlineData("ALARM", "FIRING")]
    [InlineData("alarm", "FIRING")]
    [InlineData("Ok", "RESOLVED")]
    public void The_state_is_read_in_any_case(string state, string expected) => Assert.Equal(expected, One(Alarm(members: ("NewStateValue", state))).State);

    [Theory]
    [InlineData("TEAM=a|PRIORITY=P1", "a", "P1", null)]
    [InlineData("team = a | priority = 2", "a", "P2", null)]
    [InlineData("TEAM=a\nPRIORITY=P0\nIt burns | badly", "a", "P0", "It burns | badly")]
    [InlineData("TEAM=a\r\nPRIORITY=P0\r\n\r\nText", "a", "P0", "Text")]
    [InlineData("TEAM=a | PRIORITY=P1 | RUNBOOK=https://r.example\nHigh CPU usage.", "a", "P1", "High CPU usage.")]
    [InlineData("First line\nTEAM=a | PRIORITY=P1", "a", "P1", "First line")]
    [InlineData("TEAM=a | what it is\nPRIORITY=P1", "a", "P1", "what it is")]
    [InlineData("TEAM=b|TEAMS=a,c|PRIORITY=P1", "a,c", "P1", null)]
    [InlineData("TEAMS=a,c|TEAM=b|PRIORITY=P1", "a,c", "P1", null)]
    [InlineData("TEAM=a|TEAM=b|PRIORITY=P1", "b", "P1", null)]
    [InlineData("TEAM=a|PRIORITY=P1|LIMIT=5|more", "a", "P1", "LIMIT=5 more")]
    [InlineData("TEAM=a|PRIORITY=P1|=gone|kept", "a", "P1", "kept")]
    [InlineData("TEAM=a|PRIORITY=P1|Dashboard=https://d.example", "a", "P1", "Dashboard=https://d.example")]
    [InlineData("TEAM=a|PRIORITY=P1|a < b && metadata: \"x\"", "a", "P1", "a < b && metadata: \"x\"")]
    [InlineData("TEAM=Dev Infra|PRIORITY=p3", "dev-infra", "P3", null)]
    public void The_description_says_who_and_how_urgent(string description, string teams, string priority, string? text)
    {
        var alert = One(Alarm(description));

        Assert.Equal((teams, priority, text), (string.Join(',', alert.Teams), alert.Priority, alert.Description));
    }

    [Fact]
    public void A_summary_and_a_dashboard_are_kept()
    {
        var alert = One(Alarm("TEAM=a|PRIORITY=P1|SUMMARY=It is hot|Dashboard=https://d.example/1"));

        Assert.Equal(("It is hot", "https://d.example/1"), (alert.Summary, alert.Links.DashboardUrl));
    }

    [Theory]
    [InlineData(null, "missing:priority missing:teams")]
    [InlineData("", "missing:priority missing:teams")]
    [InlineData("TEAM=a", "missing:priority")]
    [InlineData("TEAM=a|PRIORITY=", "missing:priority")]
    [InlineData("PRIORITY=P1", "missing:teams")]
    [InlineData("PRIORITY=P1|TEAM= , ", "missing:teams")]
    [InlineData("TEAM=a|PRIORITY=P7", "invalid:priority")]
    [InlineData("TEAM=a|PRIORITY=high", "invalid:priority")]
    [InlineData("TEAM=aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeef|PRIORITY=P1", "too_long:teams")]
    [InlineData("TEAMS=1,2,3,4,5,6,7,8,9,10,11|PRIORITY=P1", "too_many:teams")]
    public void A_strict_reader_rejects_what_the_pipeline_rejected(string? description, string faults) => Assert.Equal(faults, Faults(Alarm(description)));

    [Fact]
    public void The_value_that_is_wrong_stands_in_the_message_with_where_it_comes_from()
    {
        var message = Assert.Single(Parse(Sns(Alarm("TEAM=a|PRIORITY=P7")).ToJsonString()).Errors!).Message;

        Assert.Contains("P7", message, StringComparison.Ordinal);
        Assert.EndsWith(
            "[source=cloudwatch, message=m-1, alarm=cpu, account=123456789012, teams=a, arn=arn:aws:cloudwatch:us-east-1:123456789012:alarm:cpu]", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("INSUFFICIENT_DATA", "invalid:state")]
    [InlineData("UNKNOWN", "invalid:state")]
    public void A_strict_reader_takes_alarm_and_ok_only(string state, string faults) => Assert.Equal(faults, Faults(Alarm(members: ("NewStateValue", state))));

    [Fact]
    public void An_alarm_without_data_is_noted_and_no_event()
    {
        var parsed = Parse(Alarm(members: ("NewStateValue", "INSUFFICIENT_DATA")).ToJsonString(), strict: false);

        Assert.True(parsed.Accepted);
        Assert.Empty(parsed.Events!);
        Assert.Contains("INSUFFICIENT_DATA", Assert.Single(parsed.Warnings!), StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_is_needed_and_its_blanks_do_not_count()
    {
        Assert.Equal("missing:title", Faults(Alarm(members: ("AlarmName", "  "))));
        var alert = One(Alarm(members: ("AlarmName", " a b! ")));
        Assert.Equal("a b!", alert.Title);
        Assert.EndsWith("alarm/%20a%20b!%20", alert.Links.SourceUrl, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("US East - N. Virginia", "us-east-1")]
    [InlineData("US East - Ohio", "us-east-2")]
    [InlineData("US West - Oregon", "us-west-2")]
    [InlineData("US West - N. California", "us-west-1")]
    [InlineData("Europe - Ireland", "eu-west-1")]
    [InlineData("Asia Pacific - Tokyo", "ap-northeast-1")]
    [InlineData("US East (N. Virginia)", "us-east-1")]
    [InlineData("Moon Base 1", "moon-base-1")]
    [InlineData("South America (Sao Paulo)", "south-america-sao-paulo")]
    public void Without_an_ARN_the_region_is_worked_out_from_its_name(string name, string expected) =>
        Assert.Equal(expected, One(Alarm(members: [("AlarmArn", Nothing), ("Region", name)])).Identity.Region);

    [Fact]
    public void What_is_not_there_is_left_out_of_the_identity()
    {
        var alert = One(Alarm(members: [("AlarmArn", Nothing), ("AWSAccountId", Nothing)]));

        Assert.Equal((new(null, null, null), null), (alert.Identity, alert.Links.SourceUrl));
        Assert.Equal("source=cloudwatch|title=cpu", Assert.Single(Parse(Alarm(members: [("AlarmArn", Nothing), ("AWSAccountId", Nothing)]).ToJsonString()).FingerprintInputs!));
    }

    [Fact]
    public void A_time_that_is_no_text_is_a_fault()
    {
        Assert.Equal("invalid:occurred_at", Faults(Alarm(members: ("StateChangeTime", 1757980757))));
        Assert.Equal("too_long:occurred_at", Faults(Alarm(members: ("StateChangeTime", new string('1', 51)))));
        Assert.Equal("2026-03-01T12:00:00.000Z", One(Alarm(members: ("StateChangeTime", Nothing))).OccurredAt);
    }

    [Fact]
    public void A_description_of_4096_characters_is_read_and_a_longer_one_is_a_fault()
    {
        var words = "TEAM=a|PRIORITY=P1|";
        Assert.Equal("P1", One(Alarm(words + new string('x', 4096 - words.Length))).Priority);
        Assert.Equal("too_long:description", Faults(Alarm(words + new string('x', 4097 - words.Length))));
        Assert.Equal("P1", One(Alarm(words + new string('x', 5000)), strict: false).Priority);
    }

    [Fact]
    public void Ten_parts_or_twenty_lines_are_read()
    {
        var nine = string.Join('|', Enumerable.Range(1, 8).Select(i => $"w{i}"));
        Assert.Equal("P1", One(Alarm($"TEAM=a|{nine}|PRIORITY=P1")).Priority);
        Assert.Equal("missing:priority", Faults(Alarm($"TEAM=a|w0|{nine}|PRIORITY=P1")));

        var eighteen = string.Join('\n', Enumerable.Range(1, 18).Select(i => $"w{i}"));
        Assert.Equal("P1", One(Alarm($"TEAM=a\n{eighteen}\nPRIORITY=P1")).Priority);
        Assert.Equal("missing:priority", Faults(Alarm($"TEAM=a\nw0\n{eighteen}\nPRIORITY=P1")));
    }

    [Fact]
    public void A_long_runbook_is_neither_cut_nor_stripped()
    {
        var url = $"https://wiki.example/{new string('x', 300)}?a=1&b=2";

        Assert.Equal(url, One(Alarm($"TEAM=a|PRIORITY=P1|RUNBOOK={url}")).Links.RunbookUrl);
        Assert.Null(One(Alarm("TEAM=a|PRIORITY=P1|RUNBOOK=http://localhost/x")).Links.RunbookUrl);
    }

    [Fact]
    public void A_title_of_more_than_five_hundred_characters_is_cut() =>
        Assert.Equal(new string('x', 500), One(Alarm(members: ("AlarmName", new string('x', 600)))).Title);

    [Fact]
    public void A_lenient_reader_makes_an_event_of_every_alarm()
    {
        var parsed = Parse(Alarm("PRIORITY=high|TEAM=a/b").ToJsonString(), strict: false);
        var nothing = Parse(Alarm(null).ToJsonString(), strict: false);

        Assert.Equal((true, "P2", "a-b", 2), (parsed.Accepted, parsed.Events![0].Priority, parsed.Events[0].Teams[0], parsed.Warnings!.Count));
        Assert.Equal((true, "P2", "unassigned", 2), (nothing.Accepted, nothing.Events![0].Priority, nothing.Events[0].Teams[0], nothing.Warnings!.Count));
    }

    [Fact]
    public void EventBridge_tells_the_same_alarm()
    {
        var alert = One(new JsonObject
        {
            ["detail-type"] = "CloudWatch Alarm State Change",
            ["account"] = "123456789012",
            ["region"] = "us-east-1",
            ["resources"] = new JsonArray("arn:aws:cloudwatch:us-east-1:123456789012:alarm:cpu"),
            ["detail"] = new JsonObject
            {
                ["alarmName"] = "cpu",
                ["state"] = new JsonObject { ["value"] = "OK", ["reason"] = "fine again", ["timestamp"] = "2026-03-01T11:55:00.131+0000" },
                ["configuration"] = new JsonObject { ["description"] = "TEAM=a|PRIORITY=P1" },
            },
        });

        Assert.Equal(("RESOLVED", "fine again", "2026-03-01T11:55:00.131Z"), (alert.State, alert.Reason, alert.OccurredAt));
        Assert.Equal(One(Alarm("TEAM=a|PRIORITY=P1")).Identity, alert.Identity);
    }
}
