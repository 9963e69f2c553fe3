using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Hosting;
using Tocsin.Workspaces;

namespace Tocsin.Telemetry;

/// <summary>Has the model look at each workspace every few minutes, on one node of many: whoever takes the turn has it, and one that dies with it is followed by another at the next.</summary>
internal sealed class ReviewWatch(
    Database database, WorkspaceStore workspaces, IEstates estates, ModelReview review, ReviewStore store, IOptions<AiOptions> options, TimeProvider clock, ILogger<ReviewWatch> logger)
    : RepeatedWork(TimeSpan.FromSeconds(30), clock)
{
    /// <summary>One look at all workspaces whose turn it is.</summary>
    public override async Task TurnAsync(CancellationToken ct)
    {
        foreach (var workspace in await database.ReadAsync(workspaces.ListAsync, ct))
        {
            if (await estates.FindAsync(workspace.Id, ct) is not { } estate)
            {
                continue;
            }

            if (!review.MayUse(estate))
            {
                await review.EndQuietAsync(estate, Clock.GetUtcNow(), ct);
            }
            else if (await database.WriteAsync(tx => TakeAsync(tx, workspace.Id), ct))
            {
                await review.LookAsync(estate, "system", ct);
            }
        }
    }

    protected override void Waits(string reason) => logger.ReviewWaits(reason);

    protected override void Broke(Exception bug) => logger.ReviewBroke(bug);

    private Task<bool> TakeAsync(Tx tx, long workspace)
    {
        var now = Clock.GetUtcNow();
        return store.TakeTurnAsync(tx, workspace, now, now + options.Value.Every);
    }
}
