using Microsoft.Extensions.Logging;
using Tocsin.Data;
using Tocsin.Hosting;

namespace Tocsin.Telemetry;

/// <summary>Tells whoever follows lines on this node of those that other nodes stored. With the embedded store there are none.</summary>
internal sealed class LogTailPoll(TelemetryDatabase telemetry, LogBlockStore blocks, LogTail tail, TimeProvider clock, ILogger<LogTailPoll> logger)
    : RepeatedWork(TimeSpan.FromSeconds(1), clock)
{
    /// <summary>Commits are looked for so far back, since they become visible in another order than that of their numbers. None is merged so soon.</summary>
    private static readonly TimeSpan _back = TimeSpan.FromSeconds(15);

    private readonly Dictionary<long, DateTimeOffset> _told = [];
    private readonly Queue<(DateTimeOffset At, long Last)> _lasts = [];
    private bool _wasFollowed;

    public override async Task TurnAsync(CancellationToken ct)
    {
        if (!telemetry.Database.Dialect.IsPostgres || !tail.IsFollowed())
        {
            _wasFollowed = false;
            _told.Clear();
            _lasts.Clear();
            return;
        }

        tail.PollBegins();
        var now = Clock.GetUtcNow();
        var last = await telemetry.Database.ReadAsync(LogBlockStore.LastAsync, ct);
        foreach (var (workspace, id) in await telemetry.Database.ReadAsync(session => blocks.FreshAsync(session, now - _back), ct))
        {
            // What was there before anybody followed is nobody's news.
            if (_told.TryAdd(id, now) && _wasFollowed && !tail.IsOwn(id) && tail.IsFollowed(workspace)
                && await telemetry.Database.ReadAsync(session => blocks.BodyAsync(session, workspace, id), ct) is { } body)
            {
                using var block = new LogBlock(body);
                tail.StoredElsewhere(workspace, id, block);
            }
        }

        foreach (var (id, _) in _told.Where(t => t.Value < now - (2 * _back)).ToArray())
        {
            _told.Remove(id);
        }

        _wasFollowed = true;
        tail.PollEnds(SettledAt(now, last));
    }

    /// <summary>Numbers that were given out so long ago belong to commits that were seen since, if they ever came.</summary>
    private long? SettledAt(DateTimeOffset now, long last)
    {
        _lasts.Enqueue((now, last));
        long? settled = null;
        while (_lasts.TryPeek(out var oldest) && oldest.At <= now - _back)
        {
            settled = oldest.Last;
            if (_lasts.Count < 2 || _lasts.ElementAt(1).At > now - _back)
            {
                break;
            }

            _lasts.Dequeue();
        }

        return settled;
    }

    protected override void Waits(string reason) => logger.TailWaits(reason);

    protected override void Broke(Exception bug) => logger.TailBroke(bug);
}
