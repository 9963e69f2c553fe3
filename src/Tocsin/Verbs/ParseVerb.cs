using System.CommandLine;
using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Tocsin.Alerts;
using Tocsin.Cli;
using Tocsin.Outgoing;
using Tocsin.Providers;
using Tocsin.Sdk;

namespace Tocsin.Verbs;

/// <summary>Says what Tocsin makes of a payload; without a server and without a database.</summary>
internal static class ParseVerb
{
    /// <summary>As much as a server takes by default.</summary>
    private const int LargestPayload = 1024 * 1024;

    public static Command Create(Terminal terminal)
    {
        var file = new Argument<string>("file") { Description = "A file with one payload as its sender sends it, or - for the standard input" };
        var source = new Option<string>("--source")
        {
            Description = "What to read it as: auto, cloudwatch, grafana, normalized, or any other type of source",
            HelpName = "TYPE",
            DefaultValueFactory = _ => PayloadTrial.Auto,
        };
        var strict = new Option<bool>("--strict") { Description = "Reject what the alert pipeline would have rejected, such as an alert without a team" };
        var verb = new Command("parse", "Show the canonical events that a payload makes; changes nothing") { file, source, strict };
        verb.SetAction(async (parse, ct) =>
        {
            await using var services = new ServiceCollection()
                .AddSingleton<IConfiguration>(new ConfigurationManager())
                .AddLogging()
                .AddSingleton(terminal.Time)
                .AddOutgoing()
                .AddProviders()
                .AddSingleton<PayloadTrial>()
                .BuildServiceProvider();
            var payload = await ReadAsync(parse.GetValue(file)!, terminal, ct);
            var parsed = services.GetRequiredService<PayloadTrial>().Run(payload, parse.GetValue(source)!, parse.GetValue(strict), terminal.Now);
            if (!parsed.Ok)
            {
                throw new CliException(ExitCode.Usage, parsed.Error.Detail.TrimEnd('.'));
            }

            JsonOutput.Write(terminal.Out, parsed.Value, WireJson.Default.ParsedPayload);
            return parsed.Value.Accepted ? ExitCode.Ok : ExitCode.CheckFailed;
        });
        return verb;
    }

    private static async Task<byte[]> ReadAsync(string file, Terminal terminal, CancellationToken ct)
    {
        byte[] payload;
        try
        {
            payload = file == "-" ? Encoding.UTF8.GetBytes(await terminal.In.ReadToEndAsync(ct)) : await File.ReadAllBytesAsync(file, ct);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.Usage, $"{file} cannot be read", "Name a file with one payload, or - for the standard input");
        }

        return payload.Length <= LargestPayload
            ? payload
            : throw new CliException(ExitCode.Usage, $"the payload has {payload.Length} bytes, and a server takes {LargestPayload}", "A payload of this size is refused with 413 unless Ingest:MaxBodyBytes is raised");
    }
}
