using System.CommandLine;
using System.CommandLine.Parsing;
using Microsoft.Extensions.Options;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Sdk;
using Tocsin.Verbs;

namespace Tocsin.Cli;

/// <summary>All verbs, and the one place where what went wrong becomes a message and an exit code.</summary>
internal static class CommandTree
{
    // A title may begin with '@' without being a file of further arguments.
    private static readonly ParserConfiguration Parsing = new() { ResponseFileTokenReplacer = null };

    public static RootCommand Create(Terminal terminal)
    {
        var root = new RootCommand("On-call and incident response in one process.");
        Command[] verbs =
        [
            ServeVerb.Create(root, terminal),
            DemoVerb.Create(terminal),
            DoctorVerb.Create(terminal),
            CheckVerb.Create(terminal),
            ParseVerb.Create(terminal),
            .. IncidentVerbs.Create(terminal),
            SendVerb.Create(terminal),
            HeartbeatVerbs.Create(terminal),
            TailVerb.Create(terminal),
            OnCallVerb.Create(terminal),
            ReportVerbs.Create(terminal),
            LogVerb.Create(terminal),
            TraceVerb.Create(terminal),
            MetricVerbs.Create(terminal),
            ExplainVerb.Create(terminal),
            SilenceVerbs.Create(terminal),
            SilenceVerbs.CreateMaintenance(terminal),
            IssueVerbs.Create(terminal),
            PipelineVerb.Create(terminal),
            DetectorVerbs.Create(terminal),
            JobVerbs.Create(terminal),
            DeliveryVerbs.Create(terminal),
            RejectedVerbs.Create(terminal),
            .. EstateVerbs.Create(terminal),
            BackupVerb.Create(terminal),
            RestoreVerb.Create(terminal),
            KeyVerbs.Create(terminal),
            AccountVerbs.Create(terminal),
            AuditVerbs.Create(terminal),
            .. AlertServerVerbs.Create(terminal),
            VersionVerb.Create(terminal),
            CompletionVerb.Create(terminal),
        ];
        foreach (var verb in verbs)
        {
            root.Subcommands.Add(verb);
        }

        return root;
    }

    public static async Task<int> RunAsync(IReadOnlyList<string> args, Terminal terminal, CancellationToken ct)
    {
        var parse = Create(terminal).Parse(args, Parsing);
        if (parse.Errors.Count > 0)
        {
            foreach (var error in parse.Errors)
            {
                terminal.Error.WriteLine($"error: {Plain.Line(error.Message).TrimEnd('.')}");
            }

            terminal.Error.WriteLine(HintFor(parse));
            return ExitCode.Usage;
        }

        var invocation = new InvocationConfiguration
        {
            Output = terminal.Out,
            Error = terminal.Error,
            EnableDefaultExceptionHandler = false,
            // The host of `serve` takes the signals itself and needs longer; for the other verbs the runtime's own end is right.
            ProcessTerminationTimeout = null,
        };
        try
        {
            return await parse.InvokeAsync(invocation, ct);
        }
        catch (CliException e)
        {
            return Fail(terminal, e.ExitCode, e.Message, e.Hint);
        }
        catch (TocsinException e)
        {
            return Refusals.Explain(terminal, e);
        }
        catch (OptionsValidationException e)
        {
            foreach (var failure in e.Failures)
            {
                terminal.Error.WriteLine($"error: {Plain.Line(failure)}");
            }

            terminal.Error.WriteLine("hint: settings come from appsettings.json, tocsin.yaml, the environment (Tocsin__Section__Key) and the command line");
            return ExitCode.InvalidConfiguration;
        }
        catch (IOException e) when (e.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            return Fail(terminal, ExitCode.CheckFailed, e.Message, "another program listens there; give another address with --urls");
        }
        catch (SchemaTooNewException e)
        {
            return Fail(terminal, ExitCode.NewerDatabase, e.Message, null);
        }
        catch (StoreUnavailableException e)
        {
            return Fail(terminal, ExitCode.Unreachable, e.Message, "--data and --database say where the data is");
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.SecureConnectionError)
        {
            return Fail(
                terminal, ExitCode.Unreachable, $"no secure connection to the server: {(e.InnerException ?? e).Message}",
                "a server that listens without a certificate has an address that begins with http://");
        }
        catch (HttpRequestException e)
        {
            return Fail(
                terminal, ExitCode.Unreachable, $"no server answered: {e.Message}", "is it running? --server or TOCSIN_SERVER says where");
        }
        catch (TaskCanceledException e) when (e.InnerException is TimeoutException)
        {
            return Fail(
                terminal, ExitCode.Unreachable, "the server took too long to answer", "what was asked for may still have happened; look before you repeat it");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A file that cannot be read or written, or the standard output itself: a full disk, a place without the right.
            return Fail(terminal, ExitCode.CheckFailed, e.Message, null);
        }
    }

    public static int Fail(Terminal terminal, int exitCode, string message, string? hint)
    {
        terminal.Error.WriteLine($"error: {Plain.Line(message)}");
        if (hint is not null)
        {
            terminal.Error.WriteLine($"hint: {Plain.Line(hint)}");
        }

        return exitCode;
    }

    private static string HintFor(ParseResult parse)
    {
        var command = parse.CommandResult.Command;
        var near = parse.UnmatchedTokens is [var word, ..]
            ? NearestName.Find(word, command.Subcommands.Select(sub => sub.Name).Concat(command.Options.Select(option => option.Name)))
            : null;
        var path = PathOf(parse.CommandResult);
        return near is null ? $"hint: {path} --help shows what it takes" : $"hint: did you mean {path} {near}?";
    }

    /// <summary>As it was typed: a verb may stand alone and below its noun.</summary>
    private static string PathOf(CommandResult command) => command is { Command: not RootCommand, Parent: CommandResult parent }
        ? $"{PathOf(parent)} {command.Command.Name}"
        : "tocsin";
}
