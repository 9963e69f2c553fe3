using Tocsin.Estate;

namespace Tocsin.Tests.Estate;

public sealed class RouteTestsTests
{
    private const string Estate = """
        users:
          - {name: ana, contact: [{name: mail, type: email, address: ana@example.test}]}
          - {name: bo, contact: [{name: mail, type: email, address: bo@example.test}], notify: {high: [{after: 2m, via: mail}], low: [{after: 10m, via: mail}]}}
          - {name: cy, disabled: true, contact: [{name: mail, type: email, address: cy@example.test}]}
        teams: [{name: all, members: [cy, bo, ana]}, {name: off, members: [cy]}]
        channels: [{name: ops, type: email, address: ops@example.test}]
        schedules:
          - name: s
            time_zone: Europe/Berlin
            rotations: [{name: weekly, users: [ana, bo], start: 2026-01-05T09:00, every: 1w}]
        policies:
          - {name: rota, steps: [{notify: [schedule:s]}]}
          - {name: team, steps: [{notify: [team:off]}, {notify: [team:all]}]}
          - {name: late, steps: [{notify: [channel:ops], wait: 5m}, {notify: [user:ana]}]}
          - {name: quiet, steps: [{notify: [channel:ops]}]}
        route:
          policy: rota
          group_wait: 30s
          routes:
            - {name: team, match: [to=team], policy: team, urgency: high}
            - {name: late, match: [to=late], policy: late}
            - {name: quiet, match: [to=quiet], policy: quiet}
            - {name: low, match: [to=low], policy: team, urgency: low}
            - {name: tests, match: [to=nothing], tests: [
        """;

    [Theory]
    [InlineData("{labels: {a: b}, expect: {policy: rota}}")]
    [InlineData("{labels: {a: b}, at: 2026-11-23T08:59+01:00, expect: {first_page: bo, within: 2m30s}}")]
    [InlineData("{labels: {a: b}, at: 2026-11-23T09:00+01:00, expect: {first_page: ana, within: 30s}}")]
    [InlineData("{labels: {a: b}, at: 2026-11-23T08:59:27+01:00, expect: {first_page: bo}}")]
    [InlineData("{labels: {a: b}, at: 2026-11-23T08:59:30+01:00, expect: {first_page: ana}}")]
    [InlineData("{labels: {to: team}, expect: {policy: team, first_page: ana, within: 30s}}")]
    [InlineData("{labels: {to: late}, expect: {first_page: ana, within: 5m30s}}")]
    [InlineData("{labels: {to: low}, expect: {first_page: ana}}")]
    [InlineData("{labels: {a: b}, at: 2026-11-23T09:00 Europe/Berlin, expect: {first_page: ana, by: mail}}")]
    [InlineData("{labels: {a: b}, at: 2026-11-23T09:00 Europe/Berlin, expect: {by: email}}")]
    [InlineData("{labels: {to: quiet}, expect: {policy: quiet, nobody: true}}")]
    [InlineData("{labels: {to: late}, expect: {steps: [{step: 1, reaches: \"channel:ops\"}, {step: 2, reaches: ana}]}}")]
    public void What_would_happen_passes(string test) => Assert.Empty(Failures(test));

    [Theory]
    [InlineData("{labels: {a: b}, expect: {policy: team}}", "expected policy team, but route root leads to rota")]
    [InlineData("{labels: {a: b}, at: 2026-11-23T08:59+01:00, expect: {first_page: ana}}", "expected the first page to ana, but policy rota pages bo first at 2026-11-23T07:59Z")]
    [InlineData("{labels: {to: quiet}, expect: {first_page: ana}}", "expected ana to be paged, but route quiet with policy quiet pages nobody")]
    [InlineData("{labels: {to: quiet}, expect: {policy: quiet, by: mail}}", "expected somebody to be paged, but route quiet with policy quiet pages nobody")]
    [InlineData("{labels: {a: b}, at: 2026-11-23T09:00Z, expect: {by: phone}}", "expected the first page to come by phone, but ana gets it by mail (email) at 2026-11-23T09:00Z")]
    [InlineData("{labels: {to: late}, expect: {nobody: true}}", "expected nobody to be paged, but policy late pages ana")]
    [InlineData("{labels: {to: late}, expect: {muted_by: nights}}", "expected it to be muted by nights, but nothing mutes it")]
    [InlineData("{labels: {to: late}, expect: {steps: [{step: 2, reaches: bo}]}}", "expected step 2 to reach bo, but it reaches ana (user ana)")]
    [InlineData("{labels: {to: late}, expect: {steps: [{step: 3, reaches: bo}]}}", "expected step 3 to reach bo, but policy late has 2 steps")]
    [InlineData("{labels: {to: late}, expect: {within: 5m}}", "expected a page within 5m, but the first one, to ana, comes after 5m30s")]
    public void What_would_not_happen_fails_with_what_would(string test, string text)
    {
        var failure = Assert.Single(Failures(test));

        Assert.Equal($"route test failed: {text}", failure.Text);
        Assert.Equal((27, "root/tests.tests[0]"), (failure.Mark.Line, failure.Path));
    }

    [Fact]
    public void The_report_counts_the_tests()
    {
        var report = EstateBench.Check(Estate + "\n      {labels: {a: b}, expect: {policy: team}},\n      {labels: {a: b}, expect: {policy: rota}}]}");

        Assert.False(report.Ok);
        Assert.Equal(
            """
            estate.yaml:27:7: error: route test failed: expected policy team, but route root leads to rota
            estate.yaml:15:26: warning: step 1 of policy team reaches nobody and falls through at once
            failed: 12 objects in 1 workspace, 0 errors, 1 warning, 1 of 2 route tests failed

            """,
            report.Render());
    }

    private static IReadOnlyList<EstateFault> Failures(string test)
    {
        var report = EstateBench.Check($"{Estate}\n      {test}]}}");
        Assert.Empty(report.Faults);
        return report.TestFailures;
    }
}
