using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Tocsin.Streams;

namespace Tocsin.Tests.Streams;

/// <summary>Which events pass which query.</summary>
public sealed class StreamFilterTests
{
    private static readonly Dictionary<string, LogRow> Events = new()
    {
        ["error"] = Published("db", """{"message":"down","level":"error","metadata":{"host":"a1","disk":{"name":"sda"}},"shards":3}"""),
        ["info"] = Published("web", """{"message":"up","level":"info","labels":{"host":"b2"},"metadata":{"host":"b1"}}"""),
        ["bare"] = Published("db", "{}"),
        ["opened"] = new(4, 0, "incident.triggered", "incident/12", "system", "", """{"host":"a1"}"""u8.ToArray()),
        ["sent"] = new(5, 0, "page.sent", "incident/12", "system", "", null),
        ["other"] = new(6, 0, "incident.resolved", "incident/7", "system", "", null),
    };

    [Theory]
    [InlineData("", "error info bare opened sent other")]
    [InlineData("?group=db", "error bare")]
    [InlineData("?group=db&group=web", "error info bare")]
    [InlineData("?group=d*", "")]
    [InlineData("?level=error", "error")]
    [InlineData("?level=ERROR&level=info", "error info")]
    [InlineData("?group=db&level=info", "")]
    [InlineData("?kind=incident.*", "opened other")]
    [InlineData("?kind=incident.resolved&kind=page.sent", "sent other")]
    [InlineData("?kind=incident", "")]
    [InlineData("?kind=*", "error info bare opened sent other")]
    [InlineData("?subject=incident/12", "opened sent")]
    [InlineData("?subject=incident/12&kind=page.*", "sent")]
    [InlineData("?subject=stream/*", "error info bare")]
    [InlineData("?match=host=a1", "error opened")]
    [InlineData("?match=host=b1", "info")]
    [InlineData("?match=host=b2", "")]
    [InlineData("?match=host=~\"a.|b.\"&match=level!=info", "error opened")]
    [InlineData("?match={disk.name=sda,shards=3,group=db}", "error")]
    [InlineData("?match=host=\"\"", "bare sent other")]
    [InlineData("?match=level=error&group=web", "")]
    public void Each_list_of_a_query_offers_alternatives_and_all_lists_must_hold(string query, string expected)
    {
        var filter = CompiledFilter.Of(Read(query).Value!, StreamForm.Events).Value!;
        Assert.Equal(expected, string.Join(' ', Events.Where(e => filter.Admits(e.Value)).Select(e => e.Key)));
    }

    [Fact]
    public void The_form_of_the_alert_server_has_published_alerts_only()
    {
        var filter = CompiledFilter.Of(StreamFilter.Everything, StreamForm.Alerts).Value!;
        Assert.Equal(["error", "info", "bare"], Events.Where(e => filter.Admits(e.Value)).Select(e => e.Key));
    }

    [Fact]
    public void A_matcher_that_cannot_be_read_is_refused_with_its_place()
    {
        var refused = Read("?match=host");
        Assert.Equal((ErrorKind.Invalid, "match"), (refused.Error!.Kind, refused.Error.Field));
    }

    [Theory]
    [InlineData("?group=a&group=b&match=x=1", "?match=x%3D%221%22&group=b&group=a&group=a", true)]
    [InlineData("?group=ab", "?group=a&group=b", false)]
    [InlineData("?group=a", "?level=a", false)]
    [InlineData("?kind=1:a", "?kind=1&kind=a", false)]
    public void Those_who_ask_alike_share_one_stream(string one, string other, bool same) =>
        Assert.Equal(same, Read(one).Value!.Key == Read(other).Value!.Key);

    [Fact]
    public void A_frame_is_one_line_of_data_whatever_line_ends_the_stored_text_has()
    {
        var row = new LogRow(9, 1_000_000, PublishedAlert.Kind, "stream/db", "key:x", "", "{\"data\":\r\n{}}"u8.ToArray());
        Assert.Equal("id: 9\ndata: {\"data\":  {}}\n\n", System.Text.Encoding.UTF8.GetString(StreamFrames.Event(row, StreamForm.Alerts)));
    }

    private static LogRow Published(string group, string body) =>
        new(1, 0, PublishedAlert.Kind, $"stream/{group}", "key:x", "", System.Text.Encoding.UTF8.GetBytes($$"""{"data":{{body}},"received_at":"2026-01-01T00:00:00Z"}"""));

    private static Result<StreamFilter> Read(string query) => StreamFilter.Read(new QueryCollection(QueryHelpers.ParseQuery(query)));
}
