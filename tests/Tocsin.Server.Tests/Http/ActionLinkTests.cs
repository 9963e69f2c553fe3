using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Tocsin.Identity;

namespace Tocsin.Tests.Http;

/// <summary>The signed link in a page: who holds it acts without a login, each press once, and whoever only opens it changes nothing.</summary>
public abstract partial class ActionLinkTests(Engine engine) : IAsyncLifetime
{
    private HttpBench _bench = null!;
    private HttpClient _phone = null!;
    private HttpClient _viewer = null!;
    private string _link = "";

    public async Task InitializeAsync()
    {
        _bench = await HttpBench.StartAsync(engine, builder => builder.Configuration["Server:PublicUrl"] = "https://tocsin.test");
        (_phone, _viewer) = (_bench.Anybody(), await _bench.CallerAsync(Role.Viewer));
        await _bench.Anybody().FireAsync(HttpBench.PrometheusKey, "alertname=Db,service=checkout,severity=critical");
        var (phone, _, data) = await _bench.PagedAsync();
        Assert.Equal("ana", phone);
        _link = new Uri(data["action_url"].Text()).AbsolutePath;
    }

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [StoreFact]
    public async Task A_scanner_that_opens_the_link_however_often_and_by_whatever_verb_changes_nothing()
    {
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await _phone.GetAsync(_link)).StatusCode);
        }

        using var head = new HttpRequestMessage(HttpMethod.Head, _link);
        using var answered = await _phone.SendAsync(head);
        Assert.True((int)answered.StatusCode < 500);
        Assert.Equal(HttpStatusCode.OK, (await _phone.GetAsync($"{_link}?do=acknowledge")).StatusCode);

        Assert.Equal("triggered", await StatusAsync());
        Assert.Equal("You have #1. Nobody else is paged.", await PressAsync("acknowledge"));
    }

    [StoreFact]
    public async Task A_button_of_a_notification_counts_once_and_says_afterwards_who_pressed_it_when()
    {
        Assert.Equal("You have #1. Nobody else is paged.", await PressAsync("acknowledge"));
        var again = await PressAsync("acknowledge");

        Assert.Matches("^This button was used before, at .+: ana acknowledged #1. Nothing was done again. You have #1. Nobody else is paged.$", again);
        Assert.Equal(1, await CountAsync("incident.acknowledged"));
    }

    [StoreFact]
    public async Task A_button_that_was_pressed_does_not_take_an_incident_that_is_open_again()
    {
        await PressAsync("acknowledge");
        await (await _bench.CallerAsync(Role.Admin)).PostAsync("/api/v1/incidents/1/reassign", """{"to": "user:bo"}""");
        Assert.Equal("triggered", await StatusAsync());

        Assert.EndsWith("Nothing was done again. #1 is open again, and pages: open the incident to act on it.", await PressAsync("acknowledge"), StringComparison.Ordinal);
        Assert.Equal("triggered", await StatusAsync());
    }

    [StoreFact]
    public async Task Two_presses_at_once_are_one()
    {
        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => PressAsync("acknowledge")));

        Assert.Equal(1, await CountAsync("incident.acknowledged"));
    }

    [StoreFact]
    public async Task A_form_counts_once_and_the_page_shown_anew_has_a_new_one()
    {
        var first = await OnceAsync();
        Assert.Equal("The note is in the timeline.", await PressAsync("note", first, "looking"));
        Assert.Matches("^This button was used before, at .+: ana left this note on #1.", await PressAsync("note", first, "looking"));
        Assert.Equal("The note is in the timeline.", await PressAsync("note", await OnceAsync(), "looking"));

        Assert.Equal(2, await CountAsync("incident.note_added"));
        Assert.Equal("You have #1. Nobody else is paged.", await PressAsync("acknowledge", first));
        Assert.Equal("", await PressAsync("snooze", first));
        Assert.Equal("snoozed", await StatusAsync());
    }

    [StoreFact]
    public async Task After_a_restart_what_was_spent_is_spent()
    {
        await PressAsync("acknowledge");
        await _bench.RestartAsync(builder => builder.Configuration["Server:PublicUrl"] = "https://tocsin.test");
        (_phone, _viewer) = (_bench.Anybody(), await _bench.CallerAsync(Role.Viewer));

        Assert.StartsWith("This button was used before, at ", await PressAsync("acknowledge"), StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task After_twelve_hours_the_link_has_ended()
    {
        _bench.Pass(TimeSpan.FromHours(12));

        Assert.Equal(HttpStatusCode.Gone, (await _phone.GetAsync(_link)).StatusCode);
        using var pressed = await _phone.PostAsync(_link, new FormUrlEncodedContent([new("do", "acknowledge")]));
        Assert.Equal(HttpStatusCode.Gone, pressed.StatusCode);
        Assert.Equal(0, await CountAsync("incident.acknowledged"));
    }

    [StoreFact]
    public async Task A_link_that_was_changed_or_is_anothers_leads_nowhere()
    {
        var changed = _link[..^1] + (_link[^1] == 'A' ? 'B' : 'A');
        using var pressed = await _phone.PostAsync(changed, new FormUrlEncodedContent([new("do", "acknowledge")]));

        Assert.Equal(HttpStatusCode.NotFound, pressed.StatusCode);
        Assert.Equal("triggered", await StatusAsync());
    }

    [GeneratedRegex("name=\"once\" value=\"(?<once>[^\"]+)\"")]
    private static partial Regex Hidden();

    /// <summary>What the buttons of the page carry, as it is shown now.</summary>
    private async Task<string> OnceAsync() => Assert.Single(Hidden().Matches(await _phone.GetStringAsync(_link)).Select(m => m.Groups["once"].Value).Distinct());

    /// <summary>As the service worker does, or a form, and what is said then.</summary>
    private async Task<string> PressAsync(string what, string? once = null, string? text = null)
    {
        List<KeyValuePair<string, string>> fields = [new("do", what)];
        fields.AddRange(once is null ? [] : [new("once", once)]);
        fields.AddRange(text is null ? [] : [new("text", text)]);
        using var request = new HttpRequestMessage(HttpMethod.Post, _link) { Content = new FormUrlEncodedContent(fields), Headers = { { "X-Fragment", "1" } } };
        using var response = await _phone.SendAsync(request);
        var said = await response.JsonAsync(HttpStatusCode.OK);
        return said["fault"] is { } fault ? fault.Text() : said["notice"]?.GetValue<string>() ?? "";
    }

    private async Task<string> StatusAsync() => (await DetailAsync())["incident"]!["status"].Text();

    private async Task<int> CountAsync(string kind) => (await DetailAsync())["timeline"]!.AsArray().Count(e => e!["kind"].Text() == kind);

    private Task<JsonNode> DetailAsync() => _viewer.GetJsonAsync("/api/v1/incidents/1");

    public sealed class OnSqlite() : ActionLinkTests(Engine.Sqlite);

    public sealed class OnPostgres() : ActionLinkTests(Engine.Postgres);
}
