using System.CommandLine;
using System.Globalization;
using Tocsin.Cli;
using Tocsin.Sdk;

namespace Tocsin.Verbs;

/// <summary>How alarms find their way to issues.</summary>
internal static class PipelineVerb
{
    public static Command Create(Terminal terminal)
    {
        var verb = new ClientVerb("pipeline", "Show how fast alarms get their issues, what fails, and what waits; 1: an alarm about it fires", terminal);
        verb.Runs(async (_, run, ct) =>
        {
            var health = await run.Client.GetPipelineHealthAsync(ct);
            run.Show(health, WireJson.Default.PipelineHealthView, () => Write(run, health));
            return health.Status == "ok" ? ExitCode.Ok : ExitCode.CheckFailed;
        });
        return verb;
    }

    private static void Write(ClientRun run, PipelineHealthView health)
    {
        foreach (var alarm in health.Alarms)
        {
            run.Line($"{run.Terminal.Paint(alarm.Fires ? new Cell("✗ alarm", Tone.Red) : new Cell("✓ ok   ", Tone.Green))}  {alarm.Name}: {Plain.Line(alarm.Says)}");
        }

        run.Line("");
        run.Line($"within {Number(health.WindowSeconds / 60)} min: {health.Latency.Samples} steps, {Number(health.ErrorPercent)} % failed");
        run.Line($"  from alert to issue: P50 {Seconds(health.Latency.P50Seconds)}, P95 {Seconds(health.Latency.P95Seconds)}, P99 {Seconds(health.Latency.P99Seconds)}");
        run.Line($"  issues: {health.Pending} pending{(health.WaitingSeconds is { } waits ? $" (the oldest for {Seconds(waits)})" : "")}, {health.Failed} given up");
        run.Line($"  rejected deliveries of a day: {health.Rejected}; dead jobs: {health.DeadJobs}");
        if (health.GitHub is { } gitHub)
        {
            run.Line(
                $"  GitHub: {(!gitHub.Configured ? "no account" : gitHub.Remaining is { } left ? $"{left} of {gitHub.Limit} requests left, all of them again {Words.Both(gitHub.ResetAt!.Value, run.Terminal.Time)}" : "not asked yet by this node")}"
                + (gitHub.Why is { } why ? $"; waits: {Plain.Line(why)}" : ""));
        }

        if (health.Issues.Count > 0)
        {
            run.Line("");
            var table = new Table("SOURCE", "TEAM", "DONE", "FAILED");
            foreach (var share in health.Issues)
            {
                table.Add(share.Source, share.Team, $"{share.Succeeded}", $"{share.Failed}");
            }

            table.Write(run.Terminal);
        }

        if (health.Queues.Count > 0)
        {
            run.Line("");
            var table = new Table("QUEUE OF", "WAITING", "HIDDEN", "DEAD LETTERS", "FAULT");
            foreach (var queue in health.Queues)
            {
                table.Add(queue.Source, Count(queue.Messages), Count(queue.Hidden), Count(queue.DeadLetters), queue.Fault);
            }

            table.Write(run.Terminal);
        }
    }

    private static string Count(long? count) => count?.ToString(CultureInfo.InvariantCulture) ?? "–";

    private static string Number(double number) => number.ToString("0.#", CultureInfo.InvariantCulture);

    private static string Seconds(double? seconds) => seconds is { } s ? $"{s.ToString("0.0", CultureInfo.InvariantCulture)} s" : "–";
}
