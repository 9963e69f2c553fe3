using Tocsin.Alerts;
using Tocsin.Routing;

namespace Tocsin.Tests.Routing;

public sealed class RouterTests
{
    private static readonly Route Tree = new()
    {
        Name = "root",
        Policy = "default",
        GroupBy = ["service", "alertname"],
        GroupWait = TimeSpan.FromSeconds(20),
        Routes =
        [
            Child("platform", "team=platform") with { Policy = "platform" },
            Child("audit", "audit=yes") with { Policy = Route.NoPolicy, Continue = true, GroupBy = [] },
            Child("payments", "team=payments") with
            {
                Policy = "payments",
                GroupInterval = TimeSpan.FromMinutes(1),
                Service = "checkout",
                Routes = [Child("payments-critical", "severity=critical") with { Urgency = Urgency.High, GroupBy = ["..."] }],
            },
            Child("late", "team=payments") with { Policy = "late" },
        ],
    };

    [Theory]
    [InlineData("team=platform", "root/platform")]
    [InlineData("team=payments", "root/payments")]
    [InlineData("team=payments severity=critical", "root/payments/payments-critical")]
    [InlineData("team=nobody", "root")]
    [InlineData("", "root")]
    [InlineData("audit=yes", "root/audit")]
    [InlineData("audit=yes team=payments", "root/audit root/payments")]
    [InlineData("audit=yes team=nobody", "root/audit")]
    public void An_alert_goes_depth_first_to_the_first_sibling_that_matches_unless_it_continues(string labels, string expected) =>
        Assert.Equal(expected, string.Join(' ', Compiled(Tree).Decide(Subject(labels)).Destinations.Select(d => d.Path)));

    [Fact]
    public void A_destination_has_what_its_route_and_parents_say()
    {
        var destination = Assert.Single(Compiled(Tree).Decide(Subject("team=payments severity=critical")).Destinations);

        Assert.Equal("payments-critical", destination.Route);
        Assert.Equal("payments", destination.Policy);
        Assert.Equal("route payments", destination.PolicyFrom);
        Assert.Equal(Urgency.High, destination.Urgency);
        Assert.Equal("checkout", destination.Service);
        Assert.Equal(["..."], destination.GroupBy);
        Assert.Equal(TimeSpan.FromSeconds(20), destination.GroupWait);
        Assert.Equal(TimeSpan.FromMinutes(1), destination.GroupInterval);
        Assert.Equal("root → payments (team=\"payments\") → payments-critical (severity=\"critical\")", destination.Reason);
    }

    [Fact]
    public void A_bare_root_has_the_documented_defaults()
    {
        var destination = Assert.Single(Compiled(new() { Name = "root" }).Decide(Subject("service=web")).Destinations);

        Assert.Null(destination.Policy);
        Assert.Equal("", destination.PolicyFrom);
        Assert.Equal(["alertname", "service"], destination.GroupBy);
        Assert.Equal(TimeSpan.Zero, destination.GroupWait);
        Assert.Equal(TimeSpan.FromMinutes(5), destination.GroupInterval);
    }

    [Theory]
    [InlineData(Severity.Critical, Urgency.High)]
    [InlineData(Severity.High, Urgency.High)]
    [InlineData(Severity.Warning, Urgency.Low)]
    [InlineData(Severity.Info, Urgency.Low)]
    [InlineData(Severity.Unset, Urgency.High)]
    public void Urgency_follows_severity_where_no_route_sets_it(Severity severity, Urgency expected) =>
        Assert.Equal(expected, Compiled(Tree).Decide(Subject("") with { Severity = severity }).Destinations[0].Urgency);

    [Theory]
    [InlineData("", "web", "web-policy", "service web")]
    [InlineData("", "unowned", "default", "route root")]
    [InlineData("", "nowhere", "default", "route root")]
    [InlineData("team=platform", "web", "platform", "route platform")]
    [InlineData("plain=yes", "web", "web-policy", "service web")]
    public void The_services_policy_stands_between_the_routes_and_the_roots(string labels, string service, string policy, string from)
    {
        var tree = Tree with { Routes = [.. Tree.Routes, Child("plain", "plain=yes")] };
        var services = new Dictionary<string, Estate.Service>
        {
            ["web"] = new("web", null, "web-policy"),
            ["unowned"] = new("unowned", null, null),
        };

        var destination = Router.Compile(tree, services).Value!.Decide(Subject(labels) with { Service = service }).Destinations[0];

        Assert.Equal((policy, from), (destination.Policy, destination.PolicyFrom));
    }

    [Fact]
    public void The_group_key_is_the_path_and_the_group_labels()
    {
        var group = Compiled(Tree).Decide(Subject("alertname=Down team=platform instance=a") with { Service = "web" }).Destinations[0].Group;

        Assert.Equal("root/platform:{alertname=\"Down\",service=\"web\"}", group.Text);
        // printf %s 'root/platform:{alertname="Down",service="web"}' | sha256sum
        Assert.Equal(Convert.ToInt64("49d750b5d6b81a27", 16), group.Hash);
    }

    [Fact]
    public void The_group_labels_can_be_shown()
    {
        var subject = Subject("alertname=Down instance=a") with { Service = "web" };

        Assert.Equal(LabelSet.Of(("alertname", "Down"), ("service", "web")), subject.GroupLabels(["alertname", "service", "zone"]));
        Assert.Same(subject.Labels, subject.GroupLabels(["..."]));
    }

    [Fact]
    public void Alerts_fold_only_if_all_group_labels_are_equal()
    {
        var router = Compiled(Tree);
        long Hash(string labels) => router.Decide(Subject(labels)).Destinations[0].Group.Hash;

        Assert.Equal(Hash("alertname=A service=s instance=1"), Hash("alertname=A service=s instance=2"));
        Assert.NotEqual(Hash("alertname=A service=s"), Hash("alertname=A service=t"));
        Assert.NotEqual(Hash("alertname=A service=s"), Hash("alertname=A service=s team=platform"));
        Assert.NotEqual(
            Hash("team=payments severity=critical instance=1"), Hash("team=payments severity=critical instance=2"));
        Assert.Equal(Hash("audit=yes alertname=A"), Hash("audit=yes alertname=B"));
    }

    [Fact]
    public void Crafted_values_cannot_imitate_another_group()
    {
        var router = Compiled(Tree with { GroupBy = ["a", "b"] });
        GroupKey Group(params (string, string)[] labels) =>
            router.Decide(new(LabelSet.Of(labels), Severity.High, null, null, "s")).Destinations[0].Group;

        Assert.NotEqual(Group(("a", "x\",b=\"y")), Group(("a", "x"), ("b", "y")));
        Assert.NotEqual(Group(("a", "x\\"), ("b", "y")), Group(("a", "x\\\",b=\"y")));
    }

    [Fact]
    public void A_very_long_group_key_is_shortened_but_still_tells_groups_apart()
    {
        var router = Compiled(Tree);
        var one = router.Decide(Subject("alertname=" + new string('x', 5000) + "1")).Destinations[0].Group;
        var two = router.Decide(Subject("alertname=" + new string('x', 5000) + "2")).Destinations[0].Group;

        Assert.Equal(1024, one.Text.Length);
        Assert.NotEqual(one.Text, two.Text);
        Assert.NotEqual(one.Hash, two.Hash);
        Assert.Equal(one, router.Decide(Subject("alertname=" + new string('x', 5000) + "1")).Destinations[0].Group);
    }

    [Fact]
    public void An_explanation_names_the_first_matcher_that_failed_and_who_was_not_reached()
    {
        var decision = Compiled(Tree).Explain(Subject("team=payments severity=warning"));

        Assert.Equal(
            """
            root matched
              platform refused team="platform" (team is payments)
              audit refused audit="yes" (audit is missing)
              payments matched here team="payments" (team is payments)
                payments-critical refused severity="critical" (severity is warning or high)
              late not reached
            """.ReplaceLineEndings("\n"),
            Drawn(decision.Trace!, 0).TrimEnd());
        Assert.Equal("payments-critical", decision.Trace!.Routes[2].Routes[0].Route);
        Assert.Equal("severity", decision.Trace.Routes[2].Routes[0].Failed!.Matcher.Name);
    }

    [Fact]
    public void Explaining_decides_the_same_as_deciding()
    {
        var router = Compiled(Tree);
        foreach (var labels in new[] { "", "team=payments", "audit=yes team=payments severity=critical", "team=platform" })
        {
            Assert.Equal(
                router.Decide(Subject(labels)).Destinations.Select(d => (d.Path, d.Group)),
                router.Explain(Subject(labels)).Destinations.Select(d => (d.Path, d.Group)));
            Assert.Null(router.Decide(Subject(labels)).Trace);
        }
    }

    [Fact]
    public void A_tree_that_cannot_be_right_is_refused_with_the_route_that_is_wrong()
    {
        Assert.Contains("'root'", Refusal(Tree with { Match = [new("a", MatchOp.Equal, "b")] }), StringComparison.Ordinal);
        Assert.Contains("'platform'", Refusal(Tree with { Routes = [.. Tree.Routes, Child("platform", "a=b")] }), StringComparison.Ordinal);
        Assert.Contains(
            "'odd'", Refusal(Tree with { Routes = [new() { Name = "odd", Match = [new("a", MatchOp.Regex, "(")] }] }), StringComparison.Ordinal);

        var deep = new Route { Name = "0" };
        for (var i = 1; i <= Router.MaxDepth; i++)
        {
            deep = new() { Name = $"{i}", Routes = [deep] };
        }

        Assert.Contains("levels deep", Refusal(deep), StringComparison.Ordinal);
    }

    private static string Refusal(Route root) => Router.Compile(root).Error!.Detail;

    private static Router Compiled(Route root)
    {
        var router = Router.Compile(root);
        Assert.True(router.Ok, router.Error?.Detail);
        return router.Value;
    }

    private static Route Child(string name, string match) => new() { Name = name, Match = MatcherText.Parse(match).Value! };

    private static RouteSubject Subject(string labels) => new(
        LabelSet.Of([.. labels.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('=', 2)).Select(p => (p[0], p[1]))]),
        Severity.High,
        null,
        null,
        "prometheus");

    private static string Drawn(RouteTrace trace, int depth) =>
        new string(' ', depth * 2) + trace.Route
        + trace.Verdict switch { RouteVerdict.Matched => " matched", RouteVerdict.Refused => " refused", _ => " not reached" }
        + (trace.IsDestination ? " here" : "")
        + string.Concat(trace.Checks.Select(c => $" {c}"))
        + "\n" + string.Concat(trace.Routes.Select(r => Drawn(r, depth + 1)));
}
