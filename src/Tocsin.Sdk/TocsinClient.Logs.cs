using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Tocsin.Sdk;

/// <summary>Which log lines are asked for; null leaves out the condition.</summary>
/// <param name="Text">Words of which all must occur, <c>"a phrase"</c>, <c>-word</c> that must not occur, <c>start*</c>.</param>
/// <param name="Level">The least: debug, info, warning, error or critical.</param>
/// <param name="From">Inclusive; null: an hour ago.</param>
/// <param name="To">Exclusive; null: now.</param>
public sealed record LogRequest(
    string? Text = null, string? Level = null, string? Service = null, string? Source = null, string? Environment = null, string? TraceId = null, long? Template = null,
    DateTimeOffset? From = null, DateTimeOffset? To = null);

/// <summary>Logs.</summary>
public sealed partial class TocsinClient
{
    /// <summary>The most lines that one page of a search can hold.</summary>
    public const int MaxLines = 1_000;

    /// <summary>Lines that match, newest first.</summary>
    /// <param name="limit">1 to <see cref="MaxLines"/>.</param>
    /// <param name="after">The <c>next</c> of the page before; null: the first page.</param>
    public Task<LogPageView> SearchLogsAsync(LogRequest request, int limit = 100, string? after = null, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return GetAsync(
            Query("api/v1/logs", [.. Conditions(request), ("from", Instant(request.From)), ("to", Instant(request.To)), ("limit", Number(limit)), ("after", after)]),
            WireJson.Default.LogPageView,
            ct);
    }

    /// <summary>The kinds of lines that there are, those with the most lines first.</summary>
    public Task<Page<LogTemplateView>> ListLogTemplatesAsync(string? service = null, CancellationToken ct = default) =>
        GetAsync(Query("api/v1/logs/templates", ("service", service)), WireJson.Default.PageLogTemplateView, ct);

    /// <summary>Lines that match as they are stored, over one connection, until the server ends it. Their span does not count.</summary>
    /// <param name="missed">Hears how many lines were left out because they came faster than they were read.</param>
    /// <exception cref="IOException">The connection was cut, or nothing was heard for 45 s, three times what the server needs for a sign of life.</exception>
    public async IAsyncEnumerable<LogLineView> FollowLogsAsync(LogRequest request, Action<long>? missed = null, [EnumeratorCancellation] CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        using var message = new HttpRequestMessage(HttpMethod.Get, new Uri(_server, Query("api/v1/logs/tail", Conditions(request))));
        message.Headers.Accept.Add(new("text/event-stream"));
        using var response = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, ct);
        if (!response.IsSuccessStatusCode)
        {
            throw await RefusalAsync(response, ct);
        }

        if (response.Content.Headers.ContentType?.MediaType != "text/event-stream")
        {
            throw NotOurs(response);
        }

        await using var stream = new WatchedStream(await response.Content.ReadAsStreamAsync(ct), _silence, _time);
        await foreach (var item in SseParser.Create(stream).EnumerateAsync(ct))
        {
            switch (item.EventType)
            {
                case "line" when JsonSerializer.Deserialize(item.Data, WireJson.Default.LogLineView) is { } line:
                    yield return line;
                    break;
                case "missed":
                    using (var told = JsonDocument.Parse(item.Data))
                    {
                        missed?.Invoke(told.RootElement.GetProperty("lines").GetInt64());
                    }

                    break;
            }
        }
    }

    private static (string, string?)[] Conditions(LogRequest request) =>
    [
        ("q", request.Text), ("level", request.Level), ("service", request.Service), ("source", request.Source), ("environment", request.Environment),
        ("trace_id", request.TraceId), ("template", request.Template is { } template ? Number(template) : null),
    ];
}
