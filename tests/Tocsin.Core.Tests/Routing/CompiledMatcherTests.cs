using Tocsin.Alerts;
using Tocsin.Routing;

namespace Tocsin.Tests.Routing;

public sealed class CompiledMatcherTests
{
    [Theory]
    [InlineData("a.c", "abc", true)]
    [InlineData("a.c", "xabc", false)]
    [InlineData("a.c", "abcx", false)]
    [InlineData("a.c", "a\nc", false)]
    [InlineData("a.*", "abc\n", false)]
    [InlineData("a|b", "b", true)]
    [InlineData("a|b", "ab", false)]
    [InlineData("a|b.", "ax", false)]
    [InlineData("(a|b)", "b", true)]
    [InlineData("(a)|(b)", "b", true)]
    [InlineData("a|", "", true)]
    [InlineData(@"10\.0\.0\.1", "10.0.0.1", true)]
    [InlineData(@"10\.0\.0\.1", "10x0.0.1", false)]
    [InlineData("(?i)crit.*", "CRITICAL", true)]
    [InlineData("", "", true)]
    [InlineData("", "x", false)]
    [InlineData(".+", "", false)]
    [InlineData(@"\d+", "12", true)]
    [InlineData(@"\d+", "١٢", false)]
    [InlineData(@"\w+", "é", false)]
    [InlineData(@"[\D]+", "ab-", true)]
    [InlineData(@"[\D]+", "a1", false)]
    [InlineData(@"[^\W]+", "a_1", true)]
    [InlineData(@"\S+", "a b", false)]
    [InlineData("[[:alpha:]]+", "abc", true)]
    [InlineData("[[:alpha:]]+", "ab:", false)]
    [InlineData("[[:digit:]x]+", "1x2", true)]
    [InlineData("[a-z-[x]]", "x]", true)]
    [InlineData("[]a]+", "]a", true)]
    [InlineData("(?P<zone>eu)-.", "eu-1", true)]
    [InlineData(@"\pL+", "äb", true)]
    [InlineData(@"\Qa.b\E.", "a.bc", true)]
    [InlineData(@"\Qa.b\E.", "axbc", false)]
    [InlineData(@"\x{e9}.", "éa", true)]
    [InlineData("x{2,3}", "xxx", true)]
    public void A_regular_expression_matches_the_whole_value_as_RE2_would(string pattern, string value, bool expected)
    {
        Assert.Equal(expected, Matches(new("label", MatchOp.Regex, pattern), LabelSet.Of(("label", value))));
        Assert.Equal(!expected, Matches(new("label", MatchOp.NotRegex, pattern), LabelSet.Of(("label", value))));
    }

    [Theory]
    [InlineData("a(?=b)", "linear time")]
    [InlineData("(?<!a)b", "linear time")]
    [InlineData(@"(a)\1", "back reference")]
    [InlineData("((a{1000}){1000}){1000}", "linear time")]
    [InlineData("a)|(b", "closes a parenthesis at position 2")]
    [InlineData("(a", "leaves 1 parenthesis open")]
    [InlineData("[a", "class at position 1")]
    [InlineData("[[:vowel:]]", "unknown class name")]
    [InlineData("a**", "repeat")]
    [InlineData("*a", "repeat")]
    [InlineData("[z-a]", "backwards")]
    [InlineData(@"a\", "lone backslash")]
    [InlineData("(?x)a b", "flags")]
    [InlineData(@"\x{110000}.", "no usable character")]
    [InlineData(@"\p{Nonsense}", "unknown escape")]
    public void What_cannot_be_matched_safely_is_an_error_that_says_why(string pattern, string expected)
    {
        var result = CompiledMatcher.Compile(new("label", MatchOp.Regex, pattern));

        Assert.False(result.Ok);
        Assert.Contains(expected, result.Error.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pattern_that_backtracks_for_ever_elsewhere_ends_here()
    {
        // Backtracking over 2 000 characters would not end while there are machines.
        var matching = Task.Run(() => Matches(new("label", MatchOp.Regex, "(a+)+b"), LabelSet.Of(("label", new string('a', 2000)))));

        Assert.False(await matching.WaitAsync(Patience.Limit));
    }

    [Theory]
    [InlineData(MatchOp.Equal, "", true)]
    [InlineData(MatchOp.NotEqual, "x", true)]
    [InlineData(MatchOp.Regex, ".*", true)]
    [InlineData(MatchOp.Regex, ".+", false)]
    [InlineData(MatchOp.NotRegex, "x|y", true)]
    [InlineData(MatchOp.NotRegex, "x|", false)]
    public void A_missing_label_reads_as_empty(MatchOp op, string value, bool expected) =>
        Assert.Equal(expected, Matches(new("nowhere", op, value), LabelSet.Of(("other", "x"))));

    [Fact]
    public void Severity_matches_in_the_senders_word_and_in_ours()
    {
        var subject = new RouteSubject(LabelSet.Of(("severity", "Page")), Severity.Critical, null, null, "prometheus");

        Assert.True(Matches(new("severity", MatchOp.Equal, "Page"), subject));
        Assert.True(Matches(new("severity", MatchOp.Equal, "critical"), subject));
        Assert.True(Matches(new("severity", MatchOp.Regex, "crit.*"), subject));
        Assert.False(Matches(new("severity", MatchOp.Equal, "high"), subject));
        Assert.False(Matches(new("severity", MatchOp.NotEqual, "Page"), subject));
        Assert.False(Matches(new("severity", MatchOp.NotEqual, "critical"), subject));
        Assert.False(Matches(new("severity", MatchOp.NotRegex, "critical|high"), subject));
        Assert.True(Matches(new("severity", MatchOp.NotEqual, "high"), subject));
    }

    [Fact]
    public void Service_environment_source_and_alertname_fall_back_to_what_Tocsin_made_of_the_alert()
    {
        var subject = new RouteSubject(LabelSet.Of(("job", "api")), Severity.High, "api", "prod", "grafana-eu", "Disk is full");

        Assert.True(Matches(new("service", MatchOp.Equal, "api"), subject));
        Assert.True(Matches(new("env", MatchOp.Equal, "prod"), subject));
        Assert.True(Matches(new("environment", MatchOp.Equal, "prod"), subject));
        Assert.True(Matches(new("source", MatchOp.Equal, "grafana-eu"), subject));
        Assert.True(Matches(new("alertname", MatchOp.Equal, "Disk is full"), subject));
        Assert.False(Matches(new("service", MatchOp.Equal, ""), subject));
        Assert.False(Matches(new("source", MatchOp.NotEqual, "grafana-eu"), subject));
    }

    [Fact]
    public void The_title_does_not_stand_beside_a_real_alertname()
    {
        var subject = new RouteSubject(LabelSet.Of(("alertname", "DiskFull")), Severity.High, null, null, "s", "Disk is full on a");

        Assert.True(Matches(new("alertname", MatchOp.Equal, "DiskFull"), subject));
        Assert.False(Matches(new("alertname", MatchOp.Equal, "Disk is full on a"), subject));
    }

    private static bool Matches(Matcher matcher, LabelSet labels) => Matches(matcher, new RouteSubject(labels, default, null, null, ""));

    private static bool Matches(Matcher matcher, RouteSubject subject)
    {
        var compiled = CompiledMatcher.Compile(matcher);
        Assert.True(compiled.Ok, compiled.Error?.Detail);
        return compiled.Value.IsMatch(subject);
    }
}
