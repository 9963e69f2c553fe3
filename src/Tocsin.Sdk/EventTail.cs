using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Tocsin.Sdk;

/// <summary>Follows the log over as many connections as it takes. The place to go on from is kept here, so nothing is missed or repeated.</summary>
internal sealed class EventTail(TocsinClient client, EventFilter? filter, Action<StreamNotice>? notice, TimeProvider time)
{
    private const int MostDoublings = 5;
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(30);

    private TimeSpan _retry = TimeSpan.FromSeconds(1);
    private long _last;
    private int _failures;

    public async IAsyncEnumerable<EventView> ReadAsync(long? after, [EnumeratorCancellation] CancellationToken ct)
    {
        // "From now on" is a place too: else what happens during a first, failing connection would be missed.
        _last = after ?? await NewestAsync(ct);
        while (true)
        {
            Exception? because = null;
            await using var items = client.ReadStreamAsync(_last, filter, ct).GetAsyncEnumerator(ct);
            while (true)
            {
                try
                {
                    if (!await items.MoveNextAsync())
                    {
                        break;
                    }
                }
                catch (Exception e) when (Passes(e))
                {
                    because = e;
                    break;
                }

                if (Take(items.Current) is { } line)
                {
                    yield return line;
                }
            }

            var wait = Wait(because);
            notice?.Invoke(new StreamNotice.Lost(because, wait));
            await Task.Delay(wait, time, ct);
        }
    }

    private async Task<long> NewestAsync(CancellationToken ct) =>
        (await client.ListEventsAsync(limit: 1, ct: ct)).Items is [var newest, ..] ? newest.Seq : 0;

    private EventView? Take(StreamItem item)
    {
        if (item.IsOpening)
        {
            _failures = 0;
            notice?.Invoke(new StreamNotice.Connected());
            return null;
        }

        _retry = item.Retry ?? _retry;
        if (item.Oldest is { } oldest)
        {
            notice?.Invoke(new StreamNotice.Reset(oldest));
        }

        // A repetition is impossible by the server's promise; were there one, it would end here.
        var isNew = item.Seq is { } seq && seq > _last;
        _last = isNew ? item.Seq!.Value : _last;
        return isNew ? item.Event : null;
    }

    /// <summary>As the server asked, twice as long after each failure, never much longer than half a minute; spread, so that not all come back at once.</summary>
    private TimeSpan Wait(Exception? because)
    {
        var wait = _retry * (1 << Math.Min(_failures++, MostDoublings)) * (0.5 + (Random.Shared.NextDouble() / 2));
        var asked = (because as TocsinException)?.RetryAfter ?? TimeSpan.Zero;
        return asked > wait ? asked : wait < _longest ? wait : _longest;
    }

    /// <summary>Whether the next try may do better.</summary>
    private static bool Passes(Exception e) => e switch
    {
        TocsinException refusal => (int)refusal.Status >= 500 || refusal.Status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests,
        TaskCanceledException { InnerException: TimeoutException } => true,

        // A cut can fall into the middle of an event.
        HttpRequestException or IOException or JsonException => true,
        _ => false,
    };
}
