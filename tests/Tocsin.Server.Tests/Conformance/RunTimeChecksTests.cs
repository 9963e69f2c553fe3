using Tocsin.Devices;
using Tocsin.Doctor;
using Tocsin.OnCall;
using Tocsin.Tests.Estate;

namespace Tocsin.Tests.Conformance;

/// <summary>What doctor says of that which servers and people wrote down while the product ran: devices, and copies of calendars.</summary>
public abstract class RunTimeChecksTests(Engine engine)
{
    [StoreFact]
    public async Task Who_is_reached_only_on_devices_and_has_none_is_a_problem_and_who_has_another_way_a_warning()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        var estate = EstateBench.Model(
            """
            users:
              - {name: ana, contact: [{name: push, type: webpush}]}
              - {name: bo, contact: [{name: app, type: fcm}, {name: mail, type: email, address: bo@example.test}]}
              - {name: chen, contact: [{name: push, type: webpush}]}
              - {name: dee, contact: [{name: mail, type: email, address: dee@example.test}]}
            """);
        var model = estate with { Workspace = "w1" };
        await AddAsync(bench, "chen", DeviceKind.Web, ended: null);
        await AddAsync(bench, "ana", DeviceKind.App, ended: null);
        await AddAsync(bench, "ana", DeviceKind.Web, ended: 7);

        var findings = await new DeviceChecks(EstateBench.Providers).RunAsync(bench.Database, [model], default);

        Assert.Equal([("w1: user ana", Verdict.Problem), ("w1: user bo", Verdict.Warning)], findings.Select(f => (f.Check, f.Verdict)));
        await AddAsync(bench, "ana", DeviceKind.Web, ended: null);
        await AddAsync(bench, "bo", DeviceKind.App, ended: null);
        Assert.Equal("4 devices of 3 people", Assert.Single(await new DeviceChecks(EstateBench.Providers).RunAsync(bench.Database, [model], default)).Text);
    }

    [StoreFact]
    public async Task A_calendar_that_fails_is_a_warning_for_a_day_and_then_a_problem()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        var estate = EstateBench.Model(
            """
            users: [{name: ana, time_off_calendar: "https://cal.example/a", contact: [{name: mail, type: email, address: ana@example.test}]}]
            schedules:
              - {name: one, time_zone: UTC, calendar: "https://cal.example/1"}
              - {name: two, time_zone: UTC, calendar: "https://cal.example/2", calendar_as: overrides}
              - {name: three, time_zone: UTC, calendar: "https://cal.example/3"}
              - {name: four, time_zone: UTC, calendar: "https://cal.example/4"}
            """);
        var model = estate with { Workspace = "w1" };
        await CopyAsync(bench, "one", readHoursAgo: 1, fault: "It answered 500.");
        await CopyAsync(bench, "two", readHoursAgo: 25, fault: "It answered 500.");
        await CopyAsync(bench, "three", readHoursAgo: null, fault: "What it answers is no calendar.");
        await CopyAsync(bench, "four", readHoursAgo: 1, fault: null);

        var findings = await CalendarChecks.RunAsync(bench.Database, [model], bench.Clock.Now, default);

        Assert.Equal(
            [
                ("w1: calendar of schedule four", Verdict.Ok, "read 1 h ago"),
                ("w1: calendar of schedule one", Verdict.Warning, "was read last 1 h ago, which stays in force: It answered 500."),
                ("w1: calendar of schedule three", Verdict.Problem, "was never read: What it answers is no calendar."),
                ("w1: calendar of schedule two", Verdict.Problem, "was read last 25 h ago, which stays in force: It answered 500."),
                ("w1: calendar of user ana", Verdict.Ok, "was not asked for yet; a server with the role work does"),
            ],
            findings.Select(f => (f.Check, f.Verdict, f.Text)));
    }

    private static Task AddAsync(EngineBench bench, string user, string kind, long? ended) => bench.WriteAsync(async tx =>
    {
        var number = await tx.ScalarAsync("SELECT COUNT(*) FROM device") ?? 0;
        await tx.ExecuteAsync(
            """
            INSERT INTO device (workspace_id, user_name, kind, name, address_hash, address, host, agent, created_at, ended_at)
            VALUES (1, @user, @kind, @name, @hash, '', '', '', 0, @ended)
            """,
            ("user", user), ("kind", kind), ("name", $"d{number}"), ("hash", new[] { (byte)number }), ("ended", ended));
    });

    private static Task CopyAsync(EngineBench bench, string schedule, int? readHoursAgo, string? fault) => bench.WriteAsync(tx => tx.ExecuteAsync(
        "INSERT INTO calendar_copy (workspace_id, kind, name, address_hash, asked_at, read_at, fault, notes) VALUES (1, @kind, @name, '', 0, @read, @fault, '')",
        ("kind", CalendarLinks.OfSchedule), ("name", schedule), ("read", readHoursAgo is { } hours ? Data.Instants.ToMicros(bench.Clock.Now.AddHours(-hours)) : null), ("fault", fault)));

    public sealed class OnSqlite() : RunTimeChecksTests(Engine.Sqlite);

    public sealed class OnPostgres() : RunTimeChecksTests(Engine.Postgres);
}
