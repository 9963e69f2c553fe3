using System.Globalization;
using Tocsin.Bench.Detection;

namespace Tocsin.Bench;

/// <summary>How well the detectors tell faults from everyday life, on made-up weeks whose faults are known.</summary>
internal static class DetectBench
{
    public static int Run(string[] args)
    {
        int Number(string name, int usual) => Array.IndexOf(args, name) is var at and >= 0 && at + 1 < args.Length ? int.Parse(args[at + 1], CultureInfo.InvariantCulture) : usual;
        var (seeds, services, weeks, faults) = (Number("--seeds", 5), Number("--services", 8), Number("--weeks", 4), Number("--faults", 4));
        var first = Number("--first", 1);
        Action<Tocsin.Telemetry.Finding, long, Fault?>? heard = args.Contains("--verbose")
            ? static (finding, minute, fault) => Console.WriteLine($"{Telemetry.Minutes.At(minute):MM-dd HH:mm} {fault?.Kind ?? "FALSE"} {finding.Detector} {finding.Title} | {string.Join("; ", finding.Evidence)}")
            : null;
        var scores = Evaluation.Sum([.. Enumerable.Range(first, seeds).Select(seed => Evaluation.Run(seed, services, weeks, faults, heard, oldRules: true))]);
        var noise = Evaluation.Sum([.. Enumerable.Range(first + 1000, seeds).Select(seed => Evaluation.Run(seed, services, weeks, 0, oldRules: true))]);
        Console.WriteLine("| detector | faults | recall | findings | precision | delay, min | false alarms per service and week | the same, noise only |");
        Console.WriteLine("|---|--:|--:|--:|--:|--:|--:|--:|");
        foreach (var (score, quiet) in scores.Zip(noise))
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {score.Detector} | {score.Expected} | {score.Recall:0.00} | {score.Findings} | {score.Precision:0.00} | {score.DelayMinutes:0.#} | {score.FalsePerServiceWeek:0.000} | {quiet.FalsePerServiceWeek:0.000} |"));
        }

        return 0;
    }
}
