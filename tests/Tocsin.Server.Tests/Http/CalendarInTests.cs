using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Identity;
using Tocsin.OnCall;
using Tocsin.Pages;
using Tocsin.Tests.Outgoing;
using Tocsin.Workspaces;

namespace Tocsin.Tests.Http;

/// <summary>A schedule that follows another program's calendar, as people see it.</summary>
public abstract class CalendarInTests(Engine engine) : IAsyncLifetime
{
    private FakeCalendar _server = null!;
    private HttpBench _bench = null!;

    public async Task InitializeAsync()
    {
        _server = FakeCalendar.Start();
        _server.Says("bo|20200101T000000Z|20991231T000000Z", "Zed <b>|20200101T000000Z|20991231T000000Z");
        _bench = await HttpBench.StartAsync(engine, builder => builder.Configuration["Outgoing:Allow"] += $",127.0.0.1:{_server.Port}");
        await _bench.EditEstateAsync("    time_zone: UTC\n", $"    time_zone: UTC\n    calendar: {_server.Url}\n");
        (await (await _bench.CallerAsync(Role.Admin)).PostAsync("/-/reload", null)).EnsureSuccessStatusCode();
        await _bench.Service<CalendarPoller>().TurnAsync(default);
    }

    public async Task DisposeAsync()
    {
        await _bench.DisposeAsync();
        await _server.DisposeAsync();
    }

    [StoreFact]
    public async Task Pages_and_explanations_say_who_by_which_calendar_and_read_when_but_not_its_address()
    {
        var viewer = await _bench.CallerAsync(Role.Viewer);
        var now = Assert.Single((await viewer.GetJsonAsync("/api/v1/oncall")).Items());
        Assert.Equal(("bo", "calendar of 127.0.0.1"), (now!["users"]![0].Text(), now["because"].Text()));

        var explained = await viewer.PostAsync("/api/v1/explain", """{"labels": {"alertname": "x", "severity": "critical"}}""");
        var step = explained["destinations"]![0]!["steps"]![0]!;
        Assert.Matches("^schedule primary: calendar of 127.0.0.1, read [0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2} UTC$", step["because"].Text());

        var page = await (await _bench.PersonAsync("ana", Role.Responder)).GetStringAsync("/schedules/primary");
        Assert.Matches("Who is on call comes from the calendar of <strong>127.0.0.1</strong>.\\s+<span>Read <time", page);
        Assert.Contains("<li>&#x27;Zed &lt;b&gt;&#x27; names nobody who is known here</li>", page, StringComparison.Ordinal);
        Assert.Contains("<th scope=\"row\">Calendar</th>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("/secret/", page + explained.ToJsonString(), StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task The_address_is_sealed_in_the_database_and_an_export_has_a_reference_in_its_place()
    {
        var stored = await _bench.Service<Database>().ReadAsync(
            session => session.QueryAsync("SELECT body FROM estate_object UNION ALL SELECT address_hash FROM calendar_copy UNION ALL SELECT body FROM calendar_copy", static row => row.GetString(0)), default);
        Assert.DoesNotContain(stored, text => text.Contains("/secret/", StringComparison.Ordinal));

        var export = await (await _bench.CallerAsync(Role.Admin)).GetStringAsync("/api/v1/estate");
        Assert.Contains("calendar: ${env:TOCSIN_SCHEDULE_PRIMARY_CALENDAR}", export.Replace("\"", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task Whoever_edits_the_schedule_in_the_browser_neither_reads_the_address_nor_loses_it()
    {
        await _bench.Service<Database>().WriteAsync(tx => _bench.Service<WorkspaceStore>().EnsureAsync(tx, "free", DateTimeOffset.UtcNow), default);
        using var estate = new StringContent(
            $$"""
            apiVersion: tocsin/v1
            workspace: free
            users: [{name: eve, contact: [{name: mail, type: email, address: eve@example.test}]}]
            schedules: [{name: nights, time_zone: UTC, calendar: "{{_server.Url}}", rotations: [{name: always, users: [eve], start: 2026-01-05T09:00, every: 1w}]}]
            """,
            Encoding.UTF8, "application/yaml");
        using var applied = await (await _bench.CallerAsync(Role.Admin, "free")).PostAsync("/api/v1/estate/apply", estate);
        Assert.True(applied.IsSuccessStatusCode, await applied.Content.ReadAsStringAsync());

        var page = await (await _bench.PersonAsync("eve", Role.Admin, "free")).GetStringAsync("/schedules/nights/edit");
        Assert.Contains("<form", page, StringComparison.Ordinal);
        Assert.Contains("always", page, StringComparison.Ordinal);
        Assert.DoesNotContain("/secret/", WebUtility.HtmlDecode(page), StringComparison.Ordinal);

        var stored = Assert.Single(EstateFiles.Parse($"apiVersion: tocsin/v1\nschedules: [{{name: nights, time_zone: UTC, calendar: \"{_server.Url}\"}}]", "x").Objects).Body;
        Assert.Equal(_server.Url, ScheduleFormBody.Write(ScheduleFormBody.Read(stored) with { TimeZone = "Europe/Berlin" }, stored).Text("calendar"));
    }

    [StoreFact]
    public async Task Our_own_calendar_of_the_schedule_shows_the_shifts_of_the_other_one_as_turns()
    {
        var ana = await _bench.PersonAsync("ana", Role.Responder);
        using var made = await ana.PostAsync("/api/v1/calendar-links/schedule/primary", null);
        var text = await _bench.Anybody().GetStringAsync(new Uri((await made.JsonAsync(HttpStatusCode.OK))["url"].Text()).AbsolutePath);

        Assert.Contains("SUMMARY:On call: bo (primary)", text, StringComparison.Ordinal);
        Assert.DoesNotContain("OVERRIDE", text[text.LastIndexOf("SUMMARY:On call: bo", StringComparison.Ordinal)..], StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task A_calendar_that_fails_is_said_on_the_page_and_in_explanations()
    {
        _server.Answer = FakeCalendar.Status("500 Internal Server Error");
        _bench.Pass(TimeSpan.FromMinutes(15));
        await _bench.Service<CalendarPoller>().TurnAsync(default);

        var page = await (await _bench.PersonAsync("ana", Role.Responder)).GetStringAsync("/schedules/primary");
        Assert.Contains("It cannot be read, and what it said before stays in force: It answered 500.", page, StringComparison.Ordinal);
        var explained = await (await _bench.CallerAsync(Role.Viewer)).PostAsync("/api/v1/explain", """{"labels": {"alertname": "x", "severity": "critical"}}""");
        Assert.Contains(explained["warnings"]!.AsArray(), w => w.Text() == "The calendar of schedule primary cannot be read now: It answered 500.");
    }

    public sealed class OnSqlite() : CalendarInTests(Engine.Sqlite);

    public sealed class OnPostgres() : CalendarInTests(Engine.Postgres);
}
