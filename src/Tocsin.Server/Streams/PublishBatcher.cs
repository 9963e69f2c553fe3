using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tocsin.Data;

namespace Tocsin.Streams;

/// <summary>An alert on its way into the log.</summary>
internal readonly record struct Publication(long Workspace, DateTimeOffset At, LogLine Line);

/// <summary>That something is stored; there is nothing more to say of it.</summary>
internal readonly record struct Stored;

/// <summary>Gathers published alerts of many requests.</summary>
internal sealed class PublishBatcher(Database database, EventLog log, IOptions<AlertServerOptions> options, TimeProvider clock, ILogger<PublishBatcher> logger)
    : CommitBatcher<Publication, Stored>(database, options.Value.MaxWaiting, clock)
{
    protected override long WorkspaceOf(Publication item) => item.Workspace;

    protected override async Task<Stored[]> StoreAsync(Tx tx, List<Publication> batch)
    {
        await tx.LockWorkspaceAsync(batch[0].Workspace);
        foreach (var (workspace, at, line) in batch)
        {
            await log.AppendAsync(tx, workspace, at, [line]);
        }

        return new Stored[batch.Count];
    }

    protected override void BatchBroke(int count, Exception bug) => logger.PublishedBatchBroke(count, bug);

    protected override Task<Stored> KeepBrokenAsync(Publication item, Exception bug) =>
        // Its publisher gets a 500 and knows that nobody heard it.
        Task.FromException<Stored>(bug);
}

internal static partial class PublishLog
{
    [LoggerMessage(2821, LogLevel.Error, "A batch of {Count} published alerts met a bug; each is now stored by itself")]
    public static partial void PublishedBatchBroke(this ILogger logger, int count, Exception e);
}
