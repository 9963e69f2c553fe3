using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Tocsin.Data;
using Tocsin.Identity;
using Tocsin.Telemetry;
using Tocsin.Workspaces;

namespace Tocsin.Tests.Http;

/// <summary>Detectors that are made and changed by the form, as a browser without scripts sends it.</summary>
public abstract partial class DetectorFormPageTests(Engine engine) : IAsyncLifetime
{
    private HttpBench _bench = null!;
    private HttpClient _head = null!;

    public async Task InitializeAsync()
    {
        _bench = await HttpBench.StartAsync(engine);
        _head = await _bench.PersonAsync("head", Role.Owner, "other");
        await ApplyAsync("detectors: [{name: shop-limits, type: threshold, service: shop, latency_ms: 800}]");
    }

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [StoreFact]
    public async Task A_metric_is_watched_from_the_explorer_and_the_form_shows_what_would_have_been_found_before_it_is_saved()
    {
        await MeasureAsync([.. Enumerable.Range(0, 120).Select(i => new MetricSample("queue_depth", Now.AddMinutes(i - 120), i is > 40 and < 60 ? 900 : 12) { Service = "shop" })]);
        var watch = Href(await _head.PageAsync("/metrics-explorer?m=avg(queue_depth)%7Bservice%3D%22shop%22%7D&last=6h"), "Watch this");

        var form = await SentForm.OpenAsync(_head, watch);
        Assert.Equal(("queue_depth", "shop", "metric", "shop-queue_depth", "1080"), (form["metric"], form["service"], form["about"], form["name"], form["above"]));
        form = await (form with { Path = NewPath }).SendAsync("preview", ("above", "500"));
        Assert.Contains("The metric queue_depth above 500 for 5 min, of shop.", form.Html, StringComparison.Ordinal);
        Assert.Contains("It would have spoken 1 time in the last 7 days, here.", form.Html, StringComparison.Ordinal);
        Assert.Contains("<path class=\"line l0\" d=\"M", form.Html, StringComparison.Ordinal);
        Assert.Contains("<rect class=\"band\"", form.Html, StringComparison.Ordinal);
        Assert.Contains("<line class=\"limit\"", form.Html, StringComparison.Ordinal);
        Assert.DoesNotContain("queue_depth", await ExportAsync(), StringComparison.Ordinal);

        form = await form.SendAsync("save");
        Assert.Equal((HttpStatusCode.SeeOther, "/detectors/history?detector=query"), (form.Status, form.To));
        Assert.Contains("shop-queue_depth is saved.", await _head.PageAsync(form.To), StringComparison.Ordinal);
        Assert.Contains("above: 500\n", await ExportAsync(), StringComparison.Ordinal);
        Assert.Contains("shop-queue_depth", (await _head.GetJsonAsync("/api/v1/audit")).ToJsonString(), StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task Lines_that_were_searched_for_are_watched_with_their_words_level_and_service_and_what_cannot_be_is_said()
    {
        await StoreAsync([.. Enumerable.Range(0, 8).Select(i => new LogLine(Minutes.At(Minutes.Of(Now) - 10), LineLevel.Error, $"payment {i} was declined by issuer-eu") { Service = "shop", Environment = "prod" })]);
        var form = await SentForm.OpenAsync(_head, Href(await _head.PageAsync("/logs?q=declined&level=warning&service=shop&environment=prod"), "Watch this"));
        Assert.Equal(("declined", "warning", "shop", "lines"), (form["text"], form["level"], form["service"], form["about"]));
        Assert.Contains("A detector cannot ask for the environment", form.Html, StringComparison.Ordinal);

        form = await (form with { Path = NewPath }).SendAsync("preview", ("more_than", "5"));
        Assert.Contains("More than 5 lines with declined, warning or worse, within 5 min, of shop.", form.Html, StringComparison.Ordinal);
        Assert.Contains("spoken 1 time", form.Html, StringComparison.Ordinal);
        Assert.Contains("found nothing in the last 1 day", (await form.SendAsync("preview", ("more_than", "8"), ("days", "1"))).Html, StringComparison.Ordinal);

        var pattern = Pattern().Match(await _head.PageAsync("/logs/templates")).Groups["href"].Value;
        var words = (await SentForm.OpenAsync(_head, Href(await _head.PageAsync(pattern), "Watch this")))["text"];
        Assert.Contains("\"was declined by issuer-eu\"", words, StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task Each_type_has_its_own_fields_with_unit_range_and_default_and_saves_what_the_estate_reads()
    {
        (string Type, (string, string)[] Fields, string Stored)[] all =
        [
            ("error-burst", [("sensitivity", "low"), ("severity", "critical")], "sensitivity: low"),
            ("new-error", [("service", "shop")], "type: new-error"),
            ("template-burst", [("sensitivity", "high")], "type: template-burst"),
            ("template-stopped", [("on", "")], "enabled: false"),
            ("metric-outlier", [("service", "shop")], "type: metric-outlier"),
            ("missing-data", [("severity", "info")], "severity: info"),
            ("threshold", [("service", "cart"), ("error_rate", "0.2"), ("cpu_percent", "70.5")], "error_rate: 0.2"),
            ("slo", [("service", "shop"), ("objective", "99.5"), ("measure", "metrics"), ("bad_metric", "bad"), ("total_metric", "all")], "total_metric: all"),
            ("query", [("text", "out of memory"), ("more_than", "3"), ("within", "10m")], "within: 10m"),
        ];
        Assert.Equal(Detectors.All.Select(d => d.Id), all.Select(a => a.Type));
        var kinds = await _head.PageAsync("/new/detector");
        foreach (var (type, fields, stored) in all)
        {
            var form = await SentForm.OpenAsync(_head, Href(kinds, type));
            form = await (form with { Path = NewPath }).SendAsync("preview", [("name", $"my-{type}"), .. fields]);
            Assert.True(form.Status == HttpStatusCode.OK, form.Html);
            Assert.Equal(HttpStatusCode.SeeOther, (await form.SendAsync("save")).Status);
            Assert.Contains(stored, await ExportAsync(), StringComparison.Ordinal);
        }

        var help = await _head.PageAsync("/new/detector?type=threshold");
        Assert.Contains("The limit of the CPU, in percent. Default: 85. A number from 0 to 100.", help, StringComparison.Ordinal);
        Assert.Equal(all.Length + 1, (await _head.GetJsonAsync("/api/v1/detectors"))["items"]!.AsArray().Sum(d => d!["rules"]!.AsArray().Count));
    }

    [StoreFact]
    public async Task Faults_stand_beside_their_fields_and_what_was_typed_stays()
    {
        var form = (await SentForm.OpenAsync(_head, "/new/detector?type=threshold")) with { Path = NewPath };
        form = await form.SendAsync("preview", ("name", "no good"), ("service", "cart"), ("latency_ms", "fast"), ("cpu_percent", "120"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, form.Status);
        Assert.Contains("<a href=\"#latency_ms\">", form.Html, StringComparison.Ordinal);
        Assert.Contains("id=\"cpu_percent-fault\"", form.Html, StringComparison.Ordinal);
        Assert.Contains("id=\"name-fault\"", form.Html, StringComparison.Ordinal);
        Assert.Equal(("no good", "fast", "120", "cart"), (form["name"], form["latency_ms"], form["cpu_percent"], form["service"]));

        Assert.Contains("There is a detector shop-limits already", (await form.SendAsync("preview", ("name", "shop-limits"), ("latency_ms", "1"), ("cpu_percent", ""))).Html, StringComparison.Ordinal);
        var twin = await form.SendAsync("preview", ("name", "another"), ("service", "shop"), ("latency_ms", "1"), ("cpu_percent", ""));
        Assert.Contains("shop-limits is of the type threshold for shop already", twin.Html, StringComparison.Ordinal);
        Assert.Contains("id=\"service-fault\"", twin.Html, StringComparison.Ordinal);

        var slo = (await SentForm.OpenAsync(_head, "/new/detector?type=slo")) with { Path = NewPath };
        Assert.Contains("id=\"service-fault\"", (await slo.SendAsync("preview")).Html, StringComparison.Ordinal);
        var query = (await SentForm.OpenAsync(_head, "/new/detector?type=query")) with { Path = NewPath };
        query = await query.SendAsync("preview", ("about", "metric"), ("metric", "queue_depth"), ("text", "typed before"));
        Assert.Contains("id=\"above-fault\"", query.Html, StringComparison.Ordinal);
        Assert.Equal("typed before", query["text"]);
    }

    [StoreFact]
    public async Task What_is_stored_is_shown_with_what_would_change_and_only_that_is_saved()
    {
        await ApplyAsync("detectors: [{name: shop-limits, type: threshold, service: shop, latency_ms: 800.0, severity: high}]");
        var form = await SentForm.OpenAsync(_head, "/detectors/shop-limits/edit");
        Assert.Contains("Nothing would be other than it is stored.", (await form.SendAsync("preview")).Html, StringComparison.Ordinal);
        form = await form.SendAsync("save", ("memory_percent", "70"));
        Assert.Contains("You changed something since it was shown.", form.Html, StringComparison.Ordinal);
        Assert.Contains("<code>memory_percent: added 70</code>", form.Html, StringComparison.Ordinal);
        Assert.DoesNotContain("memory_percent", await ExportAsync(), StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.SeeOther, (await form.SendAsync("save")).Status);
        var stored = await ExportAsync();
        Assert.Contains("memory_percent: 70\n", stored, StringComparison.Ordinal);
        Assert.Contains("latency_ms: 800.0\n", stored, StringComparison.Ordinal);
        Assert.Contains("severity: high", stored, StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task A_change_of_somebody_else_meanwhile_is_told_and_not_lost_unseen()
    {
        var form = await (await SentForm.OpenAsync(_head, "/detectors/shop-limits/edit")).SendAsync("preview", ("latency_ms", "700"));
        await ApplyAsync("detectors: [{name: shop-limits, type: threshold, service: shop, latency_ms: 600}]");

        form = await form.SendAsync("save");
        Assert.Equal(HttpStatusCode.Conflict, form.Status);
        Assert.Contains("<code>latency_ms: 800 -> 600</code>", form.Html, StringComparison.Ordinal);
        Assert.Equal("700", form["latency_ms"]);
        Assert.Contains("latency_ms: 600", await ExportAsync(), StringComparison.Ordinal);

        form = await form.SendAsync("preview");
        Assert.Contains("<code>latency_ms: 600 -> 700</code>", form.Html, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.SeeOther, (await form.SendAsync("save")).Status);
        Assert.Contains("latency_ms: 700", await ExportAsync(), StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task A_detector_is_switched_off_and_on_and_removed()
    {
        const string At = "/detectors/history?detector=threshold";
        Assert.Equal(At, (await _head.SubmitAsync(At, "/detectors/shop-limits/switch?on=false")).To);
        var off = await _head.PageAsync(At);
        Assert.Contains("shop-limits is off.", off, StringComparison.Ordinal);
        Assert.Contains("Off: threshold finds nothing of shop.", off, StringComparison.Ordinal);
        Assert.Contains("enabled: false", await ExportAsync(), StringComparison.Ordinal);
        await MeasureAsync([.. Enumerable.Range(0, 60).Select(i => new MetricSample("latency_ms", Now.AddMinutes(i - 60), 5_000) { Service = "shop", Unit = "ms" })]);
        await MeasureAsync([.. Enumerable.Range(0, 60).Select(i => new MetricSample("cpu_percent", Now.AddMinutes(i - 60), 20) { Service = "shop", Unit = "%" })]);
        var tried = (await (await SentForm.OpenAsync(_head, "/detectors/shop-limits/edit")).SendAsync("preview")).Html;
        Assert.Contains("Switched on, it would have spoken 1 time", tried, StringComparison.Ordinal);

        // Of two figures that are drawn, only the one that it would have spoken about is shaded.
        Assert.Equal((2, 1), (tried.Split("class=\"plot\"").Length - 1, tried.Split("class=\"band\" x").Length - 1));

        await _head.SubmitAsync(At, "/detectors/shop-limits/switch?on=true");
        Assert.DoesNotContain("enabled", await ExportAsync(), StringComparison.Ordinal);
        await _head.SubmitAsync("/detectors/shop-limits/edit", "/detectors/shop-limits/remove");
        Assert.DoesNotContain("shop-limits", await ExportAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await _head.SubmitAsync(At, "/detectors/shop-limits/remove")).Status);
        await _head.PageAsync("/detectors/shop-limits/edit", HttpStatusCode.NotFound);
    }

    [StoreFact]
    public async Task Only_administrators_make_and_change_detectors_and_others_see_no_way_to()
    {
        var ana = await _bench.PersonAsync("ana", Role.Responder, "other");
        foreach (var path in (string[])["/new/detector", "/new/detector?type=query", "/detectors/shop-limits/edit"])
        {
            await ana.PageAsync(path, HttpStatusCode.Forbidden);
        }

        Assert.Equal(HttpStatusCode.Forbidden, (await ana.SubmitAsync("/detectors", "/detectors/shop-limits/remove")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await ana.SubmitAsync("/detectors", "/detectors/shop-limits/switch?on=false")).Status);
        foreach (var path in (string[])["/detectors", "/detectors/history?detector=threshold", "/logs", "/metrics-explorer"])
        {
            var html = await ana.PageAsync(path);
            Assert.DoesNotContain("/new/detector", html, StringComparison.Ordinal);
            Assert.DoesNotContain("/edit", html, StringComparison.Ordinal);
        }

        Assert.Contains("shop-limits", await ExportAsync(), StringComparison.Ordinal);
        await (await _bench.PersonAsync("eve", Role.Owner)).PageAsync("/detectors/shop-limits/edit", HttpStatusCode.NotFound);
    }

    [StoreFact]
    public async Task What_a_file_declares_is_read_here_and_names_the_file_that_wins()
    {
        await _bench.EditEstateAsync("silences:", "detectors: [{name: by-file, type: missing-data, sensitivity: low}]\nsilences:");
        var head = await _bench.PersonAsync("head", Role.Owner);
        using var reloaded = await head.PostAsync("/-/reload", null);
        Assert.True(reloaded.IsSuccessStatusCode, await reloaded.Content.ReadAsStringAsync());

        var fixedPage = await head.PageAsync("/detectors/by-file/edit");
        Assert.Contains("It is declared in acme.yaml:", Tags().Replace(fixedPage, ""), StringComparison.Ordinal);
        Assert.Contains("sensitivity: low", fixedPage, StringComparison.Ordinal);
        Assert.DoesNotContain("name=\"do\"", fixedPage, StringComparison.Ordinal);
        var list = await head.PageAsync("/detectors");
        Assert.Contains("the file would take back", list, StringComparison.Ordinal);
        Assert.DoesNotContain("/detectors/by-file/switch", list, StringComparison.Ordinal);

        foreach (var act in (string[])["switch?on=false", "remove"])
        {
            await head.SubmitAsync("/detectors", $"/detectors/by-file/{act}");
            Assert.Contains("It is declared in acme.yaml:", await head.PageAsync("/detectors"), StringComparison.Ordinal);
        }

        Assert.Contains("by-file", await head.GetStringAsync("/api/v1/estate"), StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task An_incident_of_a_detector_shows_its_evidence_and_leads_to_the_data_and_to_what_quietens_it()
    {
        var acme = await IdAsync("acme");
        await _bench.Service<FindingDesk>().OpenAsync(
            acme, new() { Detector = "error-burst", Service = "checkout", Title = "checkout fails", Severity = Alerts.Severity.Critical, Evidence = ["<b>142</b> errors", "usually 12"] }, default);
        await _bench.PagedAsync();
        var head = await _bench.PersonAsync("head", Role.Owner);

        var raw = await head.GetStringAsync("/i/1");
        var page = WebUtility.HtmlDecode(raw);
        Assert.Contains("<li>&lt;b&gt;142&lt;/b&gt; errors</li>", raw, StringComparison.Ordinal);
        var logs = Href(page, "Logs then");
        Assert.Contains("service=checkout", logs, StringComparison.Ordinal);
        Assert.Contains("level=error", logs, StringComparison.Ordinal);
        await head.PageAsync(logs);
        await head.PageAsync(Href(page, "by error-burst").Split('#')[0]);
        Assert.Contains("detector=\"error-burst\", service=\"checkout\"", await head.PageAsync(Href(page, "Silence its alerts for a while")), StringComparison.Ordinal);

        var quieter = await SentForm.OpenAsync(head, Href(page, "Make it less sensitive for checkout"));
        Assert.Equal(("low", "checkout", "checkout-error-burst"), (quieter["sensitivity"], quieter["service"], quieter["name"]));
        var form = await (quieter with { Path = NewPath }).SendAsync("preview");
        Assert.Equal(HttpStatusCode.SeeOther, (await form.SendAsync("save")).Status);
        page = await head.PageAsync("/i/1");
        Assert.DoesNotContain("Make it less sensitive", page, StringComparison.Ordinal);
        var off = await SentForm.OpenAsync(head, Href(page, "Switch it off for checkout"));
        Assert.Equal("/detectors/checkout-error-burst/edit?enabled=false", off.Path);
        Assert.DoesNotContain("value=\"yes\" checked", off.Html, StringComparison.Ordinal);

        var viewer = await (await _bench.PersonAsync("vic", Role.Viewer)).PageAsync("/i/1");
        Assert.Contains("usually 12", viewer, StringComparison.Ordinal);
        Assert.DoesNotContain("Was it of no use?", viewer, StringComparison.Ordinal);
    }

    private const string NewPath = "/new/detector";

    private DateTimeOffset Now => _bench.Service<TimeProvider>().GetUtcNow();

    private async Task MeasureAsync(params MetricSample[] samples) => await _bench.Service<MetricIntake>().StoreAsync(await IdAsync("other"), samples, default);

    private async Task StoreAsync(params LogLine[] lines) => await _bench.Service<LogIntake>().StoreAsync(await IdAsync("other"), lines, default);

    private async Task<long> IdAsync(string workspace) => (await _bench.Service<Database>().ReadAsync(_bench.Service<WorkspaceStore>().ListAsync, default)).Single(w => w.Name == workspace).Id;

    private async Task ApplyAsync(string yaml)
    {
        using var content = new StringContent($"apiVersion: tocsin/v1\nworkspace: other\n{yaml}", Encoding.UTF8, "application/yaml");
        using var response = await _head.PostAsync("/api/v1/estate/apply", content);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    private Task<string> ExportAsync() => _head.GetStringAsync("/api/v1/estate");

    private static string Href(string page, string text) => Link().Matches(page).First(m => m.Groups["text"].Value == text).Groups["href"].Value;

    [GeneratedRegex("<a [^>]*?href=\"(?<href>[^\"]*)\"[^>]*>(?<text>[^<]*)</a>", RegexOptions.ExplicitCapture)]
    private static partial Regex Link();

    [GeneratedRegex("<a class=\"mono\" href=\"(?<href>/logs\\?[^\"]*template=[^\"]*)\"", RegexOptions.ExplicitCapture)]
    private static partial Regex Pattern();

    [GeneratedRegex("<[^>]*>")]
    private static partial Regex Tags();

    public sealed class OnSqlite() : DetectorFormPageTests(Engine.Sqlite);

    public sealed class OnPostgres() : DetectorFormPageTests(Engine.Postgres);
}
