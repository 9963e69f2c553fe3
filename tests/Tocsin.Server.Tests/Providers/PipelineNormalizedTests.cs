using System.Text.Json;
using System.Text.Json.Nodes;
using Tocsin.Sdk;
using static Tocsin.Tests.Providers.PipelineBench;

namespace Tocsin.Tests.Providers;

public sealed class PipelineNormalizedTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_canonical_event_goes_through_unchanged(bool wrapped)
    {
        var sent = Event(
            ("description", "a < b\nmetadata: x"), ("summary", ""), ("reason", "r"), ("schema_version", 3),
            ("identity", new JsonObject { ["account_id"] = "7", ["region"] = "eu-1", ["alarm_id"] = "" }),
            ("links", new JsonObject { ["runbook_url"] = "https://user@wiki.example/x?a=1&b=2" }),
            ("raw_provider", new JsonObject { ["anything"] = new JsonArray(1, null, "\u0000x") }));

        var back = JsonSerializer.SerializeToNode(One(wrapped ? Sns(sent) : sent), WireJson.Default.CanonicalAlert);

        Assert.True(JsonNode.DeepEquals(sent, back), back!.ToJsonString());
    }

    public static TheoryData<string, string?, string> Bad => new()
    {
        { "source", null, "missing:source" },
        { "source", "\"\"", "schema:source" },
        { "source", "\"a b\"", "schema:source" },
        { "state", null, "missing:state" },
        { "state", "\"firing\"", "invalid:state" },
        { "state", "1", "invalid:state" },
        { "title", null, "missing:title" },
        { "title", "\"\"", "schema:title" },
        { "priority", null, "missing:priority" },
        { "priority", "\"p1\"", "invalid:priority" },
        { "priority", "\"P4\"", "invalid:priority" },
        { "priority", "1", "invalid:priority" },
        { "occurred_at", null, "missing:occurred_at" },
        { "occurred_at", "\"2026-03-01\"", "invalid:occurred_at" },
        { "occurred_at", "\"2026-03-01T11:55:00\"", "invalid:occurred_at" },
        { "occurred_at", "\"2026-02-30T11:55:00Z\"", "invalid:occurred_at" },
        { "teams", null, "missing:teams" },
        { "teams", "[]", "schema:teams" },
        { "teams", "\"a\"", "invalid:teams" },
        { "teams", "[\"a b\"]", "schema:teams" },
        { "teams", "[1]", "invalid:teams" },
        { "identity", null, "missing:identity" },
        { "identity", "[]", "invalid:identity" },
        { "identity", "{\"account_id\":\"\"}", "schema:identity.account_id" },
        { "identity", "{\"region\":\"\"}", "schema:identity.region" },
        { "identity", "{\"aws_account\":\"1\"}", "schema:identity.aws_account" },
        { "links", null, "missing:links" },
        { "links", "{\"runbook_url\":\"http://localhost/\"}", "schema:links.runbook_url" },
        { "links", "{\"runbook_url\":\"javascript:alert(1)\"}", "schema:links.runbook_url" },
        { "links", "{\"home\":\"https://a.example\"}", "schema:links.home" },
        { "schema_version", "0.5", "invalid:schema_version" },
        { "schema_version", "\"1\"", "invalid:schema_version" },
        { "description", "7", "invalid:description" },
        { "team", "\"a\"", "schema:team" },
        { "resource", "{}", "schema:resource" },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public void What_the_schema_does_not_allow_is_rejected(string member, string? value, string faults) =>
        Assert.Equal(faults, Faults(Event((member, value is null ? Nothing : JsonNode.Parse(value)))));

    [Fact]
    public void All_faults_are_named_at_once() => Assert.Equal(
        "missing:state invalid:priority missing:teams",
        Faults(Event(("state", Nothing), ("priority", "high"), ("teams", Nothing))));

    [Fact]
    public void Lengths_count_in_whole_characters()
    {
        Assert.Equal(1000, One(Event(("title", string.Concat(Enumerable.Repeat("😀", 500))))).Title.Length);
        Assert.Equal("schema:title", Faults(Event(("title", string.Concat(Enumerable.Repeat("😀", 501))))));
    }

    [Fact]
    public void A_lenient_reader_takes_no_other_event_for_canonical() => Assert.False(Parse(Event(("state", "firing")).ToJsonString(), strict: false).Accepted);
}
