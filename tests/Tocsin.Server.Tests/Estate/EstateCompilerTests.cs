using Tocsin.Alerts;
using Tocsin.Escalation;
using Tocsin.Estate;
using Tocsin.Notify;
using Tocsin.OnCall;
using Tocsin.Routing;

namespace Tocsin.Tests.Estate;

public sealed class EstateCompilerTests
{
    [Fact]
    public void A_user_has_what_the_file_says()
    {
        var user = EstateBench.Model("""
            users:
              - name: ana
                full_name: Ana Díaz
                email: ana@example.test
                time_zone: Europe/Madrid
                role: admin
                disabled: true
                contact:
                  - {name: phone, type: ntfy, url: https://ntfy.example.test, topic: ana, token: "${env:TOKEN}"}
                  - {name: mail, type: email, address: ana@example.test}
                notify:
                  high: [{after: 5m, via: mail}, {after: 0s, via: phone}]
                  low: [{after: 1h, via: mail}]
            """, ("TOKEN", "tk_1")).Users["ana"];

        Assert.Equal(("Ana Díaz", "ana@example.test", "Europe/Madrid", "admin", true), (user.FullName, user.Email, user.TimeZone, user.Role, user.Disabled));
        Assert.Equal("tk_1", user.Contact[0].Settings["token"]);
        Assert.Equal(["url", "topic", "token"], user.Contact[0].Settings.Keys);
        Assert.Equal([new NotifyRule(TimeSpan.Zero, "phone"), new(TimeSpan.FromMinutes(5), "mail")], user.High);
        Assert.Equal([new NotifyRule(TimeSpan.FromHours(1), "mail")], user.Low);
    }

    [Fact]
    public void Conditions_turns_and_quiet_hours_have_what_the_file_says()
    {
        var model = EstateBench.Model("""
            users:
              - name: ana
                time_zone: Europe/Madrid
                quiet_hours: {between: 22:00-08:00, days: "sun-thu", high_too: true}
                max_pages_per_minute: 3
              - {name: bo, quiet_hours: {between: 23:00-07:00, time_zone: UTC}}
            teams: [{name: ops, members: [ana, bo]}]
            policies:
              - name: main
                repage_after: 30m
                steps:
                  - {notify: [team:ops], round_robin: true}
                  - {notify: [user:ana], when: {urgency: high, priority: [p1, "2", urgent], days: "fri,mon-tue", between: 09:00-18:00, time_zone: Europe/Berlin}}
            """);

        var (ana, bo) = (model.Users["ana"], model.Users["bo"]);
        Assert.Equal("sun-thu 22:00-08:00 (Europe/Madrid)", ana.Quiet!.Hours.ToString().Replace("mon-thu,sun", "sun-thu", StringComparison.Ordinal));
        Assert.Equal((true, 3), (ana.Quiet.AlsoHigh, ana.MaxPerMinute));
        Assert.Equal(("23:00-07:00 (UTC)", false, null), (bo.Quiet!.Hours.ToString(), bo.Quiet.AlsoHigh, bo.MaxPerMinute));
        var policy = model.Policies["main"];
        Assert.Equal(TimeSpan.FromMinutes(30), policy.RepageAfter);
        Assert.Equal((true, null), (policy.Steps[0].RoundRobin, policy.Steps[0].When));
        Assert.Equal("high urgency, priority P1 or P2 or urgent, mon,tue,fri 09:00-18:00 (Europe/Berlin)", policy.Steps[1].When!.ToString());
    }

    [Fact]
    public void Without_rules_high_climbs_the_methods_every_two_minutes_and_low_takes_the_first()
    {
        var user = EstateBench.Model("""
            users:
              - name: ana
                contact:
                  - {name: a, type: email, address: a@example.test}
                  - {name: b, type: email, address: b@example.test}
                  - {name: c, type: email, address: c@example.test}
            """).Users["ana"];

        Assert.Equal([new NotifyRule(TimeSpan.Zero, "a"), new(TimeSpan.FromMinutes(2), "b"), new(TimeSpan.FromMinutes(4), "c")], user.High);
        Assert.Equal([new NotifyRule(TimeSpan.Zero, "a")], user.Low);
        Assert.Equal((null, "responder", false), (user.TimeZone, user.Role, user.Disabled));
    }

    [Fact]
    public void Schedules_policies_and_services_have_what_the_file_says()
    {
        var model = EstateBench.Model($$$"""
            {{{People("ana", "bo")}}}
            teams: [{name: payments, members: [ana, bo]}]
            services: [{name: shop/checkout, team: payments, policy: none, description: Where money comes in}]
            schedules:
              - name: primary
                team: payments
                time_zone: Europe/Berlin
                rotations:
                  - {name: weekly, users: [ana, bo], start: 2026-01-05T09:00, every: 1w}
                  - name: nights
                    users: [bo]
                    start: 2026-01-05T09:00:30
                    end: 2027-01-05T09:00
                    every: 12h
                    days: [mon, sun]
                    from: "22:00"
                    to: "06:00"
                    priority: 2
                overrides: [{user: bo, from: 2026-12-24T09:00, to: 2026-12-27T09:00}]
            channels: [{name: ops, type: email, address: ops@example.test}]
            policies:
              - name: payments
                repeat: 3
                steps:
                  - {notify: ["schedule:primary", user:ana], wait: 10m}
                  - {notify: [team:payments], ack_within: 1h30m}
                  - {notify: [channel:ops]}
            """);

        var schedule = model.Schedules["primary"];
        Assert.Equal(("payments", "Europe/Berlin"), (schedule.Team, schedule.TimeZone));
        Assert.Equal((new DateTime(2026, 1, 5, 9, 0, 0), new RotationPeriod(1, PeriodUnit.Week)), (schedule.Rotations[0].Start, schedule.Rotations[0].Every));
        Assert.Equal(DateTimeKind.Unspecified, schedule.Rotations[0].Start.Kind);
        var nights = schedule.Rotations[1];
        Assert.Equal((new DateTime(2026, 1, 5, 9, 0, 30), new RotationPeriod(12, PeriodUnit.Hour), 2), (nights.Start, nights.Every, nights.Priority));
        Assert.Equal([DayOfWeek.Monday, DayOfWeek.Sunday], nights.Days);
        Assert.Equal((new TimeOnly(22, 0), new TimeOnly(6, 0)), (nights.From!.Value, nights.To!.Value));
        Assert.Equal(new DateTime(2027, 1, 5, 9, 0, 0), nights.End);
        Assert.Equal(new Override("bo", new(2026, 12, 24, 9, 0, 0), new(2026, 12, 27, 9, 0, 0)), Assert.Single(schedule.Overrides));

        var policy = model.Policies["payments"];
        Assert.Equal(4, policy.Rounds);
        Assert.Equal([new Target(TargetKind.Schedule, "primary"), new(TargetKind.User, "ana")], policy.Steps[0].Notify);
        Assert.Equal(["10m", "1h30m", "5m"], policy.Steps.Select(s => DurationText.Format(s.Wait)));
        Assert.Equal(new Service("shop/checkout", "payments", "none", "Where money comes in"), model.Services["shop/checkout"]);
    }

    [Fact]
    public void Sources_silences_and_routes_have_what_the_file_says()
    {
        var model = EstateBench.Model($$$"""
            {{{People("ana")}}}
            policies: [{name: payments, steps: [{notify: [user:ana]}]}]
            services: [{name: checkout}]
            sources:
              - {name: eu, type: grafana, key: abcdefghijklmnop, hmac_secret: xyz, default_severity: critical, resolve_timeout: 15m}
              - {name: us, type: generic, key: abcdefghijklmnoq, keep_open: true}
            silences:
              - {name: move, match: ['service="checkout"', 'env=~"prod|test", team!=ops'], starts_at: 2026-11-23T03:00+01:00, ends_at: "2026-11-23T04:00:00Z", comment: We move}
            route:
              policy: none
              group_by: [alertname, service]
              group_wait: 10s
              group_interval: 1m
              routes:
                - name: all
                  match: [severity="critical"]
                  policy: payments
                  urgency: low
                  service: checkout
                  group_by: ["..."]
                  continue: true
                  tests: [{labels: {severity: critical, code: 500}, at: 2026-11-23T03:00+01:00, expect: {policy: payments, first_page: ana, within: 1m}}]
            """);

        var eu = model.Sources["eu"];
        Assert.Equal(("grafana", "abcdefghijklmnop", "xyz", Severity.Critical, TimeSpan.FromMinutes(15)), (eu.Type, eu.Key, eu.HmacSecret, eu.DefaultSeverity, eu.ResolveTimeout!.Value));
        Assert.Equal((true, Severity.High, null), (model.Sources["us"].KeepOpenOnExpiry, model.Sources["us"].DefaultSeverity, model.Sources["us"].ResolveTimeout));
        var silence = Assert.Single(model.Silences);
        Assert.Equal(["service=\"checkout\"", "env=~\"prod|test\"", "team!=\"ops\""], silence.Match.Select(MatcherText.Format));
        Assert.Equal((new DateTimeOffset(2026, 11, 23, 2, 0, 0, TimeSpan.Zero), "estate"), (silence.StartsAt, silence.CreatedBy));
        Assert.Equal(("root", "none", "alertname service"), (model.Route.Name, model.Route.Policy, string.Join(' ', model.Route.GroupBy!)));
        var route = Assert.Single(model.Route.Routes);
        Assert.Equal(("payments", Urgency.Low, "checkout", true), (route.Policy, route.Urgency!.Value, route.Service, route.Continue));
        var test = Assert.Single(route.Tests);
        Assert.Equal(("500", "payments", "ana", TimeSpan.FromMinutes(1)), (test.Labels["code"], test.ExpectPolicy, test.ExpectFirstPage, test.ExpectWithin!.Value));
    }

    [Fact]
    public void Without_a_route_the_only_policy_takes_everything() =>
        Assert.Equal("payments", EstateBench.Model($$$"""
            {{{People("ana")}}}
            policies: [{name: payments, steps: [{notify: [user:ana]}]}]
            """).Route.Policy);

    [Theory]
    [InlineData("teams: []", "route: warning: there is no policy, so that no alert pages anybody")]
    [InlineData("route: {name: root}", "estate.yaml:3:8: warning: there is no policy, so that no alert pages anybody")]
    [InlineData(
        "channels: [{name: c, type: email, address: c@example.test}]\npolicies: [{name: a, steps: [{notify: [channel:c]}]}, {name: b, steps: [{notify: [channel:c]}]}]\nroute: {name: root}",
        "estate.yaml:5:8: warning: the root of the routing tree names no policy, so that alerts that no route takes page nobody")]
    public void Where_nobody_would_be_paged_a_warning_says_so(string body, string warning) => Assert.Equal([warning], EstateBench.Warnings(body));

    [Fact]
    public void Warnings_tell_of_gaps_empty_steps_and_users_without_contact() =>
        Assert.Equal(
            [
                "estate.yaml:4:5: warning: user ana has no contact method and cannot be paged",
                "estate.yaml:7:5: warning: nobody is on call in schedule days from 2026-11-20T17:00Z to 2026-11-22T23:00Z, the first of 53 times in the next 366 days",
                "estate.yaml:12:5: warning: nobody is on call in schedule never in the next 366 days",
                "estate.yaml:16:9: warning: step 1 of policy all reaches nobody and falls through at once",
            ],
            EstateBench.Warnings("""
                users:
                  - {name: ana}
                  - {name: bo, contact: [{name: mail, type: email, address: bo@example.test}]}
                schedules:
                  - name: days
                    time_zone: Europe/Berlin
                    rotations:
                      - {name: d, users: [bo], start: 2026-01-05T09:00, every: 1w, days: [mon, tue, wed, thu, fri], from: "00:00", to: "18:00"}
                      - {name: e, users: [bo], start: 2026-01-05T09:00, every: 1w, days: [mon, tue, wed, thu], from: "18:00", to: "00:00"}
                  - {name: never, time_zone: UTC}
                policies:
                  - name: all
                    steps:
                      - {notify: [user:ana]}
                      - {notify: [schedule:days]}
                """));

    [Fact]
    public void Different_people_from_rotations_of_one_priority_are_a_warning_unless_they_are_meant()
    {
        string Schedules(string extra) => $$$"""
            {{{People("ana", "bo")}}}
            schedules:
              - name: primary
                time_zone: Europe/Berlin
                {{{extra}}}
                rotations:
                  - {name: weekly, users: [ana], start: 2026-01-05T09:00, every: 1w}
                  - {name: mornings, users: [bo], start: 2026-01-05T09:00, every: 1w, days: [mon], from: "08:00", to: "10:00"}
            policies: [{name: all, steps: [{notify: [schedule:primary]}]}]
            """;

        Assert.Equal(
            [
                "estate.yaml:11:7: warning: rotations weekly, mornings of schedule primary put different people on call together from 2026-11-23T07:00Z to 2026-11-23T09:00Z, "
                + "the first of 52 times in the next 366 days; give them priorities, or say \"allow_overlap: true\"",
            ],
            EstateBench.Warnings(Schedules("allow_overlap: false")));
        Assert.Empty(EstateBench.Warnings(Schedules("allow_overlap: true")));
    }

    [Fact]
    public void Rotations_have_turns_windows_zones_and_holidays_as_the_file_says()
    {
        var model = EstateBench.Model($$$"""
            {{{People("ana", "bo", "chen")}}}
            holidays:
              - {name: es, dates: [12-25, 2026-04-03, "02-29"]}
              - {name: de, dates: [2026-10-03]}
            schedules:
              - name: primary
                time_zone: Europe/Berlin
                holidays: [es, de]
                rotations:
                  - name: pairs
                    turns: [[ana, bo], [chen]]
                    start: 2026-01-31T09:00
                    every: 2mo
                    time_zone: Europe/Madrid
                    holidays: [de]
                    windows:
                      - {days: [mon, fri], from: "18:00", to: "09:00"}
                      - {days: [sat, sun, holiday]}
                  - {name: free, users: [ana], start: 2026-01-31T09:00, every: 1w, days: [holiday], holidays: [es]}
                  - {name: rest, users: [ana], start: 2026-01-31T09:00, every: 1w}
            """);

        var schedule = model.Schedules["primary"];
        var es = schedule.Holidays[0];
        Assert.Equal(["es", "de"], schedule.Holidays.Select(h => h.Name));
        Assert.Equal([new DateOnly(2026, 4, 3)], es.Dates);
        Assert.Equal([new YearDay(12, 25), new YearDay(2, 29)], es.Yearly);
        var pairs = schedule.Rotations[0];
        Assert.Equal(["ana+bo", "chen"], pairs.Turns.Select(t => string.Join('+', t)));
        Assert.Equal((new RotationPeriod(2, PeriodUnit.Month), "Europe/Madrid", "de"), (pairs.Every, pairs.TimeZone, Assert.Single(pairs.Holidays!).Name));
        Assert.Equal([DayOfWeek.Monday, DayOfWeek.Friday], pairs.Windows[0].Days);
        Assert.Equal((new TimeOnly(18, 0), new TimeOnly(9, 0), false), (pairs.Windows[0].From!.Value, pairs.Windows[0].To!.Value, pairs.Windows[0].OnHolidays));
        Assert.Equal([DayOfWeek.Saturday, DayOfWeek.Sunday], pairs.Windows[1].Days);
        Assert.Equal((true, null), (pairs.Windows[1].OnHolidays, pairs.Windows[1].From));
        Assert.Equal((true, "es", 0), (schedule.Rotations[1].OnHolidays, Assert.Single(schedule.Rotations[1].Holidays!).Name, schedule.Rotations[1].Days.Count));
        Assert.Null(schedule.Rotations[2].Holidays);
    }

    private static string People(params string[] names) =>
        "users:\n" + string.Join('\n', names.Select(n => $"  - {{name: {n}, contact: [{{name: mail, type: email, address: {n}@example.test}}]}}"));
}
