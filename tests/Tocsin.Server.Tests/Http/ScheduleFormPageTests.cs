using System.Net;
using System.Text;
using Tocsin.Identity;

namespace Tocsin.Tests.Http;

/// <summary>Schedules that are made and changed by the form, as a browser without scripts sends it.</summary>
public abstract class ScheduleFormPageTests(Engine engine) : IAsyncLifetime
{
    private HttpBench _bench = null!;
    private HttpClient _head = null!;

    public async Task InitializeAsync()
    {
        _bench = await HttpBench.StartAsync(engine);
        _head = await _bench.PersonAsync("head", Role.Owner, "other");
        await ApplyAsync("""
            users: [{name: ana}, {name: bo}, {name: cy}]
            teams: [{name: payments, members: [ana, bo], managers: [ana]}, {name: platform, members: [cy], managers: [cy]}]
            schedules:
              - {name: primary, team: payments, time_zone: UTC, rotations: [{name: always, users: [ana], start: 2026-01-05T09:00, every: 1w}]}
            """);
    }

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [StoreFact]
    public async Task A_schedule_is_shown_before_it_is_saved_and_its_gaps_are_asked_about()
    {
        var form = await SentForm.OpenAsync(_head, "/new/schedule");
        form = await form.SendAsync("preset:office", ("name", "office-hours"), ("team", "payments"), ("zone", "UTC"));
        Assert.Equal(["ana", "bo"], [form["r0.t0"], form["r0.t1"]]);

        form = await form.SendAsync("preview");
        Assert.Contains("where nobody was on call", form.Html, StringComparison.Ordinal);
        Assert.Contains("These gaps are meant.", form.Html, StringComparison.Ordinal);
        form = await form.SendAsync("save");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, form.Status);
        Assert.Contains("<a href=\"#gaps\">", form.Html, StringComparison.Ordinal);
        Assert.DoesNotContain("office-hours", await ExportAsync(), StringComparison.Ordinal);

        form = await form.SendAsync("save", ("gaps", "yes"));
        Assert.Equal((HttpStatusCode.SeeOther, "/schedules/office-hours"), (form.Status, form.To));
        Assert.Contains("Saved.", await _head.PageAsync("/schedules/office-hours"), StringComparison.Ordinal);
        Assert.Contains("name: office-hours", await ExportAsync(), StringComparison.Ordinal);
        var audit = await _head.GetJsonAsync("/api/v1/audit");
        Assert.Contains("office-hours", audit.ToJsonString(), StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task What_was_changed_after_it_was_shown_is_shown_again_before_it_is_saved()
    {
        var form = await (await SentForm.OpenAsync(_head, "/schedules/primary/edit")).SendAsync("preview", ("r0.t0", "bo"));
        Assert.Contains("bo instead of ana", form.Html, StringComparison.Ordinal);
        form = await form.SendAsync("save", ("r0.t0", "cy"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, form.Status);
        Assert.Contains("cy instead of ana", form.Html, StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.SeeOther, (await form.SendAsync("save")).Status);
        Assert.Equal("cy", (await _head.GetJsonAsync("/api/v1/schedules/primary/shifts"))["shifts"]![0]!["users"]![0].Text());
    }

    [StoreFact]
    public async Task Overlaps_are_asked_about_and_what_is_meant_is_stored_as_such()
    {
        var form = await (await SentForm.OpenAsync(_head, "/schedules/primary/edit")).SendAsync("rotation-add");
        form = await form.SendAsync("preview", ("r1.name", "second"), ("r1.t0", "bo"));
        Assert.Contains("They are meant to be on call together.", form.Html, StringComparison.Ordinal);
        form = await form.SendAsync("save");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, form.Status);

        Assert.Equal(HttpStatusCode.SeeOther, (await form.SendAsync("save", ("overlap", "yes"))).Status);
        Assert.Contains("allow_overlap: true", await ExportAsync(), StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task A_change_of_somebody_else_meanwhile_is_told_and_not_lost_unseen()
    {
        var form = await (await SentForm.OpenAsync(_head, "/schedules/primary/edit")).SendAsync("preview", ("r0.t0", "cy"));
        await ApplyAsync("schedules: [{name: primary, team: payments, time_zone: UTC, rotations: [{name: always, users: [bo], start: 2026-01-05T09:00, every: 1w}]}]");

        form = await form.SendAsync("save");
        Assert.Equal(HttpStatusCode.Conflict, form.Status);
        Assert.Contains("rotations[always].users: [\"ana\"] -> [\"bo\"]", form.Html, StringComparison.Ordinal);
        Assert.Equal("cy", form["r0.t0"]);
        Assert.Equal("bo", (await _head.GetJsonAsync("/api/v1/schedules/primary/shifts"))["shifts"]![0]!["users"]![0].Text());

        form = await form.SendAsync("preview");
        Assert.Contains("cy instead of bo", form.Html, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.SeeOther, (await form.SendAsync("save")).Status);
        Assert.Equal("cy", (await _head.GetJsonAsync("/api/v1/schedules/primary/shifts"))["shifts"]![0]!["users"]![0].Text());
    }

    [StoreFact]
    public async Task Overrides_that_were_declared_stay_whoever_changes_them_meanwhile()
    {
        var form = await (await SentForm.OpenAsync(_head, "/schedules/primary/edit")).SendAsync("preview", ("r0.t0", "cy"));
        await ApplyAsync("schedules: [{name: primary, team: payments, time_zone: UTC, rotations: [{name: always, users: [ana], start: 2026-01-05T09:00, every: 1w}], overrides: [{user: bo, from: 2090-01-01T09:00, to: 2090-01-02T09:00}]}]");

        Assert.Equal(HttpStatusCode.SeeOther, (await form.SendAsync("save")).Status);
        Assert.Contains("2090-01-01T09:00", await ExportAsync(), StringComparison.Ordinal);
        Assert.Contains("users: [cy]", await ExportAsync(), StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task Faults_lead_to_their_fields_and_what_was_typed_stays()
    {
        var form = await (await SentForm.OpenAsync(_head, "/schedules/primary/edit")).SendAsync("preview", ("zone", "Europe/Berln"), ("r0.t0", ""), ("r0.count", "0"));

        Assert.Equal(HttpStatusCode.UnprocessableEntity, form.Status);
        Assert.Contains("<a href=\"#zone\">", form.Html, StringComparison.Ordinal);
        Assert.Contains("Europe/Berlin", form.Html, StringComparison.Ordinal);
        Assert.Contains("<a href=\"#r0-count\">", form.Html, StringComparison.Ordinal);
        Assert.Equal("Europe/Berln", form["zone"]);
        var taken = await (await (await SentForm.OpenAsync(_head, "/new/schedule")).SendAsync("preset:weekly", ("name", "primary"), ("zone", "UTC"))).SendAsync("preview");
        Assert.Contains("There is a schedule primary already", taken.Html, StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task Who_manages_the_team_changes_its_schedules_and_no_others_and_nobody_else_does()
    {
        var ana = await _bench.PersonAsync("ana", Role.Responder, "other");
        var form = await (await SentForm.OpenAsync(ana, "/schedules/primary/edit")).SendAsync("preview", ("r0.t0", "bo"));
        Assert.Equal(HttpStatusCode.SeeOther, (await form.SendAsync("save")).Status);

        var elsewhere = await (await (await SentForm.OpenAsync(ana, "/new/schedule")).SendAsync("preset:weekly", ("name", "theirs"), ("team", "platform"), ("zone", "UTC"))).SendAsync("preview");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, elsewhere.Status);
        Assert.Contains("for administrators to change", elsewhere.Html, StringComparison.Ordinal);

        var cy = await _bench.PersonAsync("cy", Role.Responder, "other");
        Assert.Contains("Administrators change it, and those who manage the team payments", await cy.PageAsync("/schedules/primary/edit"), StringComparison.Ordinal);
        form = await (await SentForm.OpenAsync(ana, "/schedules/primary/edit")).SendAsync("preview", ("r0.t0", "cy"));
        Assert.Equal("/schedules", (await form.SendAsync("save", cy)).To);
        Assert.DoesNotContain("users: [cy]", await ExportAsync(), StringComparison.Ordinal);
        var bo = await _bench.PersonAsync("bo", Role.Responder, "other");
        await bo.PageAsync("/new/schedule", HttpStatusCode.SeeOther);
        Assert.DoesNotContain("/new/schedule", await bo.PageAsync("/schedules"), StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task What_a_file_declares_is_read_here_and_names_the_file()
    {
        var head = await _bench.PersonAsync("head", Role.Owner);
        var html = await head.PageAsync("/schedules/primary/edit");
        Assert.Contains("acme.yaml:", html, StringComparison.Ordinal);
        Assert.DoesNotContain("name=\"do\"", html, StringComparison.Ordinal);
        Assert.Contains("How it is made", await head.PageAsync("/schedules/primary"), StringComparison.Ordinal);

        // A form of before the file declared it.
        var made = await SentForm.OpenAsync(head, "/new/schedule");
        using var sent = await made.PostAsync(head, "/schedules/primary/edit", "preview", ("name", "primary"), ("zone", "UTC"));
        Assert.Equal(HttpStatusCode.Conflict, sent.StatusCode);
        await head.PageAsync("/schedules/nothing/edit", HttpStatusCode.NotFound);
    }

    [StoreFact]
    public async Task What_is_larger_than_a_form_holds_is_changed_as_a_file()
    {
        var rotations = string.Join(", ", Enumerable.Range(0, 21).Select(i => $"{{name: r{i}, users: [ana], start: 2026-01-05T09:00, every: 1w, priority: {i}}}"));
        await ApplyAsync($"schedules: [{{name: large, time_zone: UTC, rotations: [{rotations}]}}]");

        var html = await _head.PageAsync("/schedules/large/edit");
        Assert.Contains("It is larger than a form holds.", html, StringComparison.Ordinal);
        Assert.DoesNotContain("name=\"do\"", html, StringComparison.Ordinal);
    }

    private async Task ApplyAsync(string yaml)
    {
        using var content = new StringContent($"apiVersion: tocsin/v1\nworkspace: other\n{yaml}", Encoding.UTF8, "application/yaml");
        using var response = await _head.PostAsync("/api/v1/estate/apply", content);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    private Task<string> ExportAsync() => _head.GetStringAsync("/api/v1/estate");

    public sealed class OnSqlite() : ScheduleFormPageTests(Engine.Sqlite);

    public sealed class OnPostgres() : ScheduleFormPageTests(Engine.Postgres);
}
