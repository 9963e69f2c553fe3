using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Tocsin.Data;
using Tocsin.Identity;
using Tocsin.Pages;
using Tocsin.Telemetry;
using Tocsin.Workspaces;

namespace Tocsin.Tests.Http;

/// <summary>Logs and metrics as a browser without scripts sees them.</summary>
public abstract partial class TelemetryPageTests(Engine engine) : IAsyncLifetime
{
    private HttpBench _bench = null!;
    private HttpClient _ana = null!;

    public async Task InitializeAsync()
    {
        _bench = await HttpBench.StartAsync(engine);
        _ana = await _bench.PersonAsync("ana", Role.Viewer);
    }

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [StoreFact]
    public async Task Before_the_first_line_the_page_says_how_to_send_one_to_this_very_address()
    {
        Assert.Contains($"curl {_bench.Url.ToString().TrimEnd('/')}/ingest/logs", await _ana.PageAsync("/logs"), StringComparison.Ordinal);
        Assert.Contains($"curl {_bench.Url.ToString().TrimEnd('/')}/ingest/metrics", await _ana.PageAsync(MetricsForm.Path), StringComparison.Ordinal);

        await StoreAsync("acme", Line("hello"));

        Assert.DoesNotContain("curl ", await _ana.PageAsync("/logs?service=nobody"), StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task Lines_are_found_by_words_level_and_service_and_nobody_sees_those_of_others()
    {
        await StoreAsync("acme", Line("card declined by issuer", LineLevel.Error), Line("card accepted"), Line("cart emptied", service: "cart"));
        await StoreAsync("other", Line("card stolen", LineLevel.Error));

        Assert.Equal(["cart emptied", "card accepted", "card declined by issuer"], Said(await _ana.PageAsync("/logs")));
        Assert.Equal(["card declined by issuer"], Said(await _ana.PageAsync("/logs?q=card+-accepted")));
        Assert.Equal(["card declined by issuer"], Said(await _ana.PageAsync("/logs?q=%22declined+by%22&level=warning")));
        Assert.Equal(["cart emptied"], Said(await _ana.PageAsync("/logs?service=cart")));
        Assert.Empty(Said(await _ana.PageAsync("/logs?q=stolen")));
        Assert.Equal(["card stolen"], Said(await (await _bench.PersonAsync("eve", Role.Viewer, "other")).PageAsync("/logs?level=error")));
    }

    [StoreFact]
    public async Task Older_lines_go_on_where_the_page_ended_and_a_bar_leads_into_its_minute()
    {
        await StoreAsync("acme", [.. Enumerable.Range(0, 130).Select(i => Line($"number {i}", ago: 600 - i))]);

        var page = await _ana.PageAsync("/logs");
        Assert.Equal(LogsModel.PageSize, Said(page).Count);
        var older = await _ana.PageAsync(Href(page, "Older lines"));
        Assert.Equal(Enumerable.Range(0, 30).Reverse().Select(i => $"number {i}"), Said(older));
        Assert.DoesNotContain("Older lines", older, StringComparison.Ordinal);

        var minute = Bar().Matches(page).Select(m => (Href: m.Groups[1].Value, Lines: int.Parse(m.Groups[2].Value, CultureInfo.InvariantCulture))).First(b => b.Lines > 0);
        Assert.Equal(minute.Lines, Said(await _ana.PageAsync(minute.Href)).Count);
    }

    [StoreFact]
    public async Task What_cannot_be_searched_is_said_beside_its_field_and_what_was_typed_stays()
    {
        await StoreAsync("acme", Line("hello"));

        var phrase = await _ana.PageAsync("/logs?q=%22open+end");
        Assert.Contains("id=\"q-fault\"", phrase, StringComparison.Ordinal);
        Assert.Contains("value=\"\"open end\"", phrase, StringComparison.Ordinal);
        Assert.Contains("id=\"range-fault\"", await _ana.PageAsync("/logs?from=yesterday"), StringComparison.Ordinal);
        Assert.Contains("Begin again with the newest lines.", await _ana.PageAsync("/logs?after=mischief"), StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task What_a_line_says_is_shown_as_text_wherever_it_came_from()
    {
        const string Evil = "<img src=x onerror=alert(1)>";
        await StoreAsync("acme", Line($"{Evil}\n at {Evil}", LineLevel.Error, Evil) with { Source = Evil, Environment = Evil, TraceId = Evil, Attributes = $$"""{"{{Evil}}": "{{Evil}}"}""" });
        await MeasureAsync(new MetricSample(Evil, Now, 1) { Service = Evil, Unit = Evil, Tags = Alerts.LabelSet.From([new("host", Evil)]) });

        foreach (var path in (string[])["/logs", "/logs/templates", $"{MetricsForm.Path}", $"{MetricsForm.Path}?m={Uri.EscapeDataString($"avg({Evil})")}"])
        {
            var html = await _ana.GetStringAsync(path);
            Assert.Contains("&lt;img", html, StringComparison.Ordinal);
            Assert.DoesNotContain("<img", html, StringComparison.Ordinal);
        }
    }

    [StoreFact]
    public async Task A_line_has_an_address_of_its_own_with_its_neighbours_of_the_same_service()
    {
        await StoreAsync("acme", [.. Enumerable.Range(0, 60).Select(i => Line($"number {i}", service: i % 2 == 0 ? "checkout" : "cart", ago: 600 - i))]);
        var address = Href(await _ana.PageAsync("/logs?q=%22number+30%22"), "Lines around it");

        var page = await _ana.PageAsync(address);

        Assert.Equal(Enumerable.Range(5, 25).Select(i => $"number {2 * i}").Reverse().Where(n => Within(n, 20)), Said(page).Where(n => Within(n, 20)));
        Assert.All(Said(page), n => Assert.Equal(0, Number(n) % 2));
        Assert.Contains($"{_bench.Url.ToString().TrimEnd('/')}{address}", page, StringComparison.Ordinal);
        Assert.Single(Chosen().Matches(page));
        await (await _bench.PersonAsync("eve", Role.Viewer, "other")).PageAsync(address, HttpStatusCode.NotFound);
        await _ana.PageAsync("/logs/context?id=nothing", HttpStatusCode.NotFound);
        await _ana.PageAsync("/logs/context", HttpStatusCode.NotFound);

        static int Number(string said) => int.Parse(said.Split(' ')[1], CultureInfo.InvariantCulture);
        static bool Within(string said, int lines) => Math.Abs(Number(said) - 30) <= lines;
    }

    [StoreFact]
    public async Task Lines_are_taken_away_as_they_were_found_and_no_spreadsheet_calculates_them()
    {
        await StoreAsync("acme", Line("=HYPERLINK(\"http://evil\")", LineLevel.Error, ago: 2), Line("first\nsecond, \"third\"", ago: 4), Line("cart", service: "cart", ago: 6));

        var csv = await _ana.GetStringAsync("/logs/download?format=csv&service=checkout");
        Assert.Equal("at,level,service,source,environment,trace_id,span_id,message,attributes,id", csv.TrimStart('\uFEFF').Split("\r\n")[0]);
        Assert.Contains(",error,checkout,,,,,\"'=HYPERLINK(\"\"http://evil\"\")\"", csv, StringComparison.Ordinal);
        Assert.Contains("\"first\nsecond, \"\"third\"\"\"", csv, StringComparison.Ordinal);
        Assert.DoesNotContain("cart", csv, StringComparison.Ordinal);

        using var answer = await _ana.GetAsync("/logs/download?service=checkout");
        var lines = (await answer.Content.ReadAsStringAsync()).TrimEnd('\n').Split('\n').Select(l => JsonNode.Parse(l)!).ToList();
        Assert.Equal(["=HYPERLINK(\"http://evil\")", "first\nsecond, \"third\""], lines.Select(l => l["message"].Text()));
        Assert.StartsWith("attachment; filename=logs-", answer.Content.Headers.ContentDisposition!.ToString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await _ana.GetAsync("/logs/download?last=never")).StatusCode);
    }

    [StoreFact]
    public async Task Who_follows_gets_new_lines_as_the_page_shows_them_and_only_those_that_were_asked_for()
    {
        using var patience = Patience.Begin();
        using var stream = await _ana.GetStreamAsync("/logs/tail?service=checkout&level=error", patience.Token);
        using var reader = new StreamReader(stream);
        Assert.Equal(": waits", await reader.ReadLineAsync(patience.Token));

        await StoreAsync("acme", Line("elsewhere", LineLevel.Error, "cart"), Line("harmless"), Line("it <b>broke</b>\nhere", LineLevel.Error));
        await StoreAsync("other", Line("theirs", LineLevel.Critical));

        List<string> seen = [];
        while (!seen.Contains("event: lines") || seen[^1].Length > 0)
        {
            seen.Add((await reader.ReadLineAsync(patience.Token))!);
        }

        Assert.Equal(["it <b>broke</b>"], Said(WebUtility.HtmlDecode(string.Join('\n', seen))));
        Assert.DoesNotContain(seen, line => line.Contains("<b>broke", StringComparison.Ordinal));
    }

    [StoreFact]
    public async Task Patterns_that_are_new_in_the_time_come_first_and_lead_to_their_lines()
    {
        await StoreAsync("acme", [.. Enumerable.Range(0, 8).Select(i => Line($"order {1000 + i} was paid", ago: 7200 + i))]);
        await StoreAsync("acme", [.. Enumerable.Range(0, 8).Select(i => Line($"order {2000 + i} was paid", ago: 60 + i))]);
        await StoreAsync("acme", [.. Enumerable.Range(0, 3).Select(i => Line($"payment {i} timed out after {500 * i} ms", LineLevel.Error, ago: 30 + i))]);

        var page = await _ana.PageAsync("/logs/templates");

        var patterns = Pattern().Matches(page).Select(m => (Href: m.Groups[1].Value, Text: m.Groups[2].Value)).ToList();
        Assert.Equal(2, patterns.Count);
        Assert.Contains("timed out", patterns[0].Text, StringComparison.Ordinal);
        Assert.Contains("was paid", patterns[1].Text, StringComparison.Ordinal);
        Assert.Equal(8, Said(await _ana.PageAsync(patterns[1].Href)).Count);
        Assert.DoesNotContain("was paid", await _ana.PageAsync("/logs/templates?level=error"), StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task What_was_measured_is_drawn_by_unit_with_its_gaps_and_is_a_table_too()
    {
        await MeasureAsync([.. Enumerable.Range(0, 40).Where(i => i is < 10 or > 20).SelectMany(i => (MetricSample[])
        [
            new("cpu_percent", Now.AddMinutes(i - 45), 40 + i) { Service = "checkout", Unit = "%", Tags = Alerts.LabelSet.From([new("host", "a")]) },
            new("cpu_percent", Now.AddMinutes(i - 45), 10) { Service = "checkout", Unit = "%", Tags = Alerts.LabelSet.From([new("host", "b")]) },
            new("latency_ms", Now.AddMinutes(i - 45), 120) { Service = "checkout", Unit = "ms" },
        ])]);

        var names = await _ana.PageAsync(MetricsForm.Path);
        Assert.Contains(">cpu_percent</a>", names, StringComparison.Ordinal);
        var page = await _ana.PageAsync($"{MetricsForm.Path}?m=max(cpu_percent)%7Bhost%3D%22a%22%7D&m=avg(latency_ms)&m=avg(nothing)&step=1m&name=cpu_percent&service=checkout&tags=host%3Db&how=min");

        Assert.Equal(3, Path().Matches(page).Count(m => m.Groups[1].Value.Split('M').Length == 3));
        Assert.Contains(">79 %</td>", page, StringComparison.Ordinal);
        Assert.Contains(">120 ms</td>", page, StringComparison.Ordinal);
        Assert.Contains("avg(nothing)</code> has no value", page, StringComparison.Ordinal);
        Assert.Contains("min(cpu_percent){service=\"checkout\", host=\"b\"}", page, StringComparison.Ordinal);
        Assert.Contains("id=\"pick-fault\"", await _ana.PageAsync($"{MetricsForm.Path}?name=cpu_percent&tags=host%3D~%22("), StringComparison.Ordinal);
        Assert.DoesNotContain(">cpu_percent<", await (await _bench.PersonAsync("eve", Role.Viewer, "other")).PageAsync(MetricsForm.Path), StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task An_incident_leads_to_what_its_service_wrote_when_it_began()
    {
        await StoreAsync("acme", [.. Enumerable.Range(0, 4).Select(i => Line($"payment {i} declined", LineLevel.Error, ago: 20 + i)), Line("cart is fine", service: "cart")]);
        using var sender = _bench.Anybody();
        await sender.FireAsync(HttpBench.PrometheusKey, "alertname=Broken,service=checkout,severity=critical");
        await _bench.PagedAsync();

        var page = await _ana.PageAsync("/i/1");

        var lines = await _ana.PageAsync(Href(page, "Logs of checkout when it began"));
        Assert.Equal(4, Said(lines).Count);
        Assert.Contains("declined</a>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("cart is fine", page, StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task What_a_detector_found_is_listed_with_its_evidence_and_what_it_would_find_is_tried_before_it_is_written_down()
    {
        await _bench.Service<FindingDesk>().OpenAsync(await IdAsync("acme"), new Finding { Detector = "error-burst", Service = "checkout", Title = "checkout fails", Evidence = ["<b>142</b> errors"] }, default);
        await MeasureAsync([.. Enumerable.Range(0, 60).Select(i => new MetricSample("latency_ms", Now.AddMinutes(i - 60), 5_000) { Service = "checkout", Unit = "ms" })]);

        var list = await _ana.PageAsync("/detectors");
        Assert.Contains("checkout fails", list, StringComparison.Ordinal);
        Assert.Contains("&lt;b&gt;142", await _ana.GetStringAsync(Href(list, "error-burst")), StringComparison.Ordinal);
        Assert.Contains("It would have spoken", await _ana.PageAsync("/detectors/history?detector=threshold&preview=yes&service=checkout"), StringComparison.Ordinal);
        Assert.Contains("found nothing", await _ana.PageAsync("/detectors/history?detector=threshold&preview=yes&settings=latency_ms%3A+9000"), StringComparison.Ordinal);
        Assert.Contains("id=\"preview-fault\"", await _ana.PageAsync("/detectors/history?detector=threshold&preview=yes&settings=latency_ms%3A+fast"), StringComparison.Ordinal);
        Assert.Contains("id=\"preview-fault\"", await _ana.PageAsync("/detectors/history?detector=threshold&preview=yes&settings=loud"), StringComparison.Ordinal);
        await _ana.PageAsync("/detectors/history?detector=nothing", HttpStatusCode.NotFound);
        Assert.DoesNotContain("checkout fails", await (await _bench.PersonAsync("eve", Role.Viewer, "other")).PageAsync("/detectors"), StringComparison.Ordinal);
    }

    private DateTimeOffset Now => _bench.Service<TimeProvider>().GetUtcNow();

    private LogLine Line(string message, LineLevel level = LineLevel.Info, string service = "checkout", double ago = 1) => new(Now.AddSeconds(-ago), level, message) { Service = service };

    private async Task StoreAsync(string workspace, params LogLine[] lines) => await _bench.Service<LogIntake>().StoreAsync(await IdAsync(workspace), lines, default);

    private async Task MeasureAsync(params MetricSample[] samples) => await _bench.Service<MetricIntake>().StoreAsync(await IdAsync("acme"), samples, default);

    private async Task<long> IdAsync(string workspace) => (await _bench.Service<Database>().ReadAsync(_bench.Service<WorkspaceStore>().ListAsync, default)).Single(w => w.Name == workspace).Id;

    /// <summary>The first lines of the messages on a page, from the top.</summary>
    private static IReadOnlyList<string> Said(string page) => [.. Message().Matches(page).Select(m => m.Groups["said"].Value)];

    private static string Href(string page, string text) => Link().Matches(page).First(m => m.Groups[2].Value == text).Groups[1].Value;

    [GeneratedRegex("<span class=\"said\">(?<said>.*?)</span>", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Message();

    [GeneratedRegex("<a [^>]*?href=\"([^\"]*)\"[^>]*>([^<]*)</a>")]
    private static partial Regex Link();

    [GeneratedRegex("<a href=\"([^\"]*)\" tabindex=\"-1\"><title>[^<]*?: ([0-9]+) line")]
    private static partial Regex Bar();

    [GeneratedRegex("<li [^>]*class=\"chosen\"")]
    private static partial Regex Chosen();

    [GeneratedRegex("<a class=\"mono\" href=\"(/logs\\?[^\"]*template=[^\"]*)\">([^\n]*?)</a>")]
    private static partial Regex Pattern();

    [GeneratedRegex("<path class=\"line l[0-9]\" d=\"(M[^\"]*)\"")]
    private static partial Regex Path();

    public sealed class OnSqlite() : TelemetryPageTests(Engine.Sqlite);

    public sealed class OnPostgres() : TelemetryPageTests(Engine.Postgres);
}
