using System.CommandLine;
using System.Text.Json.Nodes;
using Tocsin.Cli;
using Tocsin.Sdk;

namespace Tocsin.Verbs;

/// <summary>The estate as files: compare, apply, and read back.</summary>
internal static class EstateVerbs
{
    public static IEnumerable<Command> Create(Terminal terminal) => [Apply(terminal), Export(terminal)];

    private static ClientVerb Apply(Terminal terminal)
    {
        var path = new Argument<string>("path") { Description = "A YAML file, a folder of them, or - for the standard input" };
        var prune = new Option<bool>("--prune") { Description = "Also delete what the files do not name" };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only show the plan" };
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask" };
        var verb = new ClientVerb("apply", "Make the server's estate as the files say, after showing the plan", terminal) { path, prune, dryRun, yes };
        verb.Runs(async (parse, run, ct) =>
        {
            var files = await EstateFiles.ReadAsync(parse.GetValue(path)!, terminal, ct);
            var plan = await run.Client.PlanEstateAsync(files.Text, parse.GetValue(prune), ct);
            if (plan.Faults.Count > 0)
            {
                run.Show(plan, WireJson.Default.EstatePlan, () => { });
                return WriteFaults(run, files, plan);
            }

            WritePlan(run, plan);
            if (plan.Changes.Count == 0 || parse.GetValue(dryRun))
            {
                run.Show(plan, WireJson.Default.EstatePlan, () => { });
                return ExitCode.Ok;
            }

            if (!parse.GetValue(yes) && !await AgreedAsync(run, plan, ct))
            {
                run.Aside("Nothing was changed.");
                return ExitCode.Ok;
            }

            var done = await run.Client.ApplyEstateAsync(files.Text, parse.GetValue(prune), ct);
            run.Show(done, WireJson.Default.EstatePlan, () =>
            {
                if (done.Faults.Count == 0)
                {
                    run.Line($"applied to {Plain.Line(done.Workspace)}: {Count(done)}");
                }
            });
            return done.Faults.Count > 0 ? WriteFaults(run, files, done) : ExitCode.Ok;
        });
        return verb;
    }

    private static void WritePlan(ClientRun run, EstatePlan plan)
    {
        if (run.Json)
        {
            return;
        }

        foreach (var change in plan.Changes)
        {
            var mark = change.Action switch
            {
                "create" => new Cell("+ create", Tone.Green),
                "delete" => new Cell("- delete", Tone.Red),
                "update" => new Cell("~ update", Tone.Yellow),
                _ => change.Action,
            };
            var paths = change.Action == "update" && change.Paths.Count > 0 ? $"  ({Plain.Line(string.Join(", ", change.Paths))})" : "";
            run.Line($"{run.Terminal.Paint(mark)} {Plain.Line(change.Kind)} {Plain.Line(change.Name)}{paths}");
        }

        foreach (var warning in plan.Warnings)
        {
            run.Aside($"warning: {Plain.Line(warning)}");
        }

        run.Line(plan.Changes.Count == 0 ? $"{Plain.Line(plan.Workspace)} is already as the files say." : $"{Plain.Line(plan.Workspace)}: {Count(plan)}");
    }

    private static int WriteFaults(ClientRun run, EstateFiles files, EstatePlan plan)
    {
        foreach (var fault in plan.Faults)
        {
            var at = fault.File is { } named ? (named, fault.Line) : files.Locate(fault.Line);
            var place = at is var (file, line) ? $"{Plain.Line(file)}:{line}:{fault.Column}: " : "";
            var path = fault.Path.Length > 0 ? $"{Plain.Line(fault.Path)}: " : "";
            run.Terminal.Error.WriteLine($"error: {place}{path}{Plain.Line(fault.Message)}");
        }

        run.Terminal.Error.WriteLine("hint: nothing was changed; mend the files and apply them again");
        return ExitCode.InvalidConfiguration;
    }

    private static async Task<bool> AgreedAsync(ClientRun run, EstatePlan plan, CancellationToken ct)
    {
        if (!run.Terminal.Interactive)
        {
            throw new CliException(ExitCode.Usage, $"{Count(plan)} would be made, and nobody can be asked here", "give --yes to make them, or --dry-run to look");
        }

        run.Terminal.Error.Write($"Make these changes? [y/N] ");
        return (await run.Terminal.In.ReadLineAsync(ct))?.Trim() is "y" or "Y" or "yes";
    }

    private static string Count(EstatePlan plan) => Words.Count(plan.Changes.Count, "change");

    private static ClientVerb Export(Terminal terminal)
    {
        var verb = new ClientVerb("export", "Print the server's estate as YAML, or as JSON, which can be applied too", terminal);
        verb.Runs(async (_, run, ct) =>
        {
            var yaml = await run.Client.ExportEstateAsync(ct);
            if (run.Json)
            {
                WriteJson(terminal, yaml);
            }
            else
            {
                await terminal.Out.WriteAsync(yaml);
            }

            return ExitCode.Ok;
        });
        return verb;
    }

    /// <summary>JSON is YAML, so that what is written here is an estate file like any other.</summary>
    private static void WriteJson(Terminal terminal, string yaml)
    {
        var faults = new List<Estate.EstateFault>();
        if (Estate.EstateYamlReader.Read(yaml, "", faults) is not [var document] || faults.Count > 0)
        {
            throw new CliException(ExitCode.Refused, "the server's export is not one estate document; is the address right?");
        }

        JsonOutput.Write(terminal.Out, JsonNode.Parse(Estate.EstateJson.Write(document))!);
    }
}
