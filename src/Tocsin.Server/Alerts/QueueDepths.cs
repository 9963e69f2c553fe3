using Microsoft.Extensions.Logging;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Hosting;
using Tocsin.Issues;
using Tocsin.Outgoing;
using Tocsin.Providers;

namespace Tocsin.Alerts;

/// <summary>Counts what is on each polled queue and on its dead letter queue, and keeps it for all nodes: one that finds it fresh does not ask.</summary>
internal sealed class QueueDepths(
    Database database, EstateCache estates, PipelineStore pipeline, GuardedHttp http, AwsKeys keys, TimeProvider clock, ILogger<QueueDepths> logger)
    : RepeatedWork(Every, clock)
{
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(30);

    public override async Task TurnAsync(CancellationToken ct)
    {
        foreach (var queues in (await estates.OfTypeAsync(Sqs.Id, ct)).GroupBy(q => q.Estate.Workspace))
        {
            var known = await database.ReadAsync(session => pipeline.DepthsAsync(session, queues.Key), ct);
            foreach (var (estate, source) in queues)
            {
                if (known.Find(d => d.Source == source.Name) is not { } last || Clock.GetUtcNow() - last.ReadAt >= Every * 0.8)
                {
                    var depth = await ReadAsync(estate, source, ct);
                    await database.WriteAsync(tx => pipeline.SaveDepthAsync(tx, estate.Workspace, depth), ct);
                }
            }
        }
    }

    protected override void Waits(string reason) => logger.DepthsWait(reason);

    protected override void Broke(Exception bug) => logger.DepthsBroke(bug);

    private async Task<QueueDepth> ReadAsync(EstateSnapshot estate, Source source, CancellationToken ct)
    {
        var key = await keys.FindAsync(estate, source, ct);
        return key.Ok ? await new SqsQueue(http, source, key.Value, Clock).DepthAsync(ct) : new(source.Name, Clock.GetUtcNow(), null, null, null, null, key.Error.Detail);
    }
}
