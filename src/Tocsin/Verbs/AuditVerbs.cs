using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Tocsin.Audit;
using Tocsin.Cli;
using Tocsin.Data;
using Tocsin.Sdk;
using Tocsin.Workspaces;

namespace Tocsin.Verbs;

/// <summary>The audit, on the data itself or on an export: whoever verifies it must not have to trust the server.</summary>
internal static class AuditVerbs
{
    public static Command Create(Terminal terminal)
    {
        var verb = new Command("audit", "The record of who did what: verify it, export it");
        verb.Subcommands.Add(Verify(terminal));
        verb.Subcommands.Add(Export(terminal));
        verb.Subcommands.Add(Head(terminal));
        return verb;
    }

    private static Command Verify(Terminal terminal)
    {
        var (store, chain) = (new LocalStore(), new ChainOptions());
        var file = new Argument<string?>("file") { Description = "An export; without it the data itself is verified", Arity = ArgumentArity.ZeroOrOne };
        var anchor = new Option<string[]>("--anchor")
        {
            Description = "An entry that was noted earlier: from an export's last line, the log of the process, or `audit head`. May be given several times",
            HelpName = "SEQ:HASH",
        };
        anchor.Validators.Add(result =>
        {
            if (result.Tokens.FirstOrDefault(token => AuditAnchor.Parse(token.Value) is null) is { } wrong)
            {
                result.AddError($"--anchor is a number and 64 hexadecimal digits with a colon between them, not '{wrong.Value}'");
            }
        });
        var json = new Option<bool>("--json") { Description = "Print what was found as JSON, one line a chain" };
        var verb = new Command("verify", "Say whether anything was altered, removed, inserted or moved") { file, anchor, chain.Workspace, chain.Installation, json, store.Data, store.Database };
        verb.SetAction(async (parse, ct) =>
        {
            AuditAnchor[] anchors = [.. (parse.GetValue(anchor) ?? []).Select(text => AuditAnchor.Parse(text)!)];
            var looks = parse.GetValue(file) is { } path
                ? [await FileAsync(path, anchors, terminal.Now, ct)]
                : await StoreAsync(store.Find(parse), chain, parse, anchors, terminal.Now, ct);
            foreach (var look in looks)
            {
                Show(terminal, look, parse.GetValue(json));
            }

            return looks.All(look => look.State.Sound) ? ExitCode.Ok : ExitCode.CheckFailed;
        });
        return verb;
    }

    private static Command Export(Terminal terminal)
    {
        var (store, chain) = (new LocalStore(), new ChainOptions());
        var after = new Option<long>("--after") { Description = "Leave out the entries up to this one", HelpName = "SEQ" };
        var output = new Option<string?>("--output", "-o") { Description = "Write to a file that is not there yet. Default: the standard output", HelpName = "FILE" };
        var verb = new Command("export", "Write a chain as JSON lines, oldest first; the last line says where it ends") { after, output, chain.Workspace, chain.Installation, store.Data, store.Database };
        verb.SetAction(async (parse, ct) =>
        {
            var location = store.Find(parse);
            await location.RequireAsync(ct);
            await using var database = await location.OpenMigratedAsync(terminal.Now, ct);
            var (id, _) = await chain.OneAsync(parse, database, ct);
            await using var made = parse.GetValue(output) is { } path ? new StreamWriter(new FileStream(path, FileMode.CreateNew, FileAccess.Write)) { NewLine = "\n" } : null;
            await foreach (var line in new AuditExport(database, new()).LinesAsync(id, parse.GetValue(after), terminal.Now, ct))
            {
                await (made ?? terminal.Out).WriteLineAsync(line);
            }

            return ExitCode.Ok;
        });
        return verb;
    }

    private static Command Head(Terminal terminal)
    {
        var (store, chain) = (new LocalStore(), new ChainOptions());
        var verb = new Command("head", "Print where a chain ends, as `audit verify --anchor` takes it") { chain.Workspace, chain.Installation, store.Data, store.Database };
        verb.SetAction(async (parse, ct) =>
        {
            var location = store.Find(parse);
            await location.RequireAsync(ct);
            await using var database = await location.OpenMigratedAsync(terminal.Now, ct);
            var (id, name) = await chain.OneAsync(parse, database, ct);
            var head = await database.ReadAsync(session => new AuditStore().HeadAsync(session, id), ct)
                ?? throw new CliException(ExitCode.CheckFailed, $"the audit of {name} is empty");
            terminal.Out.WriteLine(new AuditAnchor(head.Seq, head.Hash).ToString());
            return ExitCode.Ok;
        });
        return verb;
    }

    private static async Task<Look> FileAsync(string path, AuditAnchor[] anchors, DateTimeOffset now, CancellationToken ct)
    {
        await using var from = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        try
        {
            var (verdict, end) = await AuditExport.VerifyAsync(from, anchors, ct);
            List<AuditFault> faults = [.. verdict.Faults];
            if (end is null)
            {
                faults.Add(new(verdict.Head?.Seq ?? 0, "the line that ends an export is missing: the file was cut short"));
            }
            else if (end.Seq != (verdict.Head?.Seq ?? 0) || end.Hash != (verdict.Head?.Hash ?? AuditLink.Genesis))
            {
                faults.Add(new(end.Seq, $"the last line says that the chain ended with entry {end.Seq} and {end.Hash}; the entries before it end otherwise"));
            }

            return new(Path.GetFileName(path), AuditEndpoints.StateOf(end?.Workspace ?? 0, verdict with { Faults = faults }, now));
        }
        catch (FormatException e)
        {
            throw new CliException(ExitCode.CheckFailed, $"'{path}': {e.Message}", "verify the file as `tocsin audit export` or the API wrote it");
        }
    }

    private static async Task<List<Look>> StoreAsync(
        StoreLocation location, ChainOptions chain, ParseResult parse, AuditAnchor[] anchors, DateTimeOffset now, CancellationToken ct)
    {
        await location.RequireAsync(ct);
        await using var database = await location.OpenMigratedAsync(now, ct);
        using var verifier = new AuditVerifier(database, new());
        var chains = anchors.Length > 0 ? [await chain.OneAsync(parse, database, ct)] : await chain.AllAsync(parse, database, ct);
        List<Look> looks = [];
        foreach (var (id, name) in chains)
        {
            looks.Add(new(name, AuditEndpoints.StateOf(id, await verifier.VerifyAsync(id, anchors, ct), now)));
        }

        return looks;
    }

    private static void Show(Terminal terminal, Look look, bool json)
    {
        var state = look.State;
        if (json)
        {
            terminal.Out.WriteLine(JsonSerializer.Serialize(state, WireJson.Default.AuditState));
            return;
        }

        var entries = state.Entries == 0 ? "no entries" : $"entries {Number(state.First ?? 0)} to {Number(state.Head.Seq)}";
        terminal.Out.WriteLine(state.Sound
            ? $"{Plain.Line(look.Name)}: sound, {entries}, ends with {new AuditAnchor(state.Head.Seq, state.Head.Hash)}"
            : $"{Plain.Line(look.Name)}: NOT SOUND, {entries}");
        foreach (var fault in state.Faults)
        {
            terminal.Out.WriteLine($"  {Plain.Line(fault.Detail)}");
        }
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private sealed record Look(string Name, AuditState State);

    /// <summary>Which chain is meant.</summary>
    private sealed class ChainOptions
    {
        public Option<string?> Workspace { get; } = new("--workspace") { Description = "Whose. Default: the only one there is", HelpName = "NAME" };

        public Option<bool> Installation { get; } = new("--installation") { Description = "The chain of what belongs to no workspace: setup, restores, logins of people whom nobody knows" };

        public async Task<(long Id, string Name)> OneAsync(ParseResult parse, Database database, CancellationToken ct)
        {
            var chains = (await AllAsync(parse, database, ct)).Where(c => parse.GetValue(Installation) || c.Id != AuditStore.Installation).ToList();
            return chains switch
            {
                [var only] => only,
                [] => throw new CliException(ExitCode.CheckFailed, "there is no workspace yet"),
                _ => throw new CliException(ExitCode.Usage, $"there are several workspaces: {string.Join(", ", chains.Select(c => c.Name))}", "say which with --workspace, or --installation"),
            };
        }

        public async Task<List<(long Id, string Name)>> AllAsync(ParseResult parse, Database database, CancellationToken ct)
        {
            (long, string) installation = (AuditStore.Installation, "installation");
            if (parse.GetValue(Installation))
            {
                return [installation];
            }

            var all = (await database.ReadAsync(new WorkspaceStore().ListAsync, ct)).Select(w => (w.Id, w.Name)).ToList();
            return parse.GetValue(Workspace) is not { } name ? [installation, .. all]
                : all.Find(w => w.Name == name) is { Name: not null } its ? [its]
                : throw new CliException(ExitCode.Refused, $"there is no workspace '{name}'", $"there are: {string.Join(", ", all.Select(w => w.Name))}");
        }
    }
}
