using System.Globalization;
using System.Text;
using Microsoft.Extensions.Options;
using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Identity;
using Tocsin.Providers;

namespace Tocsin.Streams;

/// <summary>
/// Alerts that are published for whoever listens. A published alert is a line of the log; subscribers follow the log. Groups that a source
/// of the estate names are also routed, as what any other source delivers.
/// </summary>
internal sealed class AlertServer(
    IEstates estates, AlertReceiver receiver, PublishBatcher batcher, Database database, IOptions<AlertServerOptions> options, TimeProvider clock)
{
    /// <summary>Publishes an alert and returns when it is durable; only then is anybody told.</summary>
    /// <exception cref="StoreUnavailableException">Nothing was stored; the sender must send again.</exception>
    public async Task PublishAsync(Caller caller, string group, PublishedAlert alert, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var line = new LogLine(PublishedAlert.Kind, PublishedAlert.Subject(group), caller.Actor, alert.Message, alert.Line(now));
        if (await estates.FindAsync(caller.Workspace, ct) is { } estate && LiveAlerts.SourceOf(estate.Model, group) is { } source)
        {
            await receiver.PublishAsync(estate, source, Encoding.UTF8.GetBytes(alert.Delivery(group)), line, ct);
        }
        else
        {
            await batcher.StoreAsync(new(caller.Workspace, now, line), ct);
        }
    }

    /// <summary>
    /// Where somebody begins who does not say what he heard last: just before the newest alert of his groups if it is fresh, else at the end of
    /// the log. What is committed after this was read comes after it.
    /// </summary>
    public Task<long> StartAsync(long workspace, IReadOnlyList<string> groups, CancellationToken ct)
    {
        var since = clock.GetUtcNow() - options.Value.ReplayWithin;
        return database.ReadAsync(
            async session =>
            {
                // One statement each for the end and the groups, the end first: what comes between them is then heard, not lost.
                var start = await session.ScalarAsync("SELECT MAX(id) FROM event WHERE workspace_id = @workspace", ("workspace", workspace)) ?? 0;
                var newest = 0L;
                foreach (var group in groups)
                {
                    var found = await session.FirstAsync(
                        "SELECT id, at FROM event WHERE workspace_id = @workspace AND subject = @subject ORDER BY id DESC LIMIT 1",
                        static row => ((long Id, DateTimeOffset At)?)(row.GetInt64(0), row.Instant(1)), ("workspace", workspace), ("subject", PublishedAlert.Subject(group)));
                    newest = found is { } alert && alert.At > since ? Math.Max(newest, alert.Id) : newest;
                }

                return newest == 0 ? start : newest - 1;
            },
            ct);
    }
}
