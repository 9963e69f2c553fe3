using System.Runtime.CompilerServices;

namespace Tocsin.Sdk;

/// <summary>Follows the log over as many connections as it takes. The place to go on from is kept here, so nothing is missed or repeated.</summary>
internal sealed class EventTail(TocsinClient client, EventFilter? filter, Action<StreamNotice>? notice, TimeProvider time)
{
    private readonly StreamPatience _patience = new();
    private long _last;

    public async IAsyncEnumerable<EventView> ReadAsync(long? after, [EnumeratorCancellation] CancellationToken ct)
    {
        // "From now on" is a place too: else what happens during a first, failing connection would be missed.
        _last = after ?? await NewestAsync(ct);
        await foreach (var item in _patience.OverCutsAsync(() => client.ReadStreamAsync(_last, filter, ct), notice, time, ct))
        {
            if (Take(item) is { } line)
            {
                yield return line;
            }
        }
    }

    private async Task<long> NewestAsync(CancellationToken ct) =>
        (await client.ListEventsAsync(limit: 1, ct: ct)).Items is [var newest, ..] ? newest.Seq : 0;

    private EventView? Take(StreamItem item)
    {
        if (item.IsOpening)
        {
            _patience.Connected();
            notice?.Invoke(new StreamNotice.Connected());
            return null;
        }

        _patience.Retry = item.Retry ?? _patience.Retry;
        if (item.Oldest is { } oldest)
        {
            notice?.Invoke(new StreamNotice.Reset(oldest));
        }

        // A repetition is impossible by the server's promise; were there one, it would end here.
        var isNew = item.Seq is { } seq && seq > _last;
        _last = isNew ? item.Seq!.Value : _last;
        return isNew ? item.Event : null;
    }
}
