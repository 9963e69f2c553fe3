using System.Text;
using System.Text.Json.Nodes;
using Tocsin.Streams.Backplanes;

namespace Tocsin.Tests.Streams;

/// <summary>What travels over backplanes: notices of nodes, and alerts of other programs.</summary>
public sealed class BackplaneTextTests
{
    private static readonly DateTimeOffset Now = new(2026, 5, 6, 7, 8, 9, TimeSpan.Zero);

    [Fact]
    public void A_notice_is_read_as_it_was_written()
    {
        var notice = Notice.Parse(new Notice("n1", [1, 7], JobsDue: true, Beat: 42).ToString())!;

        Assert.Equal(("n1", "1,7", true, 42), (notice.Node, string.Join(',', notice.Workspaces!), notice.JobsDue, notice.Beat));
    }

    [Fact]
    public void Too_many_workspaces_for_one_notice_are_all()
    {
        var text = new Notice("n1", [.. Enumerable.Range(1, 10_000).Select(i => (long)i)]).ToString();

        Assert.True(text.Length < 100);
        Assert.Null(Notice.Parse(text)!.Workspaces);
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData(";1;;0")]
    [InlineData("n1;1;x;0")]
    [InlineData("n1;one;;0")]
    [InlineData("n1;1;;-1")]
    [InlineData("n1;1;;0;0")]
    public void What_is_no_notice_is_none(string text) => Assert.Null(Notice.Parse(text));

    [Fact]
    public void An_alert_of_another_program_becomes_the_data_of_a_line()
    {
        var (alert, fault) = Read("""{"data": {"message": "disk full", "level": "error", "free": 0.5}, "timestamp": "2026-01-02T03:04:05.678901+00:00"}""");

        Assert.Null(fault);
        Assert.Equal("disk full", alert!.Alert.Message);
        Assert.Equal("""{"data":{"message":"disk full","level":"error","free":0.5},"received_at":"2026-01-02T03:04:05.678901Z"}""", Line(alert));
    }

    [Theory]
    [InlineData("""{"data":{}}""")]
    [InlineData("""{"data":{},"timestamp":"yesterday"}""")]
    [InlineData("""{"data":{},"timestamp":"2999-01-01T00:00:00+00:00"}""")]
    [InlineData("""{"data":{},"timestamp":7}""")]
    public void Without_a_time_that_can_be_it_was_received_when_it_was_heard(string text) =>
        Assert.Equal("""{"data":{},"received_at":"2026-05-06T07:08:09.000000Z"}""", Line(Read(text).Alert!));

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("not json")]
    [InlineData("""{"data":{"value":NaN}}""")]
    [InlineData("""{"data":"text"}""")]
    [InlineData("""{"message":"no data"}""")]
    [InlineData("""{"data":{"message":"\ud800"}}""")]
    public void What_is_no_alert_is_refused_with_a_reason(string text)
    {
        var (alert, fault) = Read(text);

        Assert.Null(alert);
        Assert.NotEmpty(fault!);
    }

    [Fact]
    public void A_message_too_large_or_of_a_group_without_a_name_is_refused()
    {
        Assert.NotNull(ForeignAlert.Read("g", new byte[(1024 * 1024) + 1], "own", Now).Fault);
        Assert.NotNull(ForeignAlert.Read("", "{\"data\":{}}"u8.ToArray(), "own", Now).Fault);
    }

    [Fact]
    public void Equal_messages_of_two_groups_are_two() =>
        Assert.NotEqual(ForeignAlert.Read("a", "{\"data\":{}}"u8.ToArray(), "own", Now).Alert!.Key, ForeignAlert.Read("b", "{\"data\":{}}"u8.ToArray(), "own", Now).Alert!.Key);

    [Fact]
    public void What_is_sent_out_is_what_other_programs_send_and_is_known_again()
    {
        var sent = ForeignAlert.Write("""{"data":{"message":"ü"},"received_at":"2026-01-02T03:04:05.5Z"}""", "own")!;

        var text = JsonNode.Parse(sent)!;
        Assert.Equal("2026-01-02T03:04:05.500000+00:00", (string)text["timestamp"]!);
        Assert.Equal("ü", (string)text["data"]!["message"]!);
        Assert.True(Encoding.UTF8.GetString(sent).All(char.IsAscii));
        Assert.Equal((null, null), ForeignAlert.Read("g", sent, "own", Now));
        Assert.NotNull(ForeignAlert.Read("g", sent, "another installation", Now).Alert);
    }

    [Fact]
    public void A_level_that_is_not_ours_is_no_reason_to_lose_an_alert() =>
        Assert.Equal("""{"data":{"level":"critical","list":[1]},"received_at":"2026-05-06T07:08:09.000000Z"}""", Line(Read("""{"data":{"level":"critical","list":[1]}}""").Alert!));

    private static string Line(ForeignAlert alert) => alert.Alert.Line(alert.ReceivedAt);

    private static (ForeignAlert? Alert, string? Fault) Read(string text) => ForeignAlert.Read("g", Encoding.UTF8.GetBytes(text), "own", Now);
}
