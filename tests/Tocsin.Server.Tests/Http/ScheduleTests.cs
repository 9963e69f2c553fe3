using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Tocsin.Identity;
using Tocsin.Sdk;

namespace Tocsin.Tests.Http;

/// <summary>Shifts, gaps and previews of schedules, by the API.</summary>
public sealed class ScheduleTests : IAsyncLifetime
{
    private HttpBench _bench = null!;
    private HttpClient _viewer = null!;

    public async Task InitializeAsync()
    {
        _bench = await HttpBench.StartAsync();
        await _bench.EditEstateAsync(
            "rotations: [{name: always, users: [ana], start: 2026-01-05T09:00, every: 1w}]",
            "rotations: [{name: weekly, users: [ana, bo], start: 2026-01-05T09:00, every: 1w}, {name: noon, users: [bo], start: 2026-01-05T09:00, every: 1d, from: \"12:00\", to: \"13:00\", days: [tue]}]\n"
            + "  - {name: night, time_zone: Europe/Berlin, rotations: [{name: day, users: [ana], start: 2026-01-05T09:00, every: 1w, from: \"06:00\", to: \"22:00\"}]}");
        (await (await _bench.CallerAsync(Role.Admin)).PostAsync("/-/reload", null)).EnsureSuccessStatusCode();
        _viewer = await _bench.CallerAsync(Role.Viewer);
    }

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [Fact]
    public async Task Shifts_are_told_stretch_by_stretch_with_gaps()
    {
        var answer = await _viewer.GetJsonAsync("/api/v1/schedules/night/shifts?from=2026-12-01T00:00:00Z&to=2026-12-02T08:00:00%2B01:00");

        Assert.Equal(("night", "Europe/Berlin"), (answer["schedule"].Text(), answer["time_zone"].Text()));
        Assert.Equal(
            ["2026-12-01T00:00:00+00:00 nobody", "2026-12-01T05:00:00+00:00 ana", "2026-12-01T21:00:00+00:00 nobody", "2026-12-02T05:00:00+00:00 ana"],
            answer["shifts"]!.AsArray().Select(s => $"{s!["from"]} {(s["users"]!.AsArray() is [var user] ? user : "nobody")}"));
        Assert.Equal("2026-12-02T07:00:00+00:00", answer["to"].Text());
    }

    [Fact]
    public async Task Without_a_span_shifts_are_those_of_the_next_four_weeks_also_by_the_SDK()
    {
        var client = new TocsinClient(_viewer);
        var shifts = await client.ListShiftsAsync("primary");
        var gaps = await client.FindGapsAsync("night", 2);

        Assert.Equal(TimeSpan.FromDays(28), shifts.To - shifts.From);
        Assert.Equal(shifts.To, shifts.Shifts[^1].To);
        Assert.InRange(gaps.Gaps.Count, 2, 3);
    }

    [Fact]
    public async Task Gaps_and_overlaps_are_found_a_year_ahead()
    {
        var night = await _viewer.GetJsonAsync("/api/v1/schedules/night/gaps");
        var primary = await _viewer.GetJsonAsync("/api/v1/schedules/primary/gaps?days=366");

        Assert.InRange(night["gaps"]!.AsArray().Count, 366, 367);
        Assert.Equal("no rotation covers this time", night["gaps"]![0]!["because"].Text());
        Assert.Empty(primary["gaps"]!.AsArray());
        Assert.InRange(primary["overlaps"]!.AsArray().Count, 26, 27);
        Assert.Equal("rotations weekly, noon", primary["overlaps"]![0]!["because"].Text());
        Assert.False(primary["allow_overlap"]!.GetValue<bool>());
    }

    [Theory]
    [InlineData("nothing/shifts", 404)]
    [InlineData("nothing/gaps", 404)]
    [InlineData("night/gaps?days=0")]
    [InlineData("night/gaps?days=367")]
    [InlineData("night/gaps?days=many")]
    [InlineData("night/shifts?from=2026-12-01T00:00:00Z&to=2026-12-01T00:00:00Z")]
    [InlineData("night/shifts?from=2026-12-01T00:00:00Z&to=2027-12-03T00:00:00Z")]
    [InlineData("night/shifts?from=9999-12-01T00:00:00Z")]
    [InlineData("night/shifts?to=0001-01-01T00:00:00Z")]
    [InlineData("night/shifts?from=tomorrow")]
    public async Task What_cannot_be_asked_is_refused(string path, int status = 422)
    {
        using var response = await _viewer.GetAsync($"/api/v1/schedules/{path}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        await response.JsonAsync((HttpStatusCode)status);
    }

    [Fact]
    public async Task A_preview_says_what_a_change_means_and_changes_nothing()
    {
        var admin = await _bench.CallerAsync(Role.Admin);
        var before = await admin.GetStringAsync("/api/v1/estate");

        // From ana alone at day to ana at day and bo at night, and an evening for bo.
        var answer = await PreviewAsync(admin, "night", """
            {"time_zone": "Europe/Berlin",
             "rotations": [{"name": "day", "users": ["ana"], "start": "2026-01-05T09:00", "every": "1w", "from": "06:00", "to": "22:00"},
                           {"name": "rest", "users": ["bo"], "start": "2026-01-05T09:00", "every": "1w", "priority": -1}]}
            """);

        Assert.Empty(answer["faults"]!.AsArray());
        Assert.Contains("bo, where nobody was on call. Nobody else changes.", answer["sentence"].Text(), StringComparison.Ordinal);
        Assert.InRange(answer["changes"]!.AsArray().Count, 366, 367);
        Assert.Equal(["bo"], answer["changes"]![0]!["after"]!.AsArray().Select(u => u.Text()));
        Assert.Empty(answer["changes"]![0]!["before"]!.AsArray());
        Assert.Empty(answer["gaps"]!.AsArray());
        Assert.InRange(answer["shifts"]!.AsArray().Count, 56, 58);
        Assert.Equal(before, await admin.GetStringAsync("/api/v1/estate"));
    }

    [Fact]
    public async Task A_schedule_that_is_not_there_yet_can_be_seen_before_it_is_saved()
    {
        var answer = await PreviewAsync(await _bench.CallerAsync(Role.Admin), "new", """
            name: new
            time_zone: Europe/Berlin
            rotations:
              - {name: pairs, turns: [[ana, bo]], start: 2026-01-31T09:00, every: 1mo}
              - {name: more, users: [ana], start: 2026-01-31T09:00, every: 1mo}
            """);

        Assert.Contains("ana and bo, where nobody was on call.", answer["sentence"].Text(), StringComparison.Ordinal);
        Assert.Single(answer["overlaps"]!.AsArray());
        Assert.Contains(answer["warnings"]!.AsArray(), w => w.Text().Contains("allow_overlap", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Faults_are_in_the_answer_with_their_places()
    {
        var admin = await _bench.CallerAsync(Role.Admin);
        var wrong = await PreviewAsync(admin, "night", "time_zone: Europe/Berln\nrotations: [{name: day, users: [anna], start: 2026-01-05T09:00, every: 1w}]");
        var unreadable = await PreviewAsync(admin, "night", "time_zone: [");

        Assert.Equal(
            ["schedule.time_zone", "schedule.rotations[0].users[0]"], wrong["faults"]!.AsArray().Select(f => f!["path"].Text()));
        Assert.Contains("did you mean \"ana\"?", wrong["faults"]![1]!["message"].Text(), StringComparison.Ordinal);
        Assert.Null(wrong["sentence"]);
        Assert.NotEmpty(unreadable["faults"]!.AsArray());
        await PreviewAsync(admin, "night", "[]", HttpStatusCode.UnprocessableEntity);
        await PreviewAsync(admin, "night", "name: other\ntime_zone: UTC", HttpStatusCode.UnprocessableEntity);
        await PreviewAsync(admin, "night", "", HttpStatusCode.UnprocessableEntity);
    }

    [Fact]
    public async Task Who_does_not_manage_the_team_is_not_told_and_a_viewer_may_not_ask()
    {
        const string Same = "time_zone: UTC\nteam: payments\nrotations: [{name: always, users: [bo], start: 2026-01-05T09:00, every: 1w}]";
        var answer = await PreviewAsync(await _bench.PersonAsync("bo", Role.Responder), "primary", Same);

        Assert.Contains("is for administrators to change", Assert.Single(answer["faults"]!.AsArray())!["message"].Text(), StringComparison.Ordinal);
        Assert.Null(answer["sentence"]);
        await PreviewAsync(_viewer, "primary", Same, HttpStatusCode.Forbidden);
    }

    private static async Task<JsonNode> PreviewAsync(HttpClient caller, string schedule, string body, HttpStatusCode expected = HttpStatusCode.OK)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/yaml");
        using var response = await caller.PostAsync($"/api/v1/schedules/{schedule}/preview", content);
        return await response.JsonAsync(expected);
    }
}
