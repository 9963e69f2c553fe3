using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Incidents;

namespace Tocsin.Demo;

/// <summary>
/// Keeps the demo moving: now and then something small breaks, somebody takes it, and it is over. It leaves the incidents of the story
/// to whoever looks at the demo.
/// </summary>
internal sealed class DemoLife(Database database, IEstates estates, AlertReceiver receiver, IncidentStore incidents, IncidentDesk desk, long workspace)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan UntilTaken = TimeSpan.FromSeconds(75);
    private static readonly TimeSpan UntilOver = TimeSpan.FromSeconds(60);

    private static readonly DemoAlert[] Small =
    [
        new("prometheus", "PodRestarts", "cart-3 restarted twice in 10 min", "warning", "cluster", "cart-3"),
        new("grafana", "SearchSlow", "Search p99 is 1.1 s (limit 800 ms)", "high", "search"),
        new("scripts", "MailQueue", "212 mails wait in the queue", "high", "mail-out"),
        new("prometheus", "LoginErrors", "Logins fail at 2 % (limit 1 %)", "high", "login", "login-2"),
    ];

    /// <summary>Goes on until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        try
        {
            for (var i = 0; ; i = (i + 1) % Small.Length)
            {
                await Task.Delay(Pause, ct);
                await PlayAsync(Small[i], ct);
            }
        }
        catch (OperationCanceledException)
        {
            // The demo ends.
        }
    }

    private async Task PlayAsync(DemoAlert alert, CancellationToken ct)
    {
        var began = TimeProvider.System.GetUtcNow();
        await SendAsync(alert, began, null, ct);
        await Task.Delay(UntilTaken, ct);
        var open = await database.ReadAsync(session => incidents.ListAsync(session, workspace, open: true, IncidentStatus.Triggered, long.MaxValue, 20), ct);
        foreach (var incident in open.Where(incident => incident.Title == alert.Title && incident.CreatedAt >= began))
        {
            var who = incident.Paging.FirstOrDefault(id => id.StartsWith("user:", StringComparison.Ordinal)) ?? "user:dee";
            await desk.AcknowledgeAsync(workspace, incident.Number, who, ct);
        }

        await Task.Delay(UntilOver, ct);
        await SendAsync(alert, began, TimeProvider.System.GetUtcNow(), ct);
    }

    private async Task SendAsync(DemoAlert alert, DateTimeOffset startedAt, DateTimeOffset? endedAt, CancellationToken ct)
    {
        if (await estates.FindAsync(workspace, ct) is { } estate)
        {
            await receiver.ReceiveOwnAsync(estate, estate.Source(alert.Source), DemoPayload.Of(alert, startedAt, endedAt), ct);
        }
    }
}
