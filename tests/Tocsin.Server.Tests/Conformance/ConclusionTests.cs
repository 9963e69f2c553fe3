using Tocsin.Alerts;
using Tocsin.Incidents;
using static Tocsin.Tests.Signals;

namespace Tocsin.Tests.Conformance;

/// <summary>What is said when an incident ends, and what escalating by hand does to its severity.</summary>
public abstract class ConclusionTests(Engine engine)
{
    [StoreFact]
    public async Task A_summary_and_a_close_can_come_with_the_end_or_after_it_and_change_nothing_twice()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        await bench.ReceiveAsync(Firing("db"), Firing("disk"));

        var resolved = (await bench.Parts.Incident.ConcludeAsync(1, 1, "  the pool was too small ", closes: false, "user:ana", default)).Value!;
        Assert.Equal((IncidentStatus.Resolved, "the pool was too small", null), (resolved.Status, resolved.Resolution, resolved.ClosedAt));

        await bench.Parts.Incident.ConcludeAsync(1, 1, "the pool was too small", closes: false, "user:ana", default);
        await bench.Parts.Incident.ConcludeAsync(1, 1, null, closes: true, "user:bo", default);
        await bench.Parts.Incident.ConcludeAsync(1, 1, null, closes: true, "user:bo", default);
        var corrected = (await bench.Parts.Incident.ConcludeAsync(1, 1, "it was the disk", closes: false, "user:ana", default)).Value!;

        Assert.Equal(("it was the disk", bench.Clock.Now, "ana"), (corrected.Resolution, corrected.ClosedAt, corrected.ResolvedBy));
        Assert.Equal(
            [("incident.resolved", "resolved by ana"), ("incident.resolution_added", "ana: the pool was too small"), ("incident.closed", "closed by bo"), ("incident.resolution_added", "ana: it was the disk")],
            (await bench.LinesAsync(1)).Where(l => l.Kind is "incident.resolved" or "incident.closed" or "incident.resolution_added").Select(l => (l.Kind, l.Reason)));
        Assert.Equal(ErrorKind.Invalid, (await bench.Parts.Incident.ConcludeAsync(1, 1, new('x', 10_001), closes: false, "user:ana", default)).Error!.Kind);
    }

    [StoreFact]
    public async Task What_was_said_about_an_end_goes_when_it_was_none()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        await bench.ReceiveAsync(Firing("db"));
        await bench.Parts.Incident.ConcludeAsync(1, 1, "fixed", closes: true, "user:ana", default);

        await bench.PassUntilAsync(1);
        await bench.ReceiveAsync(Firing("db") with { StartedAt = bench.Clock.Now });

        var back = await bench.IncidentAsync(1);
        Assert.Equal((IncidentStatus.Triggered, null, null), (back.Status, back.Resolution, back.ClosedAt));
    }

    [StoreFact]
    public async Task Escalating_by_hand_can_make_it_worse_and_never_better()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        await bench.ReceiveAsync(Firing("db") with { Severity = Severity.Warning });

        var worse = (await bench.Parts.Incident.EscalateAsync(1, 1, Severity.High, "user:ana", default)).Value!;
        Assert.Equal((Severity.High, Routing.Urgency.High), (worse.Severity, worse.Urgency));
        Assert.Contains("escalated by ana; now high", (await bench.LinesAsync(1)).Select(l => l.Reason));
        Assert.Equal(Severity.High, (await bench.Parts.Incident.EscalateAsync(1, 1, Severity.Info, "user:ana", default)).Value!.Severity);
    }

    public sealed class OnSqlite() : ConclusionTests(Engine.Sqlite);

    public sealed class OnPostgres() : ConclusionTests(Engine.Postgres);
}
