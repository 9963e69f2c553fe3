using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Workspaces;

namespace Tocsin.Hosting;

/// <summary>What is put right before anything is due.</summary>
internal sealed class StartUp(Database database, AlertStore alerts, WorkspaceStore workspaces)
{
    private static readonly TimeSpan _shortBreak = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan _hearAgain = TimeSpan.FromMinutes(5);

    /// <param name="aliveAt">When a node was last at work; null: never.</param>
    public Task RunAsync(DateTimeOffset? aliveAt, DateTimeOffset now, ServerOptions options, CancellationToken ct) => database.WriteAsync(
        async tx =>
        {
            if (options.Estate.Length == 0 && (await workspaces.ListAsync(tx)).Count == 0)
            {
                await workspaces.EnsureAsync(tx, WorkspaceStore.Default, now);
            }

            // Senders could not reach us while we were down: their alerts get time to be sent again before they count as over.
            if (aliveAt is { } last && now - last > _shortBreak)
            {
                await alerts.PutOffExpiriesAsync(tx, now + TimeSpan.FromSeconds(30), now + _hearAgain);
            }
        },
        ct);
}
