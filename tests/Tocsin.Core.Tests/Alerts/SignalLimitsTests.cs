using System.Text;
using Tocsin.Alerts;

namespace Tocsin.Tests.Alerts;

public sealed class SignalLimitsTests
{
    private Warnings _warnings;

    [Fact]
    public void A_key_of_255_characters_stays()
    {
        var key = new string('k', 255);
        Assert.Same(key, SignalLimits.DedupKey(key));
    }

    [Fact]
    public void A_longer_key_keeps_190_characters_and_gets_its_hash()
    {
        var key = SignalLimits.DedupKey(new string('k', 256));

        Assert.Equal(255, key.Length);
        // printf 'k%.0s' $(seq 256) | sha256sum
        Assert.Equal(new string('k', 190) + ":ce16fe78208a4e93f7158e62393680e025b2ad584f4e875ce903a654bb74cf93", key);
    }

    [Fact]
    public void A_shortened_key_has_no_half_character()
    {
        var key = SignalLimits.DedupKey(new string('k', 189) + string.Concat(Enumerable.Repeat("😀", 100)));

        Assert.Equal(189 + 65, key.Length);
        Assert.True(key.All(c => !char.IsSurrogate(c)));
    }

    [Theory]
    [InlineData("Disk full", "Disk full")]
    [InlineData("  Disk \r\n\t full\u2028now ", "Disk full now")]
    [InlineData("a\u0001b", "a b")]
    [InlineData("\n", "")]
    public void A_title_is_one_line(string text, string expected) => Assert.Equal(expected, SignalLimits.Title(text));

    [Fact]
    public void A_title_is_at_most_250_long()
    {
        var exact = new string('t', 250);
        Assert.Same(exact, SignalLimits.Title(exact));
        Assert.Equal(new string('t', 249) + "…", SignalLimits.Title(new string('t', 251)));
        Assert.Equal(new string('t', 248) + "…", SignalLimits.Title(new string('t', 248) + "😀😀"));
    }

    [Fact]
    public void A_description_is_cut_at_16_KiB_between_characters_and_says_so()
    {
        Assert.Equal(16384, SignalLimits.Description(new string('d', 16384), ref _warnings)!.Length);
        Assert.Empty(_warnings.Sentences);

        var cut = SignalLimits.Description("d" + string.Concat(Enumerable.Repeat("😀", 5000)), ref _warnings)!;
        Assert.Equal(1 + (4 * 4095), Encoding.UTF8.GetByteCount(cut));
        Assert.Single(_warnings.Sentences);
        Assert.Null(SignalLimits.Description(" \n", ref _warnings));
    }

    [Fact]
    public void Of_too_many_labels_those_that_routing_reads_are_kept()
    {
        var many = LabelSet.From(Enumerable.Range(0, 100).Select(i => KeyValuePair.Create($"l{i:00}", "v"))
            .Append(new("severity", "critical")).Append(new("team", "payments")).Append(new("zone", "z")));

        var kept = SignalLimits.Labels(many, ref _warnings);

        Assert.Equal(64, kept.Count);
        Assert.Equal("critical", kept["severity"]);
        Assert.Equal("payments", kept["team"]);
        Assert.Equal("v", kept["l00"]);
        Assert.Equal("", kept["zone"]);
        Assert.Equal("103 labels were sent; 64 were kept.", Assert.Single(_warnings.Sentences));
    }

    [Fact]
    public void A_long_value_is_cut_and_a_set_that_fits_is_left_alone()
    {
        var fits = LabelSet.Of(("a", new string('x', 2048)));
        Assert.Same(fits, SignalLimits.Labels(fits, ref _warnings));

        Assert.Equal(2048, SignalLimits.Labels(LabelSet.Of(("a", new string('x', 2049))), ref _warnings)["a"].Length);
        Assert.Equal(2049, SignalLimits.Annotations(LabelSet.Of(("a", new string('x', 2049))), ref _warnings)["a"].Length);
        Assert.Single(_warnings.Sentences);
    }

    [Fact]
    public void An_owned_array_makes_the_same_set_as_any_other()
    {
        KeyValuePair<string, string>[] unsorted = [new("b", "2"), new("a", "1"), new("c", ""), new("b", "3")];
        KeyValuePair<string, string>[] sorted = [new("a", "1"), new("b", ""), new("c", "3")];

        Assert.Equal(LabelSet.From([.. unsorted]), LabelSet.FromOwned([.. unsorted]));
        Assert.Equal(LabelSet.From([.. sorted]), LabelSet.FromOwned([.. sorted]));
        Assert.Same(LabelSet.Empty, LabelSet.FromOwned([new("a", "")]));
        Assert.Empty(LabelSet.FromOwned([new("a", "1"), new("a", "")]));
    }
}
