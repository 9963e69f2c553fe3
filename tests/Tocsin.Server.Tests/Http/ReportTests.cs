using System.Net;
using Tocsin.Identity;
using Tocsin.Reports;

namespace Tocsin.Tests.Http;

/// <summary>Reports over HTTP: as JSON, as CSV that no spreadsheet runs, and refused with a reason.</summary>
public sealed class ReportTests : SharedBench
{
    private HttpClient _viewer = null!;

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        _viewer = await Bench.CallerAsync(Role.Viewer);
        await Bench.Anybody().FireAsync(HttpBench.PrometheusKey, "alertname=@SUM(1+9)*cmd|' /C calc'!A0,service=checkout,severity=critical");
        await Bench.PagedAsync();
        await (await Bench.PersonAsync("ana", Role.Responder)).PostAsync("/api/v1/incidents/1/acknowledge", "{}");
    }

    [Fact]
    public async Task Viewers_read_all_four()
    {
        var response = await _viewer.GetJsonAsync("/api/v1/reports/response");
        var people = await _viewer.GetJsonAsync("/api/v1/reports/people?time_zone=Europe/Berlin");
        var fairness = await _viewer.GetJsonAsync("/api/v1/reports/fairness?team=payments");
        var noise = await _viewer.GetJsonAsync("/api/v1/reports/noise?service=checkout");

        Assert.Equal(1, response["all"]!["incidents"]!.GetValue<int>());
        Assert.Equal(1, response["all"]!["time_to_acknowledge"]!["count"]!.GetValue<int>());
        Assert.Equal(("ana", "Europe/Berlin", 1), (people["people"]![0]!["user"].Text(), people["people"]![0]!["time_zone"].Text(), people["people"]![0]!["pages"]!.GetValue<int>()));
        Assert.Equal(28 * 24, Math.Round(fairness["people"]![0]!["real"]!["hours"]!.GetValue<double>()));
        Assert.Equal(1, noise["total"]!.GetValue<int>());
        Assert.Equal(1, noise["alerts"]![0]!["pages"]!.GetValue<int>());
    }

    [Theory]
    [InlineData("?format=csv", null)]
    [InlineData("", "text/csv")]
    [InlineData("", "text/html;q=0.5, text/csv, application/json;q=0.9")]
    public async Task Csv_comes_when_it_is_asked_for_and_holds_no_formula(string query, string? accept)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/reports/noise{query}");
        request.Headers.TryAddWithoutValidation("Accept", accept);
        using var answer = await _viewer.SendAsync(request);
        var lines = (await answer.Content.ReadAsStringAsync()).Split("\r\n");

        Assert.Equal("text/csv", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal("tocsin-noise.csv", answer.Content.Headers.ContentDisposition!.FileName);
        Assert.EndsWith("name,service,source,severity,incidents,pages,pages_at_night,ended,ended_soon_alone,never_answered,flaps,advice", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("'@SUM(1+9)*cmd|' /C calc'!A0,checkout,prometheus,critical,1,1,", lines[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("*/*")]
    [InlineData("text/csv;q=0.1, application/json")]
    [InlineData("text/csv;q=0")]
    [InlineData("no such thing")]
    public async Task Otherwise_the_answer_is_json(string accept)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/reports/people");
        request.Headers.TryAddWithoutValidation("Accept", accept);
        using var answer = await _viewer.SendAsync(request);

        Assert.NotNull(await answer.JsonAsync(HttpStatusCode.OK));
        Assert.Contains("Accept", answer.Headers.Vary);
    }

    [Theory]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("+49 30", "'+49 30")]
    [InlineData("-2", "'-2")]
    [InlineData(" =1", "' =1")]
    [InlineData("\t=1", "\"'\t=1\"")]
    [InlineData("\r\n@x", "\"'\r\n@x\"")]
    [InlineData("＝1", "'＝1")]
    [InlineData("=1\",\"=2", "\"'=1\"\",\"\"=2\"")]
    [InlineData("a, \"b\"", "\"a, \"\"b\"\"\"")]
    [InlineData("disk 91 % full", "disk 91 % full")]
    [InlineData("", "")]
    public void A_text_is_a_cell_and_never_a_formula(string text, string cell) => Assert.Equal(cell, ReportCsv.Cell(text));

    [Fact]
    public async Task All_four_are_csv_with_a_cell_for_each_heading()
    {
        foreach (var name in (string[])["response", "people", "fairness", "noise"])
        {
            var lines = (await _viewer.GetStringAsync($"/api/v1/reports/{name}?format=csv")).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);

            Assert.True(lines.Length > 1, name);
            Assert.All(lines, line => Assert.Equal(lines[0].Split(',').Length, line.Split(',').Length));
        }
    }

    [Theory]
    [InlineData("from=2026-01-01T00:00:00Z&to=2025-01-01T00:00:00Z", "to")]
    [InlineData("from=2024-01-01T00:00:00Z&to=2026-01-01T00:00:00Z", "to")]
    [InlineData("from=0001-01-01T00:00:00Z&to=0001-01-02T00:00:00Z", "from")]
    [InlineData("to=0001-01-01T00:00:00Z", "to")]
    [InlineData("from=9999-12-31T00:00:00Z", "from")]
    [InlineData("team=nobody", "team")]
    [InlineData("time_zone=Mars/Olympus", "time_zone")]
    [InlineData("format=xml", "format")]
    public async Task What_cannot_be_asked_is_refused_with_the_field(string query, string field)
    {
        foreach (var name in (string[])["response", "people", "fairness", "noise"])
        {
            using var answer = await _viewer.GetAsync($"/api/v1/reports/{name}?{query}");
            var problem = await answer.JsonAsync(HttpStatusCode.UnprocessableEntity);

            Assert.Contains(field, problem.ToJsonString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Another_workspace_has_its_own()
    {
        var stranger = await Bench.CallerAsync(Role.Owner, "other");

        Assert.Equal(0, (await stranger.GetJsonAsync("/api/v1/reports/response"))["all"]!["incidents"]!.GetValue<int>());
        Assert.Empty((await stranger.GetJsonAsync("/api/v1/reports/people"))["people"]!.AsArray());
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await stranger.GetAsync("/api/v1/reports/noise?team=payments")).StatusCode);
    }
}
