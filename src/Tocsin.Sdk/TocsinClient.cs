using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Tocsin.Sdk;

/// <summary>
/// The native API (<c>/api/v1</c>), typed. Safe for trimming and ahead-of-time compilation; safe to share between threads.
/// Every method throws <see cref="TocsinException"/> when the server refuses, and <see cref="HttpRequestException"/> when none answers.
/// None retries: reads, and all writes except notes, can be repeated without harm.
/// </summary>
/// <param name="http">
/// Its <see cref="HttpClient.BaseAddress"/> is the server's address, path prefix included. TLS, proxies and time limits are its business;
/// the key is set with <see cref="Authorize"/> or by a handler.
/// </param>
/// <param name="time">Measures waits and silence of the live stream; null: the system's.</param>
public sealed partial class TocsinClient(HttpClient http, TimeProvider? time = null)
{
    /// <summary>The most items that one page of a list can hold.</summary>
    public const int MaxPage = 200;

    private readonly Uri _server = WithSlash(
        http.BaseAddress ?? throw new ArgumentException("The HttpClient has no BaseAddress.", nameof(http)));

    /// <summary>Sends this API key with each request of the client.</summary>
    public static void Authorize(HttpClient http, string key)
    {
        ArgumentNullException.ThrowIfNull(http);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    /// <summary>Incidents, newest first.</summary>
    /// <param name="status">open (all that are not resolved), triggered, acknowledged, snoozed, resolved or all.</param>
    /// <param name="search">Words of the title, or null for all.</param>
    /// <param name="cursor">From the page before; null for the first page.</param>
    /// <param name="limit">1 to <see cref="MaxPage"/>.</param>
    public Task<Page<Incident>> ListIncidentsAsync(
        string status = "open", string? search = null, string? cursor = null, int limit = 50, CancellationToken ct = default) =>
        GetAsync(
            Query("api/v1/incidents", ("status", status), ("q", search), ("cursor", cursor), ("limit", Number(limit))),
            WireJson.Default.PageIncident,
            ct);

    /// <summary>All incidents, page by page as they are asked for. Parameters as for <see cref="ListIncidentsAsync"/>.</summary>
    public IAsyncEnumerable<Incident> EnumerateIncidentsAsync(string status = "open", string? search = null, CancellationToken ct = default) =>
        AllAsync((cursor, token) => ListIncidentsAsync(status, search, cursor, MaxPage, token), ct);

    /// <summary>One incident with its alerts, pages and timeline.</summary>
    public Task<IncidentDetail> GetIncidentAsync(long number, CancellationToken ct = default) =>
        GetAsync($"api/v1/incidents/{Number(number)}", WireJson.Default.IncidentDetail, ct);

    /// <summary>Stops the paging; somebody has it. Idempotent.</summary>
    public Task<Incident> AcknowledgeAsync(long number, CancellationToken ct = default) => ActAsync(number, "acknowledge", ct);

    /// <summary>Ends the incident. Idempotent.</summary>
    public Task<Incident> ResolveAsync(long number, CancellationToken ct = default) => ActAsync(number, "resolve", ct);

    /// <summary>Pages the next step of the policy now instead of at its time.</summary>
    public Task<Incident> EscalateAsync(long number, CancellationToken ct = default) => ActAsync(number, "escalate", ct);

    /// <summary>Stops the paging until an instant, when it begins again unless the incident was resolved.</summary>
    public Task<Incident> SnoozeAsync(long number, SnoozeRequest request, CancellationToken ct = default) =>
        PostAsync($"api/v1/incidents/{Number(number)}/snooze", request, WireJson.Default.SnoozeRequest, WireJson.Default.Incident, ct);

    /// <summary>Writes a note into the timeline. Not idempotent: each call adds one.</summary>
    public Task<Incident> AddNoteAsync(long number, string text, CancellationToken ct = default) =>
        PostAsync(
            $"api/v1/incidents/{Number(number)}/notes", new NoteRequest(text), WireJson.Default.NoteRequest, WireJson.Default.Incident, ct);

    /// <summary>Hands an incident over; its escalation begins there. Idempotent while they are being called first.</summary>
    public Task<Incident> ReassignAsync(long number, ReassignRequest request, CancellationToken ct = default) =>
        PostAsync($"api/v1/incidents/{Number(number)}/reassign", request, WireJson.Default.ReassignRequest, WireJson.Default.Incident, ct);

    /// <summary>Asks further people to help. Whoever was asked already is not asked again.</summary>
    public Task<Incident> AskRespondersAsync(long number, RespondersRequest request, CancellationToken ct = default) =>
        PostAsync($"api/v1/incidents/{Number(number)}/responders", request, WireJson.Default.RespondersRequest, WireJson.Default.Incident, ct);

    /// <summary>Joins or declines, for whoever was asked to help. Idempotent.</summary>
    public Task<Incident> AnswerAsync(long number, bool joins, CancellationToken ct = default) =>
        PostAsync(
            $"api/v1/incidents/{Number(number)}/responders/answer", new ResponderAnswerRequest(joins), WireJson.Default.ResponderAnswerRequest, WireJson.Default.Incident, ct);

    /// <summary>Lets all open incidents of a policy go on by it as it is now. Idempotent.</summary>
    public Task<PolicyMoveView> MoveIncidentsAsync(string policy, CancellationToken ct = default) =>
        PostAsync($"api/v1/policies/{Uri.EscapeDataString(policy)}/move-incidents", WireJson.Default.PolicyMoveView, ct);

    /// <summary>Alerts, newest first.</summary>
    /// <param name="status">firing, resolved or all.</param>
    public Task<Page<Alert>> ListAlertsAsync(
        string status = "firing", string? cursor = null, int limit = 50, CancellationToken ct = default) =>
        GetAsync(Query("api/v1/alerts", ("status", status), ("cursor", cursor), ("limit", Number(limit))), WireJson.Default.PageAlert, ct);

    /// <summary>All alerts, page by page as they are asked for.</summary>
    public IAsyncEnumerable<Alert> EnumerateAlertsAsync(string status = "firing", CancellationToken ct = default) =>
        AllAsync((cursor, token) => ListAlertsAsync(status, cursor, MaxPage, token), ct);

    public Task<Alert> GetAlertAsync(long id, CancellationToken ct = default) =>
        GetAsync($"api/v1/alerts/{Number(id)}", WireJson.Default.Alert, ct);

    /// <summary>Notifications, newest first.</summary>
    /// <param name="incident">Only of this incident; null: of all.</param>
    /// <param name="status">queued, sent, failed or cancelled; null: all.</param>
    public Task<Page<PageView>> ListPagesAsync(
        long? incident = null, string? status = null, string? cursor = null, int limit = 50, CancellationToken ct = default) =>
        GetAsync(
            Query("api/v1/pages", ("incident", incident is { } n ? Number(n) : null), ("status", status), ("cursor", cursor), ("limit", Number(limit))),
            WireJson.Default.PagePageView,
            ct);

    /// <summary>All notifications, page by page as they are asked for.</summary>
    public IAsyncEnumerable<PageView> EnumeratePagesAsync(long? incident = null, string? status = null, CancellationToken ct = default) =>
        AllAsync((cursor, token) => ListPagesAsync(incident, status, cursor, MaxPage, token), ct);

    /// <summary>The append-only log, newest first.</summary>
    /// <param name="subject">Such as <c>incident/12</c>; null: everything.</param>
    public Task<Page<EventView>> ListEventsAsync(
        string? subject = null, string? cursor = null, int limit = 50, CancellationToken ct = default) =>
        GetAsync(
            Query("api/v1/events", ("subject", subject), ("cursor", cursor), ("limit", Number(limit))), WireJson.Default.PageEventView, ct);

    /// <summary>The whole log, page by page as it is asked for.</summary>
    public IAsyncEnumerable<EventView> EnumerateEventsAsync(string? subject = null, CancellationToken ct = default) =>
        AllAsync((cursor, token) => ListEventsAsync(subject, cursor, MaxPage, token), ct);

    /// <summary>Who is on call for each schedule.</summary>
    /// <param name="at">The instant to ask for; null: now.</param>
    public Task<Page<OnCallView>> ListOnCallAsync(DateTimeOffset? at = null, CancellationToken ct = default) =>
        GetAsync(Query("api/v1/oncall", ("at", Instant(at))), WireJson.Default.PageOnCallView, ct);

    /// <summary>Who is on call when, by one schedule.</summary>
    /// <param name="from">Null: now.</param>
    /// <param name="to">Null: 28 days after from; at most 366 days after it.</param>
    public Task<ScheduleShifts> ListShiftsAsync(string schedule, DateTimeOffset? from = null, DateTimeOffset? to = null, CancellationToken ct = default) =>
        GetAsync(Query($"api/v1/schedules/{Uri.EscapeDataString(schedule)}/shifts", ("from", Instant(from)), ("to", Instant(to))), WireJson.Default.ScheduleShifts, ct);

    /// <summary>When nobody is on call by one schedule, and when people are that were not meant to be together.</summary>
    /// <param name="days">How far ahead, 1 to 366.</param>
    public Task<ScheduleGaps> FindGapsAsync(string schedule, int days = 366, CancellationToken ct = default) =>
        GetAsync(Query($"api/v1/schedules/{Uri.EscapeDataString(schedule)}/gaps", ("days", Number(days))), WireJson.Default.ScheduleGaps, ct);

    /// <summary>Why somebody was paged, or who would be.</summary>
    public Task<Explanation> ExplainAsync(ExplainRequest request, CancellationToken ct = default) =>
        PostAsync("api/v1/explain", request, WireJson.Default.ExplainRequest, WireJson.Default.Explanation, ct);

    public Task<Page<SourceView>> ListSourcesAsync(CancellationToken ct = default) =>
        GetAsync("api/v1/sources", WireJson.Default.PageSourceView, ct);

    /// <summary>Feeds the source's own sample through it, as if its tool had sent it.</summary>
    /// <param name="status">firing or resolved.</param>
    public Task<DeliveryView> TestSourceAsync(string name, string status = "firing", CancellationToken ct = default) =>
        PostAsync(Query($"api/v1/sources/{Uri.EscapeDataString(name)}/test", ("status", status)), WireJson.Default.DeliveryView, ct);

    /// <summary>Sends a test message to a channel and tells the provider's answer. Not idempotent: each call sends one.</summary>
    public Task<ContactAnswer> TestChannelAsync(string name, CancellationToken ct = default) =>
        PostAsync($"api/v1/channels/{Uri.EscapeDataString(name)}/test", WireJson.Default.ContactAnswer, ct);

    /// <summary>Sends a test message to somebody by one contact method and tells the provider's answer. Not idempotent: each call sends one.</summary>
    public Task<ContactAnswer> TestContactAsync(string user, string method, CancellationToken ct = default) =>
        PostAsync($"api/v1/users/{Uri.EscapeDataString(user)}/contact/{Uri.EscapeDataString(method)}/test", WireJson.Default.ContactAnswer, ct);

    /// <summary>What sources delivered, newest first.</summary>
    /// <param name="verdict">accepted, duplicate, partial, unparsed or refused; null: all.</param>
    public Task<Page<DeliveryView>> ListDeliveriesAsync(
        string? source = null, string? verdict = null, string? cursor = null, int limit = 50, CancellationToken ct = default) =>
        GetAsync(
            Query("api/v1/deliveries", ("source", source), ("verdict", verdict), ("cursor", cursor), ("limit", Number(limit))),
            WireJson.Default.PageDeliveryView,
            ct);

    /// <summary>All deliveries, page by page as they are asked for.</summary>
    public IAsyncEnumerable<DeliveryView> EnumerateDeliveriesAsync(
        string? source = null, string? verdict = null, CancellationToken ct = default) =>
        AllAsync((cursor, token) => ListDeliveriesAsync(source, verdict, cursor, MaxPage, token), ct);

    /// <summary>One delivery with its body as it came.</summary>
    public Task<DeliveryView> GetDeliveryAsync(long id, CancellationToken ct = default) =>
        GetAsync($"api/v1/deliveries/{Number(id)}", WireJson.Default.DeliveryView, ct);

    /// <summary>Reads a kept body again, by the rules of today.</summary>
    public Task<DeliveryView> ReplayDeliveryAsync(long id, CancellationToken ct = default) =>
        PostAsync($"api/v1/deliveries/{Number(id)}/replay", WireJson.Default.DeliveryView, ct);

    /// <summary>Deliveries that were rejected wholly, in part or as forged, newest first.</summary>
    public Task<Page<DeliveryView>> ListRejectedAsync(string? source = null, string? cursor = null, int limit = 50, CancellationToken ct = default) =>
        GetAsync(Query("api/v1/rejected", ("source", source), ("cursor", cursor), ("limit", Number(limit))), WireJson.Default.PageDeliveryView, ct);

    /// <summary>The last canonical event of an alert; not found if it has none.</summary>
    public Task<CanonicalAlert> GetCanonicalAsync(long alert, CancellationToken ct = default) =>
        GetAsync($"api/v1/alerts/{Number(alert)}/canonical", WireJson.Default.CanonicalAlert, ct);

    /// <summary>Jobs that gave up.</summary>
    public Task<Page<DeadJobView>> ListDeadJobsAsync(CancellationToken ct = default) =>
        GetAsync("api/v1/jobs/dead", WireJson.Default.PageDeadJobView, ct);

    /// <summary>Gives a dead job its tries back.</summary>
    public async Task ReplayDeadJobAsync(long id, CancellationToken ct = default)
    {
        using var response = await SendAsync(HttpMethod.Post, $"api/v1/jobs/dead/{Number(id)}/replay", null, ct);
    }

    /// <summary>The API keys of the workspace, without the keys themselves.</summary>
    public Task<Page<KeyView>> ListKeysAsync(CancellationToken ct = default) =>
        GetAsync("api/v1/keys", WireJson.Default.PageKeyView, ct);

    /// <summary>Makes a key, which may not do more than the client's own credential. Not idempotent: each call makes one.</summary>
    /// <returns>The key, which cannot be had again.</returns>
    public Task<NewKeyView> CreateKeyAsync(KeyRequest request, CancellationToken ct = default) =>
        PostAsync("api/v1/keys", request, WireJson.Default.KeyRequest, WireJson.Default.NewKeyView, ct);

    /// <summary>Makes a key that may the same as another, which goes on for the grace time. A second call is refused with 409.</summary>
    public Task<NewKeyView> RotateKeyAsync(long id, KeyRotation request, CancellationToken ct = default) =>
        PostAsync($"api/v1/keys/{Number(id)}/rotate", request, WireJson.Default.KeyRotation, WireJson.Default.NewKeyView, ct);

    /// <summary>Ends a key, on all nodes within five seconds. Idempotent.</summary>
    public async Task RevokeKeyAsync(long id, CancellationToken ct = default)
    {
        using var response = await SendAsync(HttpMethod.Delete, $"api/v1/keys/{Number(id)}", null, ct);
    }

    /// <summary>The workspace as YAML; planning it again changes nothing.</summary>
    public async Task<string> ExportEstateAsync(CancellationToken ct = default)
    {
        using var response = await SendAsync(HttpMethod.Get, "api/v1/estate", null, ct);
        return await response.Content.ReadAsStringAsync(ct);
    }

    /// <summary>What <see cref="ApplyEstateAsync"/> would change. Changes nothing; faults are in the plan.</summary>
    /// <param name="yaml">One or more YAML documents.</param>
    /// <param name="prune">Delete what the YAML does not name.</param>
    public Task<EstatePlan> PlanEstateAsync(string yaml, bool prune = false, CancellationToken ct = default) =>
        PostYamlAsync("api/v1/estate/plan", yaml, prune, ct);

    /// <summary>Makes the workspace as the YAML says, in one transaction, or not at all when it has faults. Idempotent.</summary>
    public Task<EstatePlan> ApplyEstateAsync(string yaml, bool prune = false, CancellationToken ct = default) =>
        PostYamlAsync("api/v1/estate/apply", yaml, prune, ct);

    public Task<VersionView> GetVersionAsync(CancellationToken ct = default) =>
        GetAsync("api/v1/version", WireJson.Default.VersionView, ct);

    /// <summary>Delivers an alert to a generic source. Idempotent within the same state of the alert. Needs no API key: the source's is one.</summary>
    /// <param name="sourceKey">The key of a source of type generic.</param>
    public async Task SendAlertAsync(string sourceKey, AlertEvent alert, CancellationToken ct = default)
    {
        using var content = JsonContent.Create(alert, IngestJson.Default.AlertEvent);
        using var response = await SendAsync(HttpMethod.Post, $"in/generic/{Uri.EscapeDataString(sourceKey)}", content, ct);
    }

    /// <summary>Delivers alerts by the Alertmanager API, with the client's own API key. Idempotent.</summary>
    public async Task PostAlertsAsync(IReadOnlyList<PostableAlert> alerts, CancellationToken ct = default)
    {
        using var content = JsonContent.Create(alerts, IngestJson.Default.IReadOnlyListPostableAlert);
        using var response = await SendAsync(HttpMethod.Post, "api/v2/alerts", content, ct);
    }

    private static async IAsyncEnumerable<T> AllAsync<T>(
        Func<string?, CancellationToken, Task<Page<T>>> list, [EnumeratorCancellation] CancellationToken ct)
    {
        string? cursor = null;
        do
        {
            var page = await list(cursor, ct);
            foreach (var item in page.Items)
            {
                yield return item;
            }

            cursor = page.NextCursor;
        }
        while (cursor is not null);
    }

    private Task<Incident> ActAsync(long number, string verb, CancellationToken ct) =>
        PostAsync($"api/v1/incidents/{Number(number)}/{verb}", WireJson.Default.Incident, ct);

    private async Task<EstatePlan> PostYamlAsync(string path, string yaml, bool prune, CancellationToken ct)
    {
        using var content = new StringContent(yaml, Encoding.UTF8, "application/yaml");
        using var response = await SendAsync(HttpMethod.Post, Query(path, ("prune", prune ? "true" : null)), content, ct);
        return await ReadAsync(response, WireJson.Default.EstatePlan, ct);
    }

    private async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken ct)
    {
        using var response = await SendAsync(HttpMethod.Get, path, null, ct);
        return await ReadAsync(response, type, ct);
    }

    private async Task<T> PostAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken ct)
    {
        using var response = await SendAsync(HttpMethod.Post, path, null, ct);
        return await ReadAsync(response, type, ct);
    }

    private async Task<TAnswer> PostAsync<TBody, TAnswer>(
        string path, TBody body, JsonTypeInfo<TBody> bodyType, JsonTypeInfo<TAnswer> answerType, CancellationToken ct)
    {
        using var content = JsonContent.Create(body, bodyType);
        using var response = await SendAsync(HttpMethod.Post, path, content, ct);
        return await ReadAsync(response, answerType, ct);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, new Uri(_server, path)) { Content = content };
        var response = await http.SendAsync(request, ct);
        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            throw await RefusalAsync(response, ct);
        }
    }

    private static async Task<T> ReadAsync<T>(HttpResponseMessage response, JsonTypeInfo<T> type, CancellationToken ct)
    {
        try
        {
            return await response.Content.ReadFromJsonAsync(type, ct) ?? throw NotOurs(response);
        }
        catch (JsonException)
        {
            throw NotOurs(response);
        }
    }

    private static TocsinException NotOurs(HttpResponseMessage response) => new(
        response.StatusCode,
        "answer.unexpected",
        $"{response.RequestMessage?.RequestUri?.GetLeftPart(UriPartial.Path)} did not answer as Tocsin does; is the address right?");

    private static async Task<TocsinException> RefusalAsync(HttpResponseMessage response, CancellationToken ct)
    {
        var problem = await ReadProblemAsync(response, ct);
        return new(
            response.StatusCode,
            problem?.Title ?? "",
            problem?.Detail ?? $"The server answered {(int)response.StatusCode} {response.ReasonPhrase}".TrimEnd() + ".",
            response.Headers.RetryAfter?.Delta);
    }

    private static async Task<Problem?> ReadProblemAsync(HttpResponseMessage response, CancellationToken ct)
    {
        if (response.Content.Headers.ContentType?.MediaType is not ("application/problem+json" or "application/json"))
        {
            return null;
        }

        try
        {
            using var json = await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync(ct), cancellationToken: ct);
            return json.RootElement.ValueKind switch
            {
                JsonValueKind.Object => json.RootElement.Deserialize(WireJson.Default.Problem),

                // The Alertmanager API says what was wrong in one JSON string.
                JsonValueKind.String => new(null, "", (int)response.StatusCode, json.RootElement.GetString(), null),
                _ => null,
            };
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Query(string path, params ReadOnlySpan<(string Name, string? Value)> pairs)
    {
        var text = new StringBuilder(path);
        var separator = '?';
        foreach (var (name, value) in pairs)
        {
            if (value is not null)
            {
                text.Append(separator).Append(name).Append('=').Append(Uri.EscapeDataString(value));
                separator = '&';
            }
        }

        return text.ToString();
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string? Instant(DateTimeOffset? at) => at?.ToUniversalTime().ToString("O");

    private static Uri WithSlash(Uri address) =>
        address.AbsolutePath.EndsWith('/') ? address : new UriBuilder(address) { Path = address.AbsolutePath + "/" }.Uri;
}
