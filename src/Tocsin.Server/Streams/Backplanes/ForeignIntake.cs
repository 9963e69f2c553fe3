using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Jobs;
using Tocsin.Operations;
using Tocsin.Providers;

namespace Tocsin.Streams.Backplanes;

/// <summary>
/// Writes into the log what other programs publish, each message once however many nodes hear it, and has it routed where a source of the estate
/// asks for that. Messages wait in a bounded queue while the store is away.
/// </summary>
internal sealed class ForeignIntake(Database database, EventLog log, IEstates estates, JobStore jobs, TimeProvider clock, ILogger<ForeignIntake> logger)
{
    private const string ActorPrefix = "redis:";
    private const int MostWaiting = 20_000;
    private const int MostAtOnce = 500;

    private static readonly TimeSpan _retry = TimeSpan.FromSeconds(1);

    private readonly Channel<Incoming> _heard = Channel.CreateBounded<Incoming>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });
    private readonly ForeignLedger _ledger = new();
    private long _workspace;
    private long _dropped;

    /// <summary>Whether a line with this actor is another program's message.</summary>
    public static bool Wrote(string actor) => actor.StartsWith(ActorPrefix, StringComparison.Ordinal);

    /// <param name="floor">Where the log stood before anything was heard.</param>
    public void Begin(long workspace, long floor)
    {
        _workspace = workspace;
        Reached(floor);
    }

    /// <summary>A message was heard. What comes faster than the store takes it is left out, and counted.</summary>
    public void Offer(ForeignAlert alert)
    {
        if (!_heard.Writer.TryWrite(new(alert, 0)))
        {
            Count("dropped", 1);
            Interlocked.Increment(ref _dropped);
        }
    }

    /// <summary>Every message that is offered from now on is written after this line, if it is written.</summary>
    public void Reached(long line) => _heard.Writer.TryWrite(new(null, line));

    /// <summary>Stores what is heard, until it is told to stop.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        try
        {
            List<ForeignAlert> batch = [];
            while (await _heard.Reader.WaitToReadAsync(ct))
            {
                long? floor = null;
                batch.Clear();
                while (floor is null && batch.Count < MostAtOnce && _heard.Reader.TryRead(out var next))
                {
                    if (next.Alert is { } alert)
                    {
                        batch.Add(alert);
                    }
                    else
                    {
                        floor = next.Floor;
                    }
                }

                await SettleAsync(batch, ct);
                if (floor is { } line)
                {
                    _ledger.MoveFloor(line);
                }

                if (Interlocked.Exchange(ref _dropped, 0) is > 0 and var dropped)
                {
                    logger.ForeignDropped(dropped);
                }
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // What was heard and not stored is known to the other nodes.
        }
    }

    private async Task SettleAsync(List<ForeignAlert> heard, CancellationToken ct)
    {
        if (heard.Count == 0 && _ledger.Unread.Count == 0)
        {
            return;
        }

        while (true)
        {
            try
            {
                var estate = heard.Count > 0 ? await estates.FindAsync(_workspace, ct) : null;
                var missing = await database.WriteAsync(tx => StoreAsync(tx, heard, estate), ct);
                _ledger.Settle(heard, missing);
                Count("logged", missing.Count);
                Count("known", heard.Count - missing.Count);
                return;
            }
            catch (StoreUnavailableException e)
            {
                // If it was committed all the same, the next look finds the lines.
                logger.ForeignWait(e.Message, (long)_retry.TotalMilliseconds);
                await Task.Delay(_retry, clock, ct);
            }
        }
    }

    private async Task<List<ForeignAlert>> StoreAsync(Tx tx, List<ForeignAlert> heard, EstateSnapshot? estate)
    {
        await tx.LockWorkspaceAsync(_workspace);
        foreach (var group in heard.Select(h => h.Group).Concat(_ledger.Unread).Distinct(StringComparer.Ordinal))
        {
            var lines = await tx.QueryAsync(
                "SELECT id, actor FROM event WHERE workspace_id = @workspace AND subject = @subject AND id > @after ORDER BY id",
                static row => (Id: row.GetInt64(0), Actor: row.GetString(1)),
                ("workspace", _workspace), ("subject", PublishedAlert.Subject(group)), ("after", _ledger.ReadFrom(group)));
            foreach (var (id, actor) in lines)
            {
                _ledger.Saw(group, id, Wrote(actor) ? actor[ActorPrefix.Length..] : null);
            }
        }

        var missing = _ledger.Missing(heard);
        var now = clock.GetUtcNow();
        await log.AppendAsync(
            tx, _workspace, now,
            [.. missing.Select(a => new LogLine(PublishedAlert.Kind, PublishedAlert.Subject(a.Group), ActorPrefix + a.Key, a.Alert.Message, a.Alert.Line(a.ReceivedAt)))]);

        // Routing takes transactions of its own: it is a job, which this one makes certain.
        await jobs.EnqueueAsync(
            tx,
            [.. missing.Where(a => estate is not null && LiveAlerts.SourceOf(estate.Model, a.Group) is not null)
                .Select(a => new NewJob(_workspace, ForeignRouting.JobKind, $"{ForeignRouting.JobKind}/{a.Key}", ForeignRouting.Lane, now, a.Alert.Delivery(a.Group)))],
            now);
        return missing;
    }

    private static void Count(string verdict, int alerts) => Instruments.ForeignAlerts.Add(alerts, new KeyValuePair<string, object?>("verdict", verdict));

    /// <summary>A message, or, without one, the line before which nothing is heard any more.</summary>
    private readonly record struct Incoming(ForeignAlert? Alert, long Floor);
}

/// <summary>Routes another program's alert as what any source delivers. Done twice, it is one alert: its fingerprint is the same.</summary>
internal sealed class ForeignRouting(Database database, IEstates estates, AlertReceiver receiver, JobStore jobs) : IJobHandler
{
    public const string JobKind = "stream.route";

    public static long Lane { get; } = StableHash.Of(JobKind, "");

    public string Kind => JobKind;

    public async Task RunAsync(LeasedJob job, CancellationToken ct)
    {
        using var delivery = JsonDocument.Parse(job.Payload);
        var group = delivery.RootElement.GetProperty("labels").GetProperty("group").GetString()!;
        if (await estates.FindAsync(job.Workspace, ct) is { } estate && LiveAlerts.SourceOf(estate.Model, group) is { } source)
        {
            // What the source cannot read is kept with its reason, like anybody's delivery.
            await receiver.ReceiveOwnAsync(estate, source, System.Text.Encoding.UTF8.GetBytes(job.Payload), ct);
        }

        await database.WriteAsync(tx => jobs.CompleteAsync(tx, job), ct);
    }
}
