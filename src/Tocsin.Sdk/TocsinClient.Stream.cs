using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;

namespace Tocsin.Sdk;

public sealed partial class TocsinClient
{
    private static readonly TimeSpan _silence = TimeSpan.FromSeconds(45);

    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>
    /// The log as it grows, over one connection. Ends when the server ends it; go on with the last <see cref="EventView.Seq"/> that was
    /// read, and nothing is missed or repeated. <see cref="TailEventsAsync"/> does that by itself.
    /// </summary>
    /// <param name="after">Begin after this sequence number; null: with what happens from now on.</param>
    /// <param name="filter">Null: everything.</param>
    /// <exception cref="IOException">The connection was cut, or nothing was heard for 45 s, three times what the server needs for a sign of life.</exception>
    public async IAsyncEnumerable<EventView> FollowEventsAsync(
        long? after = null, EventFilter? filter = null, [EnumeratorCancellation] CancellationToken ct = default)
    {
        await foreach (var item in ReadStreamAsync(after, filter, ct))
        {
            if (item.Event is { } e)
            {
                yield return e;
            }
        }
    }

    /// <summary>
    /// The log as it grows, until <paramref name="ct"/> is cancelled. A connection that is cut, silent or refused for now (429, 5xx) is tried
    /// again after a wait that grows, from where it stopped: each line comes once, in order. Any other refusal is thrown.
    /// </summary>
    /// <param name="after">Begin after this sequence number; null: with what happens from now on. 0: with the oldest line that is kept.</param>
    /// <param name="filter">Null: everything.</param>
    /// <param name="notice">Hears of lost and new connections, and of lines that the server had removed before they were read. An exception that it throws ends the reading.</param>
    public IAsyncEnumerable<EventView> TailEventsAsync(
        long? after = null, EventFilter? filter = null, Action<StreamNotice>? notice = null, CancellationToken ct = default) =>
        new EventTail(this, filter, notice, _time).ReadAsync(after, ct);

    /// <summary>One connection to the stream: first an empty item as soon as the server answers, then what it sends.</summary>
    internal async IAsyncEnumerable<StreamItem> ReadStreamAsync(long? after, EventFilter? filter, [EnumeratorCancellation] CancellationToken ct)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Get, new Uri(_server, Query("api/v1/stream", [("last", after is { } seq ? Number(seq) : null), .. filter?.Query() ?? []])));
        request.Headers.Accept.Add(new("text/event-stream"));
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
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
        var parser = SseParser.Create(stream, StreamItem.Parse);
        await foreach (var item in parser.EnumerateAsync(ct))
        {
            yield return item.Data with
            {
                Seq = long.TryParse(item.EventId, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : item.Data.Event?.Seq,
                Retry = item.ReconnectionInterval,
            };
        }
    }
}
