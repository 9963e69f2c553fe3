using System.Runtime.CompilerServices;

namespace Tocsin.Sdk;

/// <summary>Follows log lines over as many connections as it takes. The place to go on from is kept here, so nothing that the server still gives is missed, and nothing repeated.</summary>
internal sealed class LogLineTail(TocsinClient client, LogRequest request, Action<StreamNotice>? notice, TimeProvider time)
{
    private const int MostSeen = 100_000;

    /// <summary>A server of several nodes gives lines of the last quarter of a minute before a cut again.</summary>
    private static readonly TimeSpan _remembered = TimeSpan.FromMinutes(1);

    private readonly StreamPatience _patience = new();
    private readonly HashSet<string> _seen = [];
    private readonly Queue<(long At, string Id)> _order = [];
    private string? _last;

    public async IAsyncEnumerable<LogLineView> ReadAsync([EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var item in _patience.OverCutsAsync(() => client.ReadLogTailAsync(request, _last, ct), notice, time, ct))
        {
            if (Take(item) is { } line)
            {
                yield return line;
            }
        }
    }

    private LogLineView? Take(LogTailItem item)
    {
        _last = item.Place ?? _last;
        if (item.IsOpening)
        {
            _patience.Connected();
            notice?.Invoke(new StreamNotice.Connected());
        }

        if (item.Missed is { } missed)
        {
            notice?.Invoke(missed);
        }

        return item.Line is { } line && IsNew(line) ? line : null;
    }

    private bool IsNew(LogLineView line)
    {
        var now = time.GetTimestamp();
        while (_order.TryPeek(out var oldest) && (_order.Count >= MostSeen || time.GetElapsedTime(oldest.At, now) > _remembered))
        {
            _seen.Remove(_order.Dequeue().Id);
        }

        if (!_seen.Add(line.Id))
        {
            return false;
        }

        _order.Enqueue((now, line.Id));
        return true;
    }
}

/// <summary>What one connection to <c>/api/v1/logs/tail</c> brings.</summary>
/// <param name="Place">The place to go on from, once this is read.</param>
/// <param name="IsOpening">The server began to answer; nothing else is set.</param>
internal readonly record struct LogTailItem(LogLineView? Line = null, StreamNotice.Missed? Missed = null, string? Place = null, bool IsOpening = false);
