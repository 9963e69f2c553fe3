using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Incidents;
using Tocsin.Jobs;
using Tocsin.Routing;

namespace Tocsin.Demo;

/// <summary>
/// Makes the past happen: the story's alerts go through the real intake and its pages through the real channels, on a clock that the
/// story sets. What the demo shows is therefore what the product does, and not a picture of it.
/// </summary>
internal sealed class DemoHistory(
    Database database, IEstates estates, AlertReceiver receiver, IncidentStore incidents, IncidentDesk desk, SilenceDesk silences, JobRunner runner, JobStore jobs, DemoClock clock)
{
    /// <summary>A busy moment has far fewer; more means that something goes round in circles.</summary>
    private const int MostTurns = 10_000;

    private readonly HashSet<long> _known = [];

    /// <summary>Tells the story up to <paramref name="end"/>.</summary>
    public async Task TellAsync(IReadOnlyList<DemoScene> scenes, long workspace, DateTimeOffset end, CancellationToken ct)
    {
        foreach (var moment in scenes.SelectMany(scene => Moments(scene, end)).OrderBy(moment => moment.At))
        {
            await PassUntilAsync(moment.At, ct);
            await ActAsync(moment, workspace, ct);
            await WorkAsync(ct);
        }

        await PassUntilAsync(end, ct);
    }

    private static IEnumerable<Moment> Moments(DemoScene scene, DateTimeOffset end)
    {
        var began = end - scene.Ago;
        var played = new Played(scene, began);
        return scene.Alerts.Select((alert, i) => new Moment(began + (scene.Apart * i), played, alert, null))
            .Concat(scene.Acts.Select(act => new Moment(began + act.After, played, null, act)))
            .Where(moment => moment.At < end);
    }

    private async Task ActAsync(Moment moment, long workspace, CancellationToken ct)
    {
        var estate = await estates.FindAsync(workspace, ct) ?? throw new InvalidOperationException("The demo's estate is not there.");
        if (moment.Alert is { } alert)
        {
            await SendAsync(estate, alert, moment.At, null, ct);
            await NoteNewAsync(moment.Played, workspace, ct);
            return;
        }

        switch (moment.Act)
        {
            case DemoAct.End:
                foreach (var over in moment.Played.Scene.Alerts)
                {
                    await SendAsync(estate, over, moment.Played.Began, moment.At, ct);
                }

                break;
            case DemoAct.Return:
                foreach (var back in moment.Played.Scene.Alerts)
                {
                    await SendAsync(estate, back, moment.At, null, ct);
                }

                await NoteNewAsync(moment.Played, workspace, ct);
                break;
            case DemoAct.Silence silence:
                var service = moment.Played.Scene.Alerts[0].Service;
                await silences.SaveAsync(
                    workspace,
                    new(Guid.NewGuid().ToString(), [new("service", MatchOp.Equal, service)], moment.At, moment.At + silence.Span, "gita", silence.Comment),
                    "user:gita",
                    ct);
                break;
            default:
                foreach (var number in moment.Played.Incidents)
                {
                    await DoAsync(moment.Act!, workspace, number, ct);
                }

                break;
        }
    }

    private async Task DoAsync(DemoAct act, long workspace, long number, CancellationToken ct)
    {
        var incident = await database.ReadAsync(session => incidents.FindAsync(session, workspace, number), ct);
        var who = Who(incident);
        await (act switch
        {
            DemoAct.Acknowledge => desk.AcknowledgeAsync(workspace, number, who, ct),
            DemoAct.Note note => desk.NoteAsync(workspace, number, note.Text, who, ct),
            DemoAct.Escalate => desk.EscalateAsync(workspace, number, who, ct),
            DemoAct.Snooze snooze => desk.SnoozeAsync(workspace, number, clock.GetUtcNow() + snooze.Span, who, ct),
            DemoAct.Resolve => desk.ResolveAsync(workspace, number, who, ct),
            _ => throw new InvalidOperationException($"Nobody can play {act}."),
        });
    }

    /// <summary>Whoever has it, else whoever is being paged, else somebody who saw it by chance.</summary>
    private static string Who(IncidentState? incident)
    {
        if (incident?.AcknowledgedBy is { } holder)
        {
            return $"user:{holder}";
        }

        return incident?.Paging.FirstOrDefault(id => id.StartsWith("user:", StringComparison.Ordinal)) ?? "user:dee";
    }

    private async Task SendAsync(EstateSnapshot estate, DemoAlert alert, DateTimeOffset startedAt, DateTimeOffset? endedAt, CancellationToken ct)
    {
        var result = await receiver.ReceiveOwnAsync(estate, estate.Source(alert.Source), DemoPayload.Of(alert, startedAt, endedAt), ct);
        if (!result.Ok)
        {
            throw new InvalidOperationException($"The demo's alert '{alert.Title}' was refused: {result.Error.Detail}");
        }
    }

    /// <summary>Which incidents the scene is about: those that its alerts opened, or that came back with them.</summary>
    private async Task NoteNewAsync(Played played, long workspace, CancellationToken ct)
    {
        var open = await database.ReadAsync(session => incidents.ListAsync(session, workspace, open: true, null, long.MaxValue, 100), ct);
        foreach (var incident in open.Where(incident => _known.Add(incident.Number)))
        {
            played.Incidents.Add(incident.Number);
        }
    }

    /// <summary>Lets time pass, working each job when it is due.</summary>
    private async Task PassUntilAsync(DateTimeOffset end, CancellationToken ct)
    {
        while (await database.ReadAsync(jobs.NextReadyAsync, ct) is { } next && next <= end)
        {
            clock.AdvanceTo(next);
            await WorkAsync(ct);
        }

        clock.AdvanceTo(end);
    }

    /// <summary>Works all jobs that are due now, also those that they make.</summary>
    private async Task WorkAsync(CancellationToken ct)
    {
        for (var turn = 0; turn < MostTurns; turn++)
        {
            if (await database.ReadAsync(jobs.NextReadyAsync, ct) is not { } next || next > clock.GetUtcNow())
            {
                return;
            }

            await runner.TickAsync(ct);
            while (runner.Active > 0)
            {
                await Task.Delay(1, ct);
            }
        }

        throw new InvalidOperationException("The demo's history does not come to rest.");
    }

    /// <summary>A scene while it is told.</summary>
    private sealed record Played(DemoScene Scene, DateTimeOffset Began)
    {
        public List<long> Incidents { get; } = [];
    }

    /// <summary>Either an alert that fires, or what somebody does.</summary>
    private sealed record Moment(DateTimeOffset At, Played Played, DemoAlert? Alert, DemoAct? Act);
}
