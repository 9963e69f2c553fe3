using System.Text;
using System.Text.Json.Nodes;
using Tocsin.Telemetry;

namespace Tocsin.Tests.Telemetry;

public sealed class LogBatchReaderTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void An_entry_has_all_that_was_said()
    {
        var line = One("""
            {"message": "Payment failed", "level": "error", "timestamp": "2026-11-21T11:59:00Z", "source": "shop.orders", "service": "checkout", "trace_id": "abc",
             "metadata": {"environment": "production", "exception": {"type": "ValueError", "message": "bad", "traceback": "Traceback…"}, "n": [1, {"a": null}]}}
            """);

        Assert.Equal(("Payment failed", LineLevel.Error, Now.AddMinutes(-1)), (line.Message, line.Level, line.At));
        Assert.Equal(("shop.orders", "checkout", "abc", "production"), (line.Source, line.Service, line.TraceId, line.Environment));
        var attributes = JsonNode.Parse(line.Attributes)!;
        Assert.Equal(("ValueError", "Traceback…"), ((string?)attributes["exception"]!["type"], (string?)attributes["exception"]!["traceback"]));
        Assert.Equal("""[1,{"a":null}]""", attributes["n"]!.ToJsonString());
    }

    [Fact]
    public void An_entry_needs_nothing_but_a_message()
    {
        var line = One("""{"message": ""}""");

        Assert.Equal(new LogLine(Now, LineLevel.Info, ""), line);
        Assert.Equal(line, One("""{"message": "", "level": null, "timestamp": null, "source": null, "service": null, "trace_id": null, "metadata": null, "unknown": {"a": [1]}}"""));
    }

    [Theory]
    [InlineData("debug", LineLevel.Debug)]
    [InlineData("DEBUG", LineLevel.Debug)]
    [InlineData("Trace", LineLevel.Debug)]
    [InlineData("verbose", LineLevel.Debug)]
    [InlineData("info", LineLevel.Info)]
    [InlineData("Information", LineLevel.Info)]
    [InlineData("NOTICE", LineLevel.Info)]
    [InlineData("WARN", LineLevel.Warning)]
    [InlineData("Warning", LineLevel.Warning)]
    [InlineData("err", LineLevel.Error)]
    [InlineData("ERROR", LineLevel.Error)]
    [InlineData("failure", LineLevel.Error)]
    [InlineData("severe", LineLevel.Error)]
    [InlineData("fatal", LineLevel.Critical)]
    [InlineData("PANIC", LineLevel.Critical)]
    [InlineData("Critical", LineLevel.Critical)]
    [InlineData("emergency", LineLevel.Critical)]
    [InlineData("\\u0065rror", LineLevel.Error)]
    public void A_level_is_read_in_any_case_and_by_its_other_names(string word, LineLevel level) => Assert.Equal(level, One($$"""{"message": "m", "level": "{{word}}"}""").Level);

    [Theory]
    [InlineData("\"2026-11-21T11:00:00\"", "2026-11-21T11:00:00Z")]
    [InlineData("\"2026-11-21T11:00:00.123456\"", "2026-11-21T11:00:00.123456Z")]
    [InlineData("\"2026-11-21T11:00:00Z\"", "2026-11-21T11:00:00Z")]
    [InlineData("\"2026-11-21T13:00:00+02:00\"", "2026-11-21T11:00:00Z")]
    [InlineData("\"2026-11-21 11:00:00,250\"", "2026-11-21T11:00:00.25Z")]
    [InlineData("1795258800", "2026-11-21T11:00:00Z")]
    [InlineData("1795258800.5", "2026-11-21T11:00:00.5Z")]
    [InlineData("1795258800123", "2026-11-21T11:00:00.123Z")]
    [InlineData("1795258800123456", "2026-11-21T11:00:00.123456Z")]
    [InlineData("1795258800123456700", "2026-11-21T11:00:00.1234567Z")]
    [InlineData("\"1795258800\"", "2026-11-21T11:00:00Z")]
    [InlineData("\"\"", "2026-11-21T12:00:00Z")]
    [InlineData("0", "2026-11-21T12:00:00Z")]
    [InlineData("\"1970-01-01T00:00:09Z\"", "2026-11-21T12:00:00Z")]
    [InlineData("\"2031-01-01T00:00:00Z\"", "2026-11-21T12:00:00Z")]
    public void A_time_is_UTC_however_it_is_written(string json, string expected) =>
        Assert.Equal(DateTimeOffset.Parse(expected), One($$"""{"message": "m", "timestamp": {{json}}}""").At);

    [Fact]
    public void Bad_entries_are_named_and_cost_no_good_one()
    {
        var batch = Read("""
            {"logs": [
              {"message": "first"}, {"message": 7}, {}, {"message": "m", "level": "loud"}, {"message": "m", "level": 5}, {"message": "m", "timestamp": "yesterday"},
              {"message": "m", "timestamp": true}, {"message": "m", "metadata": []}, {"message": "m", "service": 1}, {"message": "m", "source": {}}, {"message": "m", "trace_id": []},
              "text", null, 1, [1], {"message": "last", "level": "warn"}]}
            """);

        Assert.Equal(["first", "last"], batch.Good.Select(l => l.Message));
        Assert.Equal(
            [(1, "message"), (2, "message"), (3, "level"), (4, "level"), (5, "timestamp"), (6, "timestamp"), (7, "metadata"), (8, "service"), (9, "source"), (10, "trace_id"), (11, ""), (12, ""), (13, ""), (14, "")],
            batch.Rejected.Select(r => (r.Index, r.Field)));
        Assert.All(batch.Rejected, r => Assert.EndsWith(".", r.Message, StringComparison.Ordinal));
        Assert.Equal(14, batch.RejectedCount);
    }

    [Fact]
    public void Only_the_first_hundred_bad_entries_are_named()
    {
        var batch = Read($$"""{"logs": [{{string.Join(',', Enumerable.Repeat("{}", 250))}}, {"message": "good"}]}""");

        Assert.Equal((1, 100, 250), (batch.Good.Count, batch.Rejected.Count, batch.RejectedCount));
    }

    [Theory]
    [InlineData("", BatchFault.NotJson)]
    [InlineData("nonsense", BatchFault.NotJson)]
    [InlineData("""{"logs": [{"message": "m"}""", BatchFault.NotJson)]
    [InlineData("""{"logs": [{"message": "m"}]} {}""", BatchFault.NotJson)]
    [InlineData("""{"logs": [{"message": "m", "level": NaN, "metadata": }]}""", BatchFault.NotJson)]
    [InlineData("null", BatchFault.NotObject)]
    [InlineData("[]", BatchFault.NotObject)]
    [InlineData("\"logs\"", BatchFault.NotObject)]
    [InlineData("{}", BatchFault.Missing)]
    [InlineData("""{"metrics": []}""", BatchFault.Missing)]
    [InlineData("""{"logs": null}""", BatchFault.NotList)]
    [InlineData("""{"logs": {"message": "m"}}""", BatchFault.NotList)]
    public void A_body_that_is_no_batch_is_refused(string body, string fault) => Assert.Equal(fault, LogBatchReader.Read(Encoding.UTF8.GetBytes(body), Now).Error!.Code);

    [Fact]
    public void More_entries_than_a_request_may_hold_are_refused()
    {
        var body = $$"""{"logs": [{{string.Join(',', Enumerable.Repeat("{}", TelemetryLimits.Batch + 1))}}]}""";

        Assert.Equal(BatchFault.TooMany, LogBatchReader.Read(Encoding.UTF8.GetBytes(body), Now).Error!.Code);
    }

    [Fact]
    public void An_empty_list_is_a_batch() => Assert.Empty(Read("""{"logs": []}""").Good);

    [Fact]
    public void The_service_beside_the_list_is_that_of_entries_that_name_none()
    {
        var batch = Read("""{"logs": [{"message": "a"}, {"message": "b", "service": "own"}, {"message": "c", "metadata": {"service": "meta"}}], "service": "outer"}""");

        Assert.Equal(["outer", "own", "meta"], batch.Good.Select(l => l.Service));
    }

    [Fact]
    public void Halves_of_characters_and_NUL_become_the_replacement_character()
    {
        // Python writes undecodable bytes of a file name so.
        var line = One("""{"message": "caf\udce9 \ud83d\ude00 \u0000", "service": "a\ud800", "metadata": {"path": "x\udce9", "k\u0000": "v"}}""");

        Assert.Equal(("caf\uFFFD 😀 \uFFFD", "a\uFFFD"), (line.Message, line.Service));
        Assert.Equal("""{"path":"x�","k�":"v"}""", line.Attributes);
    }

    [Fact]
    public void Bytes_that_are_no_UTF8_cost_themselves_only()
    {
        byte[] body = [0xEF, 0xBB, 0xBF, .. """{"logs": [{"message": "caf"""u8, 0xE9, .. "\"}]}"u8];

        Assert.Equal("caf\uFFFD", Assert.Single(LogBatchReader.Read(body, Now).Value!.Good).Message);
    }

    [Fact]
    public void Numbers_that_Python_writes_and_JSON_has_not_become_null()
    {
        var batch = Read("""{"logs": [{"message": "NaN and \"Infinity\" stay", "metadata": {"a": NaN, "b": -Infinity, "c": Infinity, "d": 1}}, {"message": NaN}]}""");

        Assert.Equal("NaN and \"Infinity\" stay", Assert.Single(batch.Good).Message);
        Assert.Equal("""{"a":null,"b":null,"c":null,"d":1}""", batch.Good[0].Attributes.Replace(" ", "", StringComparison.Ordinal));
        Assert.Equal((1, "message"), (batch.Rejected[0].Index, batch.Rejected[0].Field));
    }

    [Fact]
    public void What_is_too_long_is_cut_with_a_mark()
    {
        var list = string.Join(',', Enumerable.Repeat("\"item\"", 9_000));
        var line = One(
            $$$"""{"message": "{{{new string('m', 40_000)}}}", "service": "{{{new string('s', 300)}}}", "metadata": {"big": "{{{new string('é', 20_000)}}}", "small": 1, "list": [{{{list}}}] } }""");

        Assert.Equal((TelemetryLimits.Message, TelemetryLimits.Name), (line.Message.Length, line.Service.Length));
        Assert.EndsWith(FittedText.CutMark, line.Message, StringComparison.Ordinal);
        Assert.True(line.Attributes.Length <= TelemetryLimits.Attributes, $"{line.Attributes.Length}");
        var attributes = JsonNode.Parse(line.Attributes)!;
        Assert.True((bool?)attributes["_cut"]);
        Assert.Equal(1, (int?)attributes["small"]);
        Assert.StartsWith("éé", (string?)attributes["big"], StringComparison.Ordinal);
        Assert.True(attributes["list"]!.AsArray().Count > 100);
    }

    private static LogLine One(string entry) => Assert.Single(Read($$"""{"logs": [{{entry}}]}""").Good);

    private static ReadBatch<LogLine> Read(string body)
    {
        var read = LogBatchReader.Read(Encoding.UTF8.GetBytes(body), Now);
        Assert.True(read.Ok, read.Error?.Detail);
        return read.Value;
    }
}
