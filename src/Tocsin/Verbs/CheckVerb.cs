using System.CommandLine;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Tocsin.Cli;
using Tocsin.Estate;
using Tocsin.Outgoing;
using Tocsin.Providers;
using Fault = Tocsin.Sdk.EstateFault;

namespace Tocsin.Verbs;

/// <summary>Says whether estate files can be applied, and runs the route tests in them; without a server and without a database.</summary>
internal static class CheckVerb
{
    public static Command Create(Terminal terminal)
    {
        var path = new Argument<string>("path") { Description = "A YAML file, a folder of them, or - for the standard input" };
        var json = new Option<bool>("--json") { Description = "Print the findings as JSON" };
        var verb = new Command("check", "Check estate files and run their route tests; changes nothing") { path, json };
        verb.SetAction(async (parse, ct) =>
        {
            var report = await RunAsync(parse.GetValue(path)!, terminal, ct);
            if (parse.GetValue(json))
            {
                JsonOutput.Write(terminal.Out, CheckReport.Of(report), CheckJson.Default.CheckReport);
            }
            else
            {
                terminal.Out.Write(Plain.Block(report.Render()));
            }

            return report.Faults.Count > 0 ? ExitCode.InvalidConfiguration : report.Ok ? ExitCode.Ok : ExitCode.CheckFailed;
        });
        return verb;
    }

    private static async Task<EstateReport> RunAsync(string path, Terminal terminal, CancellationToken ct)
    {
        await using var services = new ServiceCollection()
            .AddSingleton<IConfiguration>(new ConfigurationManager())
            .AddLogging()
            .AddSingleton(terminal.Time)
            .AddOutgoing()
            .AddProviders()
            .AddSingleton<EstateProviders>()
            .BuildServiceProvider();
        var check = new EstateCheck(services.GetRequiredService<EstateProviders>(), terminal.Time);
        return path == "-"
            ? check.Run(Estate.EstateFiles.Parse(await terminal.In.ReadToEndAsync(ct), "(standard input)"), EstateResolver.Process)
            : check.Run(path, EstateResolver.Process);
    }
}

/// <summary>What <c>check --json</c> prints.</summary>
internal sealed record CheckReport(
    bool Ok, IReadOnlyList<string> Workspaces, int Objects, int Tests,
    IReadOnlyList<Fault> Faults, IReadOnlyList<Fault> Warnings, IReadOnlyList<Fault> TestFailures)
{
    public static CheckReport Of(EstateReport report) => new(
        report.Ok, report.Workspaces, report.Objects, report.Tests,
        [.. report.Faults.Select(Wire)], [.. report.Warnings.Select(Wire)], [.. report.TestFailures.Select(Wire)]);

    private static Fault Wire(EstateFault fault) => new(fault.Mark.File, fault.Mark.Line, fault.Mark.Column, fault.Path, fault.Message);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(CheckReport))]
internal sealed partial class CheckJson : JsonSerializerContext;
