using Tocsin.Estate;

namespace Tocsin.Tests.Estate;

/// <summary>Each case is a text whose third line is the first of the body, and the one fault that it must have.</summary>
public sealed class EstateFaultTests
{
    private const string Ana = "users: [{name: ana, contact: [{name: mail, type: email, address: a@example.test}]}]\n";

    [Theory]
    [InlineData("polices: []", "estate.yaml:3:1: error: unknown key \"polices\" in an estate (did you mean \"policies\"?)")]
    [InlineData("users: {name: ana}", "estate.yaml:3:8: error: \"users\" must be a list; begin each entry with \"- name:\"")]
    [InlineData("users: [ana]", "estate.yaml:3:9: error: a user must have keys and values, beginning with \"name:\"")]
    [InlineData("users: [{name: ana}, {name: ana}]", "estate.yaml:3:22: error: user ana is defined twice; first at estate.yaml:3")]
    [InlineData("users: [{name: \"${env:X:-ana}\"}]", "estate.yaml:3:16: error: a name cannot be a reference")]
    [InlineData("users: [{name: ana, contcat: []}]", "estate.yaml:3:21: error: unknown key \"contcat\" in a user (did you mean \"contact\"?)")]
    [InlineData("users: [{name: ana, contact: mail}]", "estate.yaml:3:30: error: \"contact\" must be a list of contact methods, not a single text")]
    [InlineData("users: [{email: ana@example.test}]", "estate.yaml:3:9: error: a user needs \"name\": The short name that the rest of the estate uses.")]
    [InlineData("users: [{name: ana, time_zone: Europe/Berln}]", "estate.yaml:3:32: error: \"Europe/Berln\" is not an IANA time zone such as Europe/Berlin (did you mean \"Europe/Berlin\"?)")]
    [InlineData("users: [{name: ana, time_zone: Berlin}]", "estate.yaml:3:32: error: \"Berlin\" is not an IANA time zone such as Europe/Berlin (did you mean \"Europe/Berlin\"?)")]
    [InlineData("users: [{name: ana, role: resonder}]", "estate.yaml:3:27: error: \"resonder\" is not a role: owner, admin, responder or viewer (did you mean \"responder\"?)")]
    [InlineData("users: [{name: ana, disabled: yes}]", "estate.yaml:3:31: error: \"yes\" is not true or false")]
    [InlineData("users: [{name: a b}]", "estate.yaml:3:16: error: \"a b\" is not a name: 1 to 64 letters, digits and . _ - @ +, beginning with a letter or digit")]
    [InlineData("users: [{name: ana, email: nobody}]", "estate.yaml:3:28: error: \"nobody\" is not an e-mail address")]
    [InlineData("users: [{name: ana, contact: [{name: m, type: emial}]}]", "estate.yaml:3:47: error: unknown type \"emial\" of a contact method; there are discord, email, fcm, gateway, gotify, ntfy, pushover, slack, sms, teams, telegram, voice, webhook, webpush (did you mean \"email\"?)")]
    [InlineData("users: [{name: ana, contact: [{name: m, type: email}]}]", "estate.yaml:3:31: error: a contact method of type email needs \"address\": One mail address, name@example.com.")]
    [InlineData("users: [{name: ana, contact: [{name: m, type: email, adress: a@example.test, address: a@example.test}]}]", "estate.yaml:3:54: error: unknown key \"adress\" in a contact method of type email (did you mean \"address\"?)")]
    [InlineData("users: [{name: ana, contact: [{name: m, type: webhook, url: ftp://x}]}]", "estate.yaml:3:61: error: ")]
    [InlineData("users: [{name: ana, contact: [{name: m, type: webhook, url: https://example.test, secret: \"whsec_!\"}]}]", "estate.yaml:3:91: error: ")]
    [InlineData("users: [{name: ana, contact: [{name: m, type: email, address: a@example.test}, {name: m, type: email, address: b@example.test}]}]", "estate.yaml:3:87: error: another contact method of this user is called \"m\" too")]
    [InlineData("users: [{name: ana, contact: [{name: mail, type: email, address: a@example.test}], notify: {high: [{after: 0s, via: mial}]}}]", "estate.yaml:3:117: error: unknown contact method \"mial\" (did you mean \"mail\"?)")]
    [InlineData("users: [{name: ana, contact: [{name: mail, type: email, address: a@example.test}], notify: {high: []}}]", "estate.yaml:3:99: error: \"high\" needs at least one entry")]
    [InlineData(Ana + "teams: [{name: t, members: [anna]}]", "estate.yaml:4:29: error: unknown user \"anna\" (did you mean \"ana\"?)")]
    [InlineData("services: [{name: s, team: t}]", "estate.yaml:3:28: error: unknown team \"t\"")]
    [InlineData("services: [{name: s, policy: p}]", "estate.yaml:3:30: error: unknown policy \"p\"")]
    [InlineData(Ana + "policies: [{name: p, steps: [{notify: [user:anna]}]}]", "estate.yaml:4:40: error: unknown user \"anna\" (did you mean \"user:ana\"?)")]
    [InlineData(Ana + "policies: [{name: p, steps: [{notify: [ana]}]}]", "estate.yaml:4:40: error: \"ana\" is not a target: user:NAME, schedule:NAME, team:NAME or channel:NAME")]
    [InlineData(Ana + "policies: [{name: p, steps: [{notify: [\"person:ana\"]}]}]", "estate.yaml:4:40: error: \"person:ana\" is not a target: user:NAME, schedule:NAME, team:NAME or channel:NAME")]
    [InlineData("users: [{name: ana, quiet_hours: {between: 22:00-08:00}}]", "estate.yaml:3:34: error: days and hours need a \"time_zone\"; give it here or to the user")]
    [InlineData("users: [{name: ana, quiet_hours: {between: 22:00-22:00, time_zone: UTC}}]", "estate.yaml:3:44: error: quiet hours of a whole day never end; give less than a day")]
    [InlineData("users: [{name: ana, quiet_hours: {between: 22-8, time_zone: UTC}}]", "estate.yaml:3:44: error: \"22-8\" is not two times of day such as 09:00-18:00; the second at or before the first is the next day's")]
    [InlineData("users: [{name: ana, max_pages_per_minute: 0}]", "estate.yaml:3:43: error: \"0\" is not a whole number from 1 to 1000")]
    [InlineData(Ana + "policies: [{name: p, steps: [{notify: [user:ana], round_robin: true}]}]", "estate.yaml:4:64: error: the step notifies no team whose members could take turns")]
    [InlineData(Ana + "policies: [{name: p, steps: [{notify: [user:ana], when: {}}]}]", "estate.yaml:4:57: error: the condition asks for nothing; give urgency, priority, days or between")]
    [InlineData(Ana + "policies: [{name: p, steps: [{notify: [user:ana], when: {days: mon-fry, time_zone: UTC}}]}]", "estate.yaml:4:64: error: \"mon-fry\" is not days of the week such as mon-fri, sat,sun or fri-mon")]
    [InlineData(Ana + "policies: [{name: p, steps: [{notify: [user:ana], when: {days: mon-fri}}]}]", "estate.yaml:4:57: error: days and hours need a \"time_zone\"; give it here")]
    [InlineData(Ana + "policies: [{name: p, repage_after: 10s, steps: [{notify: [user:ana]}]}]", "estate.yaml:4:36: error: \"10s\" is not a duration such as 30s, 5m or 1h30m, from 1m to 1w")]
    [InlineData(Ana + "policies: [{name: p, steps: []}]", "estate.yaml:4:29: error: \"steps\" needs at least one entry")]
    [InlineData(Ana + "policies: [{name: p, steps: [{notify: [user:ana], wait: 5min}]}]", "estate.yaml:4:57: error: \"5min\" is not a duration such as 30s, 5m or 1h30m, from 0s to 1d")]
    [InlineData(Ana + "policies: [{name: p, steps: [{notify: [user:ana], wait: 2d}]}]", "estate.yaml:4:57: error: \"2d\" is not a duration such as 30s, 5m or 1h30m, from 0s to 1d")]
    [InlineData(Ana + "policies: [{name: p, steps: [{notify: [user:ana], wait: 5m, ack_within: 5m}]}]", "estate.yaml:4:61: error: \"ack_within\" and \"wait\" mean the same; give one of them")]
    [InlineData(Ana + "policies: [{name: p, repeat: 101, steps: [{notify: [user:ana]}]}]", "estate.yaml:4:30: error: \"101\" is not a whole number from 0 to 100")]
    [InlineData(Ana + "policies: [{name: none, steps: [{notify: [user:ana]}]}]", "estate.yaml:4:19: error: \"none\" is not a name: 1 to 64 letters, digits and . _ - @ +, beginning with a letter or digit; \"none\" is taken")]
    [InlineData(Ana + "schedules: [{name: s, time_zone: UTC, rotations: [{name: r, users: [ana], start: 2026-01-05, every: 1w}]}]", "estate.yaml:4:82: error: \"2026-01-05\" is not a local date and time such as 2026-01-05T09:00")]
    [InlineData(Ana + "schedules: [{name: s, time_zone: UTC, rotations: [{name: r, users: [ana], start: 2026-01-05T09:00, every: 0w}]}]", "estate.yaml:4:107: error: \"0w\" is not a turn such as 1w, 2d, 12h or 1mo: 1 to 366 hours, days, weeks or months")]
    [InlineData(Ana + "schedules: [{name: s, time_zone: UTC, rotations: [{name: r, users: [], start: 2026-01-05T09:00, every: 1w}]}]", "estate.yaml:4:68: error: \"users\" needs at least one entry")]
    [InlineData(Ana + "schedules: [{name: s, time_zone: UTC, rotations: [{name: r, start: 2026-01-05T09:00, every: 1w}]}]", "estate.yaml:4:51: error: A rotation needs at least one user")]
    [InlineData(Ana + "schedules: [{name: s, time_zone: UTC, rotations: [{name: r, turns: [[ana], [bo]], start: 2026-01-05T09:00, every: 1w}]}]", "estate.yaml:4:77: error: unknown user \"bo\"")]
    [InlineData(Ana + "schedules: [{name: s, time_zone: UTC, rotations: [{name: r, users: [ana], start: 2026-01-05T09:00, every: 1w, days: [holiday]}]}]", "estate.yaml:4:117: error: \"holiday\" needs to know which days are holidays: name lists under \"holidays\" of the rotation or its schedule")]
    [InlineData(Ana + "holidays: [{name: es, dates: [12-25]}]\nschedules: [{name: s, time_zone: UTC, holidays: [se]}]", "estate.yaml:5:50: error: unknown holidays \"se\" (did you mean \"es\"?)")]
    [InlineData("holidays: [{name: es, dates: [12-32]}]", "estate.yaml:3:31: error: \"12-32\" is not a date such as 2026-12-25, or 12-25 for each year")]
    [InlineData(Ana + "schedules: [{name: s, time_zone: UTC, rotations: [{name: r, users: [ana], start: 2026-01-05T09:00, every: 1w, days: [monday]}]}]", "estate.yaml:4:118: error: \"monday\" is not a weekday, mon to sun, or holiday")]
    [InlineData(Ana + "schedules: [{name: s, time_zone: UTC, overrides: [{user: ana, from: 2026-12-27T09:00, to: 2026-12-24T09:00}]}]", "estate.yaml:4:91: error: ")]
    [InlineData("sources: [{name: s, type: generic, key: short}]", "estate.yaml:3:41: error: the value of \"key\" is not 16 to 200 letters, digits and . _ ~ -")]
    [InlineData("sources: [{name: s, type: generic, key: abcdefghijklmnop}, {name: t, type: generic, key: abcdefghijklmnop}]", "estate.yaml:3:90: error: the key of source t is already that of source s; choose another")]
    [InlineData("sources: [{name: s, type: alertmanager, key: abcdefghijklmnop, hmac_secret: x}]", "estate.yaml:3:64: error: unknown key \"hmac_secret\" in a source of type alertmanager")]
    [InlineData("sources: [{name: s, type: generic, key: abcdefghijklmnop, keep_open: true, resolve_timeout: 5m}]", "estate.yaml:3:70: error: \"keep_open\" and \"resolve_timeout\" exclude each other")]
    [InlineData("silences: [{name: s, match: [a=b], starts_at: 2026-11-23T03:00, ends_at: 2026-11-23T04:00Z, comment: c}]", "estate.yaml:3:47: error: \"2026-11-23T03:00\" is not an instant with its offset such as 2026-11-23T03:00+01:00 or 2026-11-23T02:00Z")]
    [InlineData("silences: [{name: s, match: [a=b], starts_at: 2026-11-23T03:00Z, ends_at: 2026-11-23T04:00+01:00, comment: c}]", "estate.yaml:3:75: error: the silence ends before it begins")]
    [InlineData("route: {routes: [{name: a, match: ['service~\"x\"']}]}", "estate.yaml:3:36: error: service~\"x\" is not a matcher: ")]
    [InlineData("route: {routes: [{name: a, match: ['service=~\"(\"']}]}", "estate.yaml:3:36: error: service=~\"(\" is not a matcher: ")]
    [InlineData("route: {match: [a=b]}", "estate.yaml:3:16: error: the root takes everything; put the matchers on one of its routes")]
    [InlineData("route: {routes: [{name: a}, {name: a}]}", "estate.yaml:3:36: error: another route is called \"a\" too; a route's name is unique in the tree")]
    [InlineData("route: {routes: [{match: [a=b]}]}", "estate.yaml:3:18: error: a route needs \"name\": Unique in the tree; every explanation names it. The root's default is root.")]
    [InlineData("route: {policy: nobody}", "estate.yaml:3:17: error: unknown policy \"nobody\"")]
    [InlineData("route: {group_by: [\"...\", a]}", "estate.yaml:3:19: error: \"...\" means all labels and stands alone")]
    [InlineData("route: {tests: [{labels: {a: b}, expect: {}}]}", "estate.yaml:3:42: error: the test expects nothing; give policy, first_page, within, nobody, muted_by or steps")]
    [InlineData("route: {tests: [{labels: {a: [b]}, expect: {policy: none}}]}", "estate.yaml:3:30: error: \"a\" must be a text, not a list")]
    [InlineData("route: []", "estate.yaml:3:8: error: \"route\" must be the root of the routing tree, with keys and values")]
    public void A_slip_is_named_with_its_place_and_its_remedy(string body, string fault)
    {
        var found = Assert.Single(EstateBench.Faults(body));
        if (fault.EndsWith(' '))
        {
            Assert.StartsWith(fault, found, StringComparison.Ordinal);
            Assert.True(found.Length > fault.Length);
        }
        else
        {
            Assert.Equal(fault, found);
        }
    }

    [Fact]
    public void All_faults_are_told_at_once_in_the_order_of_the_lines() =>
        Assert.Equal(
            ["4 users[0].rol", "5 users[0].contact[0]", "8 teams[0].members[1]", "11 policies[0].steps[0].notify[0]", "11 policies[0].steps[0].wait", "14 route.routes[0].policy"],
            EstateBench.Check("""
                users:
                  - {name: ana, rol: admin,
                     contact: [{name: m, type: email}]}
                teams:
                  - name: t
                    members: [ana, bo]
                policies:
                  - name: payments
                    steps: [{notify: [user:bo], wait: "${env:WAIT}"}]
                route:
                  routes:
                    - {name: a, policy: paymnets}
                """).Faults.Select(f => $"{f.Mark.Line} {f.Path}"));

    [Fact]
    public void A_fault_carries_the_value_and_the_nearest_name()
    {
        var fault = Assert.Single(EstateBench.Check(Ana + "policies: [{name: payments, steps: [{notify: [user:ana]}]}]\nroute: {policy: paymnets}").Faults);

        Assert.Equal(("route.policy", "paymnets", "payments", 5, 17), (fault.Path, fault.Value, fault.Nearest, fault.Mark.Line, fault.Mark.Column));
    }

    [Fact]
    public void Names_of_objects_with_faults_are_known_all_the_same() =>
        Assert.Single(EstateBench.Faults("users: [{name: ana, rol: admin}]\nteams: [{name: t, members: [ana]}]"));

    [Fact]
    public void Filled_in_values_and_secrets_are_never_shown()
    {
        var faults = EstateBench.Faults(
            """
            users: [{name: ana, role: "${env:ROLE:-boss}", contact: [{name: h, type: webhook, url: "https://example.test", secret: "${env:SECRET}"}]}]
            teams: [{name: t, members: ["${env:ROLE}"]}]
            sources: [{name: s, type: generic, key: hunter2}]
            """,
            ("ROLE", "topsecret"), ("SECRET", "whsec_topsecret"));

        Assert.Equal(3, faults.Length);
        Assert.All(faults, f => Assert.DoesNotContain("secret\"", f, StringComparison.Ordinal));
        Assert.All(faults, f => Assert.DoesNotContain("topsecret", f, StringComparison.Ordinal));
        Assert.All(faults, f => Assert.DoesNotContain("boss", f, StringComparison.Ordinal));
        Assert.All(faults, f => Assert.DoesNotContain("hunter2", f, StringComparison.Ordinal));
    }

    [Fact]
    public void A_key_belongs_to_one_source_of_the_whole_installation()
    {
        var text = EstateFiles.Parse(
            EstateBench.Document("sources: [{name: s, type: generic, key: abcdefghijklmnop}]") + "\n---\n"
            + EstateBench.Document("sources: [{name: t, type: generic, key: abcdefghijklmnop}]", "other"), "estate.yaml");
        var report = new EstateCheck(EstateBench.Providers, TimeProvider.System).Run(text, EstateBench.Resolver());

        Assert.Equal(
            "estate.yaml:7:41: error: the key of source t is already that of another source at estate.yaml:3; choose another", Assert.Single(report.Faults).ToString());
    }
}
