using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Workspaces;

namespace Tocsin.Notify;

/// <summary>What a provider tells of a message after it took it.</summary>
internal abstract record DeliveryReport
{
    /// <summary>It reached the device.</summary>
    public sealed record Delivered : DeliveryReport;

    /// <summary>The person opened or answered it.</summary>
    public sealed record Seen : DeliveryReport;

    /// <summary>It will not arrive after all: the recipient's next method begins at once.</summary>
    /// <param name="Reason">The provider's own words.</param>
    public sealed record Undelivered(string Reason) : DeliveryReport;
}

/// <summary>
/// Where providers that hear more than "accepted" tell it: status callbacks, read receipts, a push that was shown. A page is known by
/// what its message carried, <see cref="Message.Workspace"/> and <see cref="Message.Key"/>. Callers have checked who tells them.
/// </summary>
internal sealed class DeliveryReports(Database database, WorkspaceStore workspaces, PageStore pages, IEstates estates, PageDesk desk, ContactProofs proofs, TimeProvider clock)
{
    /// <summary>Stores a report. The same again changes nothing; what is seen counts as delivered, and does not become undelivered.</summary>
    /// <param name="workspace">The workspace's name.</param>
    /// <param name="key">The page's key.</param>
    /// <returns>False: there is no such page, or it is not one that was sent.</returns>
    /// <exception cref="StoreUnavailableException">Nothing was stored; tell it again.</exception>
    public async Task<bool> TellAsync(string workspace, string key, DeliveryReport report, CancellationToken ct) =>
        await database.ReadAsync(session => workspaces.FindAsync(session, workspace), ct) is { Id: var id } && await TellAsync(id, key, report, ct);

    /// <summary>As above, for a workspace that the caller knows by its number.</summary>
    public async Task<bool> TellAsync(long workspace, string key, DeliveryReport report, CancellationToken ct)
    {
        if (await estates.FindAsync(workspace, ct) is not { } estate)
        {
            return false;
        }

        return await database.WriteAsync(
            async tx =>
            {
                await tx.LockWorkspaceAsync(workspace);
                if (await pages.FindAsync(tx, workspace, key) is not { } page || !await desk.ReportAsync(tx, estate, workspace, page, report, clock.GetUtcNow()))
                {
                    return false;
                }

                if (report is DeliveryReport.Seen && page.SeenAt is null)
                {
                    await proofs.AnsweredAsync(tx, estate, page, clock.GetUtcNow());
                }

                return true;
            },
            ct);
    }
}
