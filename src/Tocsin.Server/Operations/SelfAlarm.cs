using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Jobs;

namespace Tocsin.Operations;

/// <summary>Tocsin's own alerts take the way of all alerts: what goes wrong inside becomes an incident of the workspace that it concerns.</summary>
internal sealed class SelfAlarm(IEstates estates, AlertIntake intake, TimeProvider clock)
{
    public const string Source = "tocsin";

    /// <summary>What is to be stored together with the burial of a job: one alert for all dead jobs of a kind.</summary>
    public async ValueTask<Func<Tx, Task>> PrepareAsync(LeasedJob job, string error)
    {
        var estate = await estates.FindAsync(job.Workspace, CancellationToken.None);
        var now = clock.GetUtcNow();
        var signal = new Signal
        {
            DedupKey = $"dead-jobs/{job.Kind}",
            Status = SignalStatus.Firing,
            Title = $"Tocsin gave up a job: {job.Kind}",
            Description = $"Job {job.Id} ({job.Key}) failed {job.Failures + 1} times, at last with: {error} It is kept: look at the dead jobs, mend the cause, and replay it.",
            Severity = Severity.High,
            Labels = LabelSet.Of(("alertname", "TocsinJobDead"), ("job_kind", job.Kind), ("service", "tocsin")),
            Service = "tocsin",
            ExpiresAt = now + TimeSpan.FromHours(1),
        };
        return tx => estate is null ? Task.CompletedTask : intake.StoreAsync(tx, estate, [new(Source, [signal], now)], now);
    }
}
