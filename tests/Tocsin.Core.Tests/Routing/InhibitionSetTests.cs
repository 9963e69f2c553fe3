using Tocsin.Alerts;
using Tocsin.Routing;

namespace Tocsin.Tests.Routing;

public sealed class InhibitionSetTests
{
    private static readonly InhibitionSet Rules = InhibitionSet.Compile(
    [
        new("node", Matching("alertname=NodeDown"), Matching("severity=~\"warning|high\""), ["instance"]),
        new("worse", Matching("severity=critical"), Matching("team=db"), []),
    ]);

    [Fact]
    public void Alerts_of_equal_labels_meet_at_one_key()
    {
        var source = Places(("alertname", "NodeDown"), ("instance", "a"));
        var target = Places(("alertname", "Slow"), ("severity", "warning"), ("instance", "a"));
        var elsewhere = Places(("alertname", "Slow"), ("severity", "warning"), ("instance", "b"));

        Assert.Equal(InhibitionSide.Source, Assert.Single(source).Side);
        Assert.Equal(source[0].Key, Assert.Single(target).Key);
        Assert.True(target[0].IsMutedBy(source[0].Side));
        Assert.NotEqual(source[0].Key, Assert.Single(elsewhere).Key);
    }

    [Fact]
    public void A_label_that_both_lack_is_equal() =>
        Assert.Equal(Assert.Single(Places(("alertname", "NodeDown"))).Key, Assert.Single(Places(("severity", "warning"))).Key);

    [Fact]
    public void What_is_on_both_sides_is_muted_by_none_that_is_on_both()
    {
        Assert.False(InhibitionPlace.Mutes(InhibitionSide.Both, InhibitionSide.Both));
        Assert.True(InhibitionPlace.Mutes(InhibitionSide.Source, InhibitionSide.Both));
        Assert.True(InhibitionPlace.Mutes(InhibitionSide.Both, InhibitionSide.Target));
        Assert.False(InhibitionPlace.Mutes(InhibitionSide.Target, InhibitionSide.Target));
    }

    [Fact]
    public void Keys_of_different_rules_never_meet()
    {
        var places = Places(("alertname", "NodeDown"), ("severity", "critical"));

        Assert.Equal(2, places.Select(p => p.Key).Distinct().Count());
    }

    [Fact]
    public void The_stamp_changes_with_any_rule()
    {
        var other = InhibitionSet.Compile([new("node", Matching("alertname=NodeDown"), Matching("severity=~\"warning|high\""), ["host"])]);

        Assert.NotEqual(Rules.Stamp, other.Stamp);
        Assert.Equal(0, InhibitionSet.Empty.Stamp);
    }

    [Fact]
    public void A_rule_without_matchers_is_refused_and_mutes_nothing()
    {
        var rule = new Inhibition("all", [], Matching("a=b"), []);

        Assert.Equal("source", InhibitionSet.Check(rule)?.Field);
        Assert.True(InhibitionSet.Compile([rule]).IsEmpty);
    }

    private static IReadOnlyList<InhibitionPlace> Places(params (string, string)[] labels)
    {
        var set = LabelSet.Of(labels);
        return Rules.PlacesOf(new(set, SeverityWords.Read(set["severity"]), null, null, "prom"));
    }

    private static IReadOnlyList<Matcher> Matching(string text) => MatcherText.Parse(text).Value!;
}
