using Tocsin.Estate;
using Tocsin.Tests.Estate;

namespace Tocsin.Pages;

public sealed class PolicyDrawingTests
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Each_step_says_when_it_comes_in_each_round_and_whom_it_reaches_now()
    {
        var drawn = Draw("{name: main, repeat: 2, steps: [{notify: [\"schedule:primary\"], wait: 5m}, {notify: [\"user:cy\", \"user:bo\"], wait: 10m}]}");

        Assert.Equal([("at once", "15 min, 30 min", "5 min"), ("after 5 min", "20 min, 35 min", "10 min")], drawn.Steps.Select(s => (s.After, s.Again!, s.Wait!)));
        var schedule = Assert.Single(drawn.Steps[0].Targets);
        Assert.Equal(("schedule", "primary", "/schedules/primary"), (schedule.What, schedule.Name, schedule.Link));
        Assert.Equal(["ana"], schedule.Now);
        Assert.Equal((new DateTimeOffset(2026, 11, 23, 9, 0, 0, TimeSpan.Zero), "bo"), (schedule.Until, schedule.Next[0]));

        // Cy has no way to be reached.
        Assert.Empty(drawn.Steps[1].Targets[0].Now);
        Assert.Equal(["bo"], drawn.Steps[1].Targets[1].Now);
        Assert.Equal(["after 15 min", "after 45 min"], drawn.Ends.Select(e => e.After));
    }

    [Fact]
    public void Rounds_are_drawn_to_scale_on_one_axis()
    {
        var drawn = Draw("{name: main, repeat: 1, steps: [{notify: [\"user:bo\"], wait: 5m}, {notify: [\"user:ana\"], wait: 15m}]}");

        Assert.Equal([(0, 6, 1, "0"), (6, 24, 2, "5 min"), (24, 30, 1, "20 min"), (30, 48, 2, "25 min")], drawn.Bars.Select(b => (b.From, b.To, b.Step, b.At)));
        Assert.Equal(0, drawn.MoreRounds);
        Assert.Equal(95, Draw("{name: main, repeat: 100, steps: [{notify: [\"user:bo\"], wait: 5m}]}").MoreRounds);
        Assert.Empty(Draw("{name: main, steps: [{notify: [\"user:bo\"], wait: 0s}]}").Bars);
    }

    [Fact]
    public void A_step_that_is_passed_at_this_hour_says_so_and_one_of_another_hour_does_not()
    {
        const string Policy = "{name: main, repage_after: 2h, steps: [{notify: [\"user:bo\"], when: {between: \"HOURS\", time_zone: UTC, urgency: high}}]}";
        var passed = Draw(Policy.Replace("HOURS", "18:00-20:00", StringComparison.Ordinal));
        var counts = Draw(Policy.Replace("HOURS", "09:00-18:00", StringComparison.Ordinal));

        Assert.StartsWith("high urgency, ", passed.Steps[0].When, StringComparison.Ordinal);
        Assert.NotNull(passed.Steps[0].PassedNow);
        Assert.Null(counts.Steps[0].PassedNow);
        Assert.Equal("2 h after an acknowledgement", passed.Ends[^1].After);
    }

    [Fact]
    public void It_is_named_by_routes_and_by_services_also_those_that_name_none()
    {
        var drawn = Draw("{name: main, steps: [{notify: [\"user:bo\"]}]}");

        Assert.Equal(["root", "deep"], drawn.Routes);
        Assert.Equal(["checkout", "search"], drawn.Services);
    }

    private static PolicyTimeline Draw(string policy)
    {
        var model = EstateBench.Model($$"""
            users:
              - {name: ana, contact: [{name: mail, type: email, address: ana@shop.example}]}
              - {name: bo, contact: [{name: mail, type: email, address: bo@shop.example}]}
              - {name: cy}
            schedules: [{name: primary, time_zone: UTC, rotations: [{name: weekly, users: [ana, bo], start: 2026-11-16T09:00, every: 1w}]}]
            policies: [{{policy}}, {name: other, steps: [{notify: ["user:ana"]}]}]
            services: [{name: checkout, policy: main}, {name: search}, {name: refunds, policy: other}]
            route: {name: root, policy: main, routes: [{name: a, policy: other, routes: [{name: deep, policy: main}]}]}
            """);
        return PolicyDrawing.Draw(model.Policies["main"], EstateSnapshot.Of(1, model, []), s_now);
    }
}
