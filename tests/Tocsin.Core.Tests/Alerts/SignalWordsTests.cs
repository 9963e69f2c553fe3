using Tocsin.Alerts;

namespace Tocsin.Tests.Alerts;

public sealed class SignalWordsTests
{
    [Theory]
    [InlineData("critical", Severity.Critical)]
    [InlineData("CRIT", Severity.Critical)]
    [InlineData(" Sev1 ", Severity.Critical)]
    [InlineData("page", Severity.Critical)]
    [InlineData("S1", Severity.Critical)]
    [InlineData("error", Severity.High)]
    [InlineData("P2", Severity.High)]
    [InlineData("average", Severity.High)]
    [InlineData("Warn", Severity.Warning)]
    [InlineData("medium", Severity.Warning)]
    [InlineData("none", Severity.Info)]
    [InlineData("lowest", Severity.Info)]
    [InlineData("1", Severity.Unset)]
    [InlineData("spicy", Severity.Unset)]
    [InlineData("", Severity.Unset)]
    [InlineData(null, Severity.Unset)]
    public void Severity_words_are_read_without_regard_to_case(string? word, Severity expected) =>
        Assert.Equal(expected, SeverityWords.Read(word));

    [Theory]
    [InlineData("firing", SignalStatus.Firing)]
    [InlineData("Re-Triggered", SignalStatus.Firing)]
    [InlineData("No Data", SignalStatus.Firing)]
    [InlineData("critical", SignalStatus.Firing)]
    [InlineData("OK", SignalStatus.Resolved)]
    [InlineData(" closed ", SignalStatus.Resolved)]
    [InlineData("ack", SignalStatus.Acknowledged)]
    [InlineData("dancing", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void Status_words_are_read_without_regard_to_case(string? word, SignalStatus? expected) =>
        Assert.Equal(expected, StatusWords.Read(word));

    [Fact]
    public void Our_own_words_are_read_back()
    {
        Assert.All(Enum.GetValues<Severity>(), s => Assert.Equal(s, SeverityWords.Read(s.Word())));
        Assert.All(Enum.GetValues<SignalStatus>(), s => Assert.Equal(s, StatusWords.Read(s.Word())));
    }

    [Fact]
    public void Service_and_environment_come_from_the_first_label_that_has_a_value()
    {
        Assert.Equal("a", LabelHints.Service(LabelSet.Of(("service", "a"), ("app", "b"), ("job", "c"))));
        Assert.Equal("b", LabelHints.Service(LabelSet.Of(("service.name", "b"), ("app", "c"))));
        Assert.Equal("c", LabelHints.Service(LabelSet.Of(("job", "c"), ("service", ""))));
        Assert.Equal("prod", LabelHints.Environment(LabelSet.Of(("deployment.environment.name", "prod"))));
        Assert.Equal("x", LabelHints.Environment(LabelSet.Of(("env", "x"), ("environment", "y"))));
        Assert.Null(LabelHints.Service(LabelSet.Empty));
    }

    [Fact]
    public void Severity_comes_from_the_first_label_whose_word_is_known()
    {
        var warnings = default(Warnings);

        Assert.Equal(Severity.Critical, LabelHints.Severity(LabelSet.Of(("severity", "crit"), ("level", "info")), ref warnings));
        Assert.Equal(Severity.High, LabelHints.Severity(LabelSet.Of(("severity", "spicy"), ("priority", "P2")), ref warnings));
        Assert.Equal(Severity.Unset, LabelHints.Severity(LabelSet.Empty, ref warnings));
        Assert.Empty(warnings.Sentences);

        Assert.Equal(Severity.Unset, LabelHints.Severity(LabelSet.Of(("severity", "spicy")), ref warnings));
        Assert.Contains("spicy", Assert.Single(warnings.Sentences), StringComparison.Ordinal);
    }
}
