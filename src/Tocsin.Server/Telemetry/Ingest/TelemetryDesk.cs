using Tocsin.Operations;

namespace Tocsin.Telemetry;

/// <summary>What became of a batch: how many entries are stored, and of those that are not, how many and the first of them.</summary>
internal sealed record TakenBatch(int Stored, int RejectedCount, IReadOnlyList<RejectedEntry> Rejected);

/// <summary>Stores what was read, whichever surface brought it, and counts it.</summary>
internal sealed class TelemetryDesk(LogIntake logs, MetricIntake metrics, SpanIntake spans, IntakeLedger ledger)
{
    /// <summary>Returns after the lines are durable.</summary>
    /// <exception cref="Data.StoreUnavailableException">Nothing was stored; the sender must send again.</exception>
    public async Task<TakenBatch> TakeAsync(long workspace, ReadBatch<LogLine> batch, CancellationToken ct)
    {
        await logs.StoreAsync(workspace, batch.Good, ct);
        ledger.Took(workspace, batch.Good);
        return Count("log", new(batch.Good.Count, batch.RejectedCount, batch.Rejected));
    }

    /// <summary>As for lines. What the store refuses is rejected too: series beyond their number, and clocks that are ahead.</summary>
    /// <exception cref="Data.StoreUnavailableException">Nothing was stored; the sender must send again.</exception>
    public async Task<TakenBatch> TakeAsync(long workspace, ReadBatch<MetricSample> batch, bool isSnapshot, CancellationToken ct)
    {
        var done = await metrics.StoreAsync(workspace, batch.Good, ct);
        ledger.Took(workspace, done.Stored, isSnapshot ? 1 : 0);
        var refused = done.Refused.Take(ReadBatch<MetricSample>.MostNamed)
            .Select(r => new RejectedEntry(batch.PlaceOf(r.Index), batch.Good[r.Index].Name, $"{batch.Good[r.Index].Name}: {r.Reason}"));
        return Count("metric", new(done.Stored, batch.RejectedCount + done.Refused.Count, [.. batch.Rejected, .. refused]));
    }

    /// <summary>As for lines. A trace that has as many spans as it may gets no more.</summary>
    /// <exception cref="Data.StoreUnavailableException">Nothing was stored; the sender must send again.</exception>
    public async Task<TakenBatch> TakeAsync(long workspace, ReadBatch<TraceSpan> batch, CancellationToken ct)
    {
        var done = await spans.StoreAsync(workspace, batch.Good, ct);
        RejectedEntry[] refused = done.Refused > 0 ? [new(0, "traceId", "Their trace has as many spans as one may have.")] : [];
        return Count("span", new(done.Stored, batch.RejectedCount + done.Refused, [.. batch.Rejected, .. refused]));
    }

    private static TakenBatch Count(string kind, TakenBatch taken)
    {
        Add(kind, "accepted", taken.Stored);
        Add(kind, "rejected", taken.RejectedCount);
        return taken;
    }

    private static void Add(string kind, string verdict, int count)
    {
        if (count > 0)
        {
            Instruments.TelemetryEntries.Add(count, new("kind", kind), new("verdict", verdict));
        }
    }
}
