using Tocsin.Alerts;
using Tocsin.Telemetry;

namespace Tocsin.Tests.Telemetry;

/// <summary>What is made of a model's answer, whatever that is.</summary>
public sealed class VerdictReaderTests
{
    private const string Contract = """
        {"anomaly_detected": true, "severity": "critical", "title": "Database is down", "root_cause": "Connections are refused", "contributing_factors": ["pool of 10", "retry storm"],
         "recommended_actions": [{"action": "restart_service", "service": "db", "reason": "it does not answer"}], "summary": "Checkout fails."}
        """;

    [Fact]
    public void The_contract_is_read_whole()
    {
        var verdict = Anomaly(Contract);

        Assert.Equal((Severity.Critical, "Database is down", "Connections are refused", "Checkout fails.", false), (verdict.Severity, verdict.Title, verdict.RootCause, verdict.Summary, verdict.IsFromProse));
        Assert.Equal(["pool of 10", "retry storm"], verdict.Factors);
        Assert.Equal(new ModelAction("restart_service", "db", "it does not answer"), Assert.Single(verdict.Actions));
    }

    [Theory]
    [InlineData("Here it is:\n```json\n@\n```\nTell me if you need more.")]
    [InlineData("```\n@\n```")]
    [InlineData("I looked at {everything}. My answer: @ That is all.")]
    [InlineData("\uFEFF  @")]
    [InlineData("""{"result": {"verdict": @}}""")]
    public void It_is_found_wherever_it_stands(string around) => Assert.Equal("Database is down", Anomaly(around.Replace("@", Contract, StringComparison.Ordinal)).Title);

    [Fact]
    public void Half_characters_cost_no_verdict()
    {
        var verdict = Anomaly("""
            {"\ud83d": 1, "anomaly_detected": true, "title": "\\ud8 half \ud83d, whole \uD83D\uDE00, other \ude00", "root_cause": "r", "summary": "s", "recommended_actions": [{"\ude00": 1, "action": "flush_cache", "reason": "\ud83d\ud83d\ude00"}]}
            """);

        Assert.Equal(("\\ud8 half \ufffd, whole \U0001f600, other \ufffd", "r", "\ufffd\U0001f600"), (verdict.Title, verdict.RootCause, verdict.Actions.Single().Reason));
    }

    [Fact]
    public void Depth_and_braces_in_texts_cut_nothing()
    {
        var verdict = Anomaly("""
            So: {"anomaly_detected": true, "title": "a } in \"quotes\" {", "root_cause": "x", "details": {"a": {"b": {"c": {"d": [{"e": "}}}"}]}}}}, "recommended_actions":
            [{"action": "flush_cache", "parameters": {"deep": {"er": 1}}, "reason": "r"}], "summary": "s"} and so on
            """);

        Assert.Equal(("""a } in "quotes" {""", "s", "flush_cache"), (verdict.Title, verdict.Summary, verdict.Actions.Single().Action));
    }

    [Fact]
    public void What_is_missing_has_a_default_and_what_is_odd_is_left_out()
    {
        var bare = Anomaly("""{"anomaly_detected": true}""");
        Assert.Equal((Severity.Warning, "Issue detected", "Unknown", """{"anomaly_detected": true}"""), (bare.Severity, bare.Title, bare.RootCause, bare.Summary));

        var odd = Anomaly("""
            {"anomaly_detected": "true", "severity": "apocalyptic", "title": 5, "root_cause": null, "contributing_factors": "one", "recommended_actions":
            [{"action": "rm -rf / ; true"}, {"action": 3}, {"reason": "no name"}, "look at the disk", {"action": "Scale Replicas"}, null]}
            """);
        Assert.Equal((Severity.Warning, "Issue detected", "Unknown"), (odd.Severity, odd.Title, odd.RootCause));
        Assert.Empty(odd.Factors);
        Assert.Equal([("other", "look at the disk"), ("scale_replicas", "")], odd.Actions.Select(a => (a.Action, a.Reason)));
    }

    [Fact]
    public void Texts_are_bounded_and_hold_nothing_invisible()
    {
        var many = string.Join(',', Enumerable.Repeat("\"x\"", 50));
        var verdict = Anomaly($$"""{"anomaly_detected": true, "title": "a\u202Eb\u0000\u0007{{new string('t', 400)}}", "root_cause": "{{new string('c', 9000)}}", "contributing_factors": [{{many}}], "summary": "one\n\u200Btwo"}""");

        Assert.Equal((200, 2000, 10, "one\ntwo"), (verdict.Title.Length, verdict.RootCause.Length, verdict.Factors.Count, verdict.Summary));
        Assert.StartsWith("ab t", verdict.Title, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"anomaly_detected": false, "severity": "critical", "title": "error"}""")]
    [InlineData("No issues were found in the last five minutes.")]
    [InlineData("All clear.")]
    [InlineData("The errors that are logged are retried; the service is healthy.")]
    public void No_anomaly_is_none(string answer) => Assert.False(Read(answer).IsAnomaly);

    [Theory]
    [InlineData("I'm sorry, but I can't help with that.")]
    [InlineData("As an AI, I do not look at production systems with errors.")]
    [InlineData("I am unable to assist.")]
    public void A_refusal_is_no_answer(string answer) => Assert.Equal(VerdictKind.Refused, VerdictReader.Read(answer).Kind);

    [Theory]
    [InlineData("")]
    [InlineData("   \n ")]
    [InlineData("a terrific day on the horrors of alerting-like prefixes such as fooerror")]
    [InlineData("""{"anomaly_detected": true, "title": "an error that is cut o""")]
    [InlineData("""{"anomaly_detected": "perhaps", "title": "error"}""")]
    [InlineData("""{"error": "quota"}""")]
    [InlineData("""["error"]""")]
    public void What_says_nothing_is_not_taken_for_trouble(string answer) => Assert.Equal(VerdictKind.Unusable, VerdictReader.Read(answer).Kind);

    [Theory]
    [InlineData("There is a critical outage of the database. Restart it.", Severity.Critical, "There is a critical outage of the database", "restart_service")]
    [InlineData("Severe timeouts between web and db! You should roll back.", Severity.High, "Severe timeouts between web and db", "rollback_deployment")]
    [InlineData("A minor issue: the disk fills. Free up the disk.", Severity.Info, "A minor issue: the disk fills", "clear_disk")]
    [InlineData("Requests failed in checkout", Severity.Warning, "Requests failed in checkout", null)]
    [InlineData("The service is not healthy", Severity.Warning, "The service is not healthy", null)]
    public void Prose_is_read_by_whole_words(string answer, Severity severity, string title, string? action)
    {
        var verdict = Anomaly(answer);

        Assert.Equal((severity, title, action, true), (verdict.Severity, verdict.Title, verdict.Actions.SingleOrDefault()?.Action, verdict.IsFromProse));
    }

    [Fact]
    public void Nothing_that_a_model_says_takes_long_or_throws()
    {
        foreach (var answer in (string[])
        [
            new('{', 200_000), new('"', 200_000), string.Concat(Enumerable.Repeat("{\"anomaly_detected\":", 20_000)), string.Concat(Enumerable.Repeat("```json\n{", 20_000)),
            new string('[', 100_000), "\\\\\\\"{\"", "{\"a\":\"\\", "\0\0\0",
        ])
        {
            Assert.NotEqual(VerdictKind.Read, VerdictReader.Read(answer).Kind);
        }
    }

    private static ModelVerdict Anomaly(string answer)
    {
        var verdict = Read(answer);
        Assert.True(verdict.IsAnomaly);
        return verdict;
    }

    private static ModelVerdict Read(string answer)
    {
        var reading = VerdictReader.Read(answer);
        Assert.Equal(VerdictKind.Read, reading.Kind);
        return reading.Verdict!;
    }
}
