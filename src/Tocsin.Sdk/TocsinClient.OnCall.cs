using System.Text.Json.Serialization.Metadata;

namespace Tocsin.Sdk;

/// <summary>Covers, time off, requests for cover, and calendars.</summary>
public sealed partial class TocsinClient
{
    /// <summary>The overrides of a schedule that people entered and that have not ended.</summary>
    public Task<Page<OverrideView>> ListOverridesAsync(string schedule, CancellationToken ct = default) =>
        GetAsync(OverridesOf(schedule), WireJson.Default.PageOverrideView, ct);

    /// <summary>Puts somebody on call. Not idempotent: each call adds one; of overlapping ones the later wins.</summary>
    public Task<OverrideView> AddOverrideAsync(string schedule, OverrideRequest request, CancellationToken ct = default) =>
        PostAsync(OverridesOf(schedule), request, WireJson.Default.OverrideRequest, WireJson.Default.OverrideView, ct);

    /// <summary>Takes an override back. Idempotent.</summary>
    public Task<OverrideView> RemoveOverrideAsync(string schedule, long id, CancellationToken ct = default) =>
        SendAsync(HttpMethod.Delete, $"{OverridesOf(schedule)}/{Number(id)}", WireJson.Default.OverrideView, ct);

    /// <summary>All time off that has not ended.</summary>
    public Task<Page<TimeOffView>> ListTimeOffAsync(CancellationToken ct = default) => GetAsync("api/v1/time-off", WireJson.Default.PageTimeOffView, ct);

    /// <summary>Says that somebody is away. Not idempotent: each call adds one.</summary>
    public Task<TimeOffView> AddTimeOffAsync(TimeOffRequest request, CancellationToken ct = default) =>
        PostAsync("api/v1/time-off", request, WireJson.Default.TimeOffRequest, WireJson.Default.TimeOffView, ct);

    /// <summary>Takes time off back. Idempotent.</summary>
    public Task<TimeOffView> RemoveTimeOffAsync(long id, CancellationToken ct = default) =>
        SendAsync(HttpMethod.Delete, $"api/v1/time-off/{Number(id)}", WireJson.Default.TimeOffView, ct);

    /// <summary>Open requests for cover, and those answered within the last 7 days; newest first.</summary>
    public Task<Page<SwapView>> ListSwapsAsync(CancellationToken ct = default) => GetAsync("api/v1/swaps", WireJson.Default.PageSwapView, ct);

    /// <summary>Asks somebody, or the team, to take a shift. Not idempotent: each call asks.</summary>
    public Task<SwapView> AskForCoverAsync(SwapRequest request, CancellationToken ct = default) =>
        PostAsync("api/v1/swaps", request, WireJson.Default.SwapRequest, WireJson.Default.SwapView, ct);

    /// <summary>Answers a request.</summary>
    /// <param name="answer">accept, decline or withdraw.</param>
    public Task<SwapView> AnswerSwapAsync(long id, string answer, CancellationToken ct = default) =>
        PostAsync($"api/v1/swaps/{Number(id)}/{Uri.EscapeDataString(answer)}", WireJson.Default.SwapView, ct);

    /// <summary>The calendar addresses that the caller may renew.</summary>
    public Task<Page<CalendarLinkView>> ListCalendarLinksAsync(CancellationToken ct = default) =>
        GetAsync("api/v1/calendar-links", WireJson.Default.PageCalendarLinkView, ct);

    /// <summary>Makes a calendar address, or a new one in the place of the old, which no longer works.</summary>
    /// <param name="kind">schedule or user.</param>
    public Task<CalendarLinkView> RenewCalendarLinkAsync(string kind, string name, CancellationToken ct = default) =>
        PostAsync(CalendarLinkOf(kind, name), WireJson.Default.CalendarLinkView, ct);

    /// <summary>Ends a calendar address. Idempotent.</summary>
    public async Task RevokeCalendarLinkAsync(string kind, string name, CancellationToken ct = default)
    {
        using var response = await SendAsync(HttpMethod.Delete, CalendarLinkOf(kind, name), null, ct);
    }

    private async Task<T> SendAsync<T>(HttpMethod method, string path, JsonTypeInfo<T> type, CancellationToken ct)
    {
        using var response = await SendAsync(method, path, null, ct);
        return await ReadAsync(response, type, ct);
    }

    private static string OverridesOf(string schedule) => $"api/v1/schedules/{Uri.EscapeDataString(schedule)}/overrides";

    private static string CalendarLinkOf(string kind, string name) => $"api/v1/calendar-links/{Uri.EscapeDataString(kind)}/{Uri.EscapeDataString(name)}";
}
