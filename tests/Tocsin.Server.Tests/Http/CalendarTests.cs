using System.Net;
using Tocsin.Identity;
using Tocsin.OnCall;

namespace Tocsin.Tests.Http;

/// <summary>Shifts as calendars: what programs read, and who may make and end the address.</summary>
public abstract class CalendarTests(Engine engine) : IAsyncLifetime
{
    private HttpBench _bench = null!;
    private HttpClient _ana = null!;

    public async Task InitializeAsync()
    {
        _bench = await HttpBench.StartAsync(engine, builder => builder.Configuration["Server:PublicUrl"] = "https://tocsin.test");
        _ana = await _bench.PersonAsync("ana", Role.Responder);
    }

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [StoreFact]
    public async Task A_program_reads_the_shifts_without_logging_in_and_hears_when_nothing_is_new()
    {
        var path = await MakeAsync(_ana, "schedule", "primary");
        using var first = await _bench.Anybody().GetAsync(path);
        var text = await first.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        Assert.Equal("text/calendar; charset=utf-8", first.Content.Headers.ContentType!.ToString());
        Assert.Equal((true, TimeSpan.FromMinutes(5)), (first.Headers.CacheControl!.Private, first.Headers.CacheControl.MaxAge));
        Assert.Contains("\r\nX-WR-CALNAME:primary on call (payments)\r\n", text, StringComparison.Ordinal);
        var shift = Assert.Single(IcalReader.Read(text, "UTC", DateTimeOffset.UtcNow.AddDays(-40), DateTimeOffset.UtcNow.AddDays(400)).Value!.Entries);
        Assert.Equal("On call: ana (primary)", shift.Summary);

        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.IfNoneMatch.Add(first.Headers.ETag!);
        using var second = await _bench.Anybody().SendAsync(request);
        Assert.Equal((HttpStatusCode.NotModified, ""), (second.StatusCode, await second.Content.ReadAsStringAsync()));
    }

    [StoreFact]
    public async Task A_cover_shows_as_such_and_leaves_the_names_of_the_other_shifts_as_they_were()
    {
        var path = await MakeAsync(_ana, "user", "ana");
        var before = await ReadAsync(path);
        var bo = await _bench.PersonAsync("bo", Role.Responder);
        await bo.PostAsync(
            "/api/v1/schedules/primary/overrides",
            $$"""{"instead_of": "ana", "from": "{{DateTimeOffset.UtcNow.AddDays(3):O}}", "to": "{{DateTimeOffset.UtcNow.AddDays(4):O}}"}""", HttpStatusCode.Created);

        var after = await ReadAsync(path);

        Assert.Equal(2, after.Entries.Count);
        Assert.Equal(before.Entries[0].Uid, after.Entries[0].Uid);
        Assert.Contains("CATEGORIES:ON-CALL,OVERRIDE", await _bench.Anybody().GetStringAsync(await MakeAsync(bo, "user", "bo")), StringComparison.Ordinal);
        Assert.Contains("SEQUENCE:2", await _bench.Anybody().GetStringAsync(path), StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task An_address_that_was_renewed_or_ended_reads_nothing_and_is_only_its_owners_to_renew()
    {
        var old = await MakeAsync(_ana, "user", "ana");
        var fresh = await MakeAsync(_ana, "user", "ana");
        Assert.Equal(HttpStatusCode.NotFound, (await _bench.Anybody().GetAsync(old)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await _bench.Anybody().GetAsync(fresh)).StatusCode);

        var bo = await _bench.PersonAsync("bo", Role.Responder);
        Assert.Equal(HttpStatusCode.Forbidden, (await bo.PostAsync("/api/v1/calendar-links/user/ana", null)).StatusCode);
        await MakeAsync(bo, "schedule", "primary");
        Assert.Equal(HttpStatusCode.Forbidden, (await _ana.PostAsync("/api/v1/calendar-links/schedule/primary", null)).StatusCode);
        Assert.DoesNotContain((await bo.GetJsonAsync("/api/v1/calendar-links")).Items(), l => l!["name"].Text() == "ana");

        Assert.Equal(HttpStatusCode.NoContent, (await _ana.DeleteAsync("/api/v1/calendar-links/user/ana")).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await _ana.DeleteAsync("/api/v1/calendar-links/user/ana")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await _bench.Anybody().GetAsync(fresh)).StatusCode);
    }

    [StoreFact]
    public async Task The_secret_is_stored_as_a_hash_only()
    {
        var secret = (await MakeAsync(_ana, "user", "ana"))["/ical/".Length..^".ics".Length];
        var stored = await _bench.Service<Data.Database>().ReadAsync(session => session.QueryAsync("SELECT token_hash FROM calendar_link", static row => row.GetFieldValue<byte[]>(0)), default);

        Assert.Equal(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(secret)), Assert.Single(stored));
    }

    private static async Task<string> MakeAsync(HttpClient caller, string kind, string name)
    {
        using var response = await caller.PostAsync($"/api/v1/calendar-links/{kind}/{name}", null);
        return new Uri((await response.JsonAsync(HttpStatusCode.OK))["url"].Text()).AbsolutePath;
    }

    private async Task<IcalContent> ReadAsync(string path) =>
        IcalReader.Read(await _bench.Anybody().GetStringAsync(path), "UTC", DateTimeOffset.UtcNow.AddDays(-40), DateTimeOffset.UtcNow.AddDays(400)).Value!;

    public sealed class OnSqlite() : CalendarTests(Engine.Sqlite);

    public sealed class OnPostgres() : CalendarTests(Engine.Postgres);
}
