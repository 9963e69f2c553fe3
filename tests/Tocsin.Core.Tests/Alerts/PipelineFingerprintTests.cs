using Tocsin.Alerts;

namespace Tocsin.Tests.Alerts;

public sealed class PipelineFingerprintTests
{
    [Fact]
    public void The_published_example_comes_out() => Assert.Equal(
        "03fe45e3b25e8112e4e7a5d97a09b49451462a7e6dbaf73cb5b5f678eb153fb3",
        PipelineFingerprint.Of("grafana", " Quartz Lag\uFEFF", "7", "", "abc"));

    [Theory]
    [InlineData("\u00A0\u2028x\u3000", "x")]
    [InlineData("ΟΔΟΣ", "οδο\u03C2")]
    [InlineData("ΟΔΟΣ ΣΑ", "οδο\u03C2 σα")]
    [InlineData("Σ", "\u03C3")]
    [InlineData("ΑΣ.Α", "α\u03C3.α")]
    [InlineData("İ", "i\u0307")]
    [InlineData("𐐀x", "𐐨x")]
    public void Titles_are_trimmed_and_lower_cased_as_JavaScript_does(string title, string same) =>
        Assert.Equal(Of(same), Of(title));

    [Fact]
    public void A_next_line_character_is_not_a_blank_to_JavaScript() => Assert.NotEqual(Of("x"), Of("x\u0085"));

    [Fact]
    public void Each_part_of_the_identity_counts_only_if_it_is_there()
    {
        Assert.Equal(PipelineFingerprint.Of("s", "t", null, null, null), PipelineFingerprint.Of("s", "t", "", "", ""));
        Assert.NotEqual(PipelineFingerprint.Of("s", "t", "1", null, null), PipelineFingerprint.Of("s", "t", null, "1", null));
    }

    private static string Of(string title) => PipelineFingerprint.Of("s", title, null, null, null);
}
