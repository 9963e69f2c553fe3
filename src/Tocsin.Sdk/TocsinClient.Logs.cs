using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Tocsin.Sdk;

/// <summary>Which log lines are asked for; null leaves out the condition.</summary>
/// <param name="Text">Words of which all must occur, <c>"a phrase"</c>, <c>-word</c> that must not occur, <c>start*</c>, <c>*part*</c>, <c>/regular expression/</c>.</param>
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

    /// <summary>
    /// Lines that match as they are stored, over one connection, until the server ends it. Their span does not count. <see cref="TailLogsAsync"/> goes on over cuts and restarts.
    /// </summary>
    /// <param name="missed">Hears how many lines were left out because they came faster than they were read.</param>
    /// <exception cref="IOException">The connection was cut, or nothing was heard for 45 s, three times what the server needs for a sign of life.</exception>
    public async IAsyncEnumerable<LogLineView> FollowLogsAsync(LogRequest request, Action<long>? missed = null, [EnumeratorCancellation] CancellationToken ct = default)
    {
        await foreach (var item in ReadLogTailAsync(request, null, ct))
        {
            if (item.Missed is { } told)
            {
                missed?.Invoke(told.Lines);
            }

            if (item.Line is { } line)
            {
                yield return line;
            }
        }
    }

    /// <summary>
    /// Lines that match as they are stored, until <paramref name="ct"/> is cancelled. A connection that is cut, silent or refused for now (429, 5xx) is tried again after a wait that
    /// grows, from where it stopped: what was stored meanwhile comes first, each line once, as far as the server gives it again (its newest 5000). Any other refusal is thrown.
    /// </summary>
    /// <param name="notice">Hears of lost and new connections, and of lines that are left out. An exception that it throws ends the reading.</param>
    public IAsyncEnumerable<LogLineView> TailLogsAsync(LogRequest request, Action<StreamNotice>? notice = null, CancellationToken ct = default) =>
        new LogLineTail(this, request, notice, _time).ReadAsync(ct);

    /// <summary>One connection to the tail: first an empty item as soon as the server answers, then what it sends.</summary>
    /// <param name="after">The place to go on from; null: from now on.</param>
    internal async IAsyncEnumerable<LogTailItem> ReadLogTailAsync(LogRequest request, string? after, [EnumeratorCancellation] CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(request);
        using var message = new HttpRequestMessage(HttpMethod.Get, new Uri(_server, Query("api/v1/logs/tail", Conditions(request))));
        message.Headers.Accept.Add(new("text/event-stream"));
        if (after is not null)
        {
            message.Headers.TryAddWithoutValidation("Last-Event-ID", after);
        }

        using var response = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, ct);
        if (!response.IsSuccessStatusCode)
        {
            throw await RefusalAsync(response, ct);
        }

        if (response.Content.Headers.ContentType?.MediaType != "text/event-stream")
        {
            throw NotOurs(response);
        }

        yield return new(IsOpening: true);
        await using var stream = new WatchedStream(await response.Content.ReadAsStreamAsync(ct), _silence, _time);
        await foreach (var item in SseParser.Create(stream).EnumerateAsync(ct))
        {
            yield return item.EventType switch
            {
                "line" => new(Line: JsonSerializer.Deserialize(item.Data, WireJson.Default.LogLineView), Place: item.EventId),
                "missed" => new(Missed: MissedIn(item.Data), Place: item.EventId),
                _ => new(Place: item.EventId),
            };
        }
    }

    private static StreamNotice.Missed MissedIn(string data)
    {
        using var told = JsonDocument.Parse(data);
        return told.RootElement.TryGetProperty("lines", out var lines) && lines.TryGetInt64(out var count)
            ? new(count, told.RootElement.TryGetProperty("at_least", out var more) && more.ValueKind == JsonValueKind.True)
            : throw new JsonException("What was missed is a number of lines.");
    }

    private static (string, string?)[] Conditions(LogRequest request) =>
    [
        ("q", request.Text), ("level", request.Level), ("service", request.Service), ("source", request.Source), ("environment", request.Environment),
        ("trace_id", request.TraceId), ("template", request.Template is { } template ? Number(template) : null),
    ];
}
