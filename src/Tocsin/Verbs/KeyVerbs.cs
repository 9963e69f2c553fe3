using System.CommandLine;
using Tocsin.Cli;
using Tocsin.Data;
using Tocsin.Identity;
using Tocsin.Sdk;
using Tocsin.Workspaces;

namespace Tocsin.Verbs;

/// <summary>API keys, on the data itself: whoever may read it needs no key to make one, and the first must come from somewhere.</summary>
internal static class KeyVerbs
{
    public static Command Create(Terminal terminal)
    {
        var verb = new Command("key", "API keys, made and revoked where the data is");
        verb.Subcommands.Add(New(terminal));
        verb.Subcommands.Add(List(terminal));
        verb.Subcommands.Add(Revoke(terminal));
        return verb;
    }

    private static Command New(Terminal terminal)
    {
        var store = new LocalStore();
        var name = new Option<string>("--name") { Description = "What it is for, as the log will name it", HelpName = "NAME", Required = true };
        var role = new Option<string>("--role") { Description = "What it may do", DefaultValueFactory = _ => "admin" };
        role.AcceptOnlyFromAmong("owner", "admin", "responder", "viewer");
        var workspace = WorkspaceOption();
        var verb = new Command("create", "Make a key and print it; it is not shown again") { name, role, workspace, store.Data, store.Database };
        verb.SetAction(async (parse, ct) =>
        {
            await using var database = await store.Find(parse).OpenMigratedAsync(terminal.Now, ct);
            var key = await database.WriteAsync(
                async tx =>
                {
                    var owner = await WorkspaceAsync(tx, parse.GetValue(workspace), terminal.Now);
                    return await new ApiKeyStore().CreateAsync(tx, owner.Id, parse.GetValue(name)!, Enum.Parse<Role>(parse.GetValue(role)!, ignoreCase: true), terminal.Now);
                },
                ct);
            terminal.Out.WriteLine(key);
            return ExitCode.Ok;
        });
        return verb;
    }

    private static Command List(Terminal terminal)
    {
        var store = new LocalStore();
        var workspace = WorkspaceOption();
        var json = new Option<bool>("--json") { Description = "Print the API's own JSON" };
        var verb = new Command("list", "List the keys, without the keys themselves") { workspace, json, store.Data, store.Database };
        verb.SetAction(async (parse, ct) =>
        {
            var location = store.Find(parse);
            await location.RequireAsync(ct);
            await using var database = await location.OpenMigratedAsync(terminal.Now, ct);
            var keys = await database.ReadAsync(session => new ApiKeyStore().ListAsync(session, 0), ct);
            keys = [.. keys.Where(key => parse.GetValue(workspace) is not { } only || key.WorkspaceName == only)];
            if (parse.GetValue(json))
            {
                var views = keys.Select(k => new KeyView(k.Id, k.Name, k.Prefix, Word(k.Role), k.CreatedAt, k.LastUsedAt, k.RevokedAt));
                JsonOutput.Write(terminal.Out, new([.. views], null), WireJson.Default.PageKeyView);
                return ExitCode.Ok;
            }

            var table = new Table("ID", "NAME", "KEY", "ROLE", "WORKSPACE", "MADE", "LAST USED", "STATUS");
            foreach (var key in keys)
            {
                table.Add(
                    $"{key.Id}",
                    key.Name,
                    $"{key.Prefix}…",
                    Word(key.Role),
                    key.WorkspaceName,
                    Words.Relative(key.CreatedAt, terminal.Now),
                    key.LastUsedAt is { } used ? Words.Relative(used, terminal.Now) : "never",
                    key.RevokedAt is null ? new("● active", Tone.Green) : new("✗ revoked", Tone.Faint));
            }

            table.Write(terminal);
            return ExitCode.Ok;
        });
        return verb;
    }

    private static Command Revoke(Terminal terminal)
    {
        var store = new LocalStore();
        var ids = Numbers.Many("The keys' ids, as `key list` shows them");
        var verb = new Command("revoke", "End keys; they stop within 5 s on all nodes") { ids, store.Data, store.Database };
        verb.SetAction(async (parse, ct) =>
        {
            var location = store.Find(parse);
            await location.RequireAsync(ct);
            await using var database = await location.OpenMigratedAsync(terminal.Now, ct);
            var known = await database.ReadAsync(session => new ApiKeyStore().ListAsync(session, 0), ct);
            foreach (var id in parse.GetValue(ids)!)
            {
                var key = known.FirstOrDefault(k => k.Id == id);
                if (key is null || !await database.WriteAsync(tx => new ApiKeyStore().RevokeAsync(tx, key.Workspace, id, terminal.Now), ct))
                {
                    throw new CliException(ExitCode.Refused, key is null ? $"there is no key {id}" : $"key {id} is revoked already");
                }

                terminal.Error.WriteLine($"key {id} ({Plain.Line(key.Name)}) is revoked");
            }

            return ExitCode.Ok;
        });
        return verb;
    }

    private static Option<string?> WorkspaceOption() => new("--workspace") { Description = "Whose. Default: the only one there is", HelpName = "NAME" };

    private static string Word(Role role) => role.ToString().ToLowerInvariant();

    /// <summary>Before the first start there is none yet; then the key's becomes the first.</summary>
    private static async Task<Workspace> WorkspaceAsync(Tx tx, string? name, DateTimeOffset now)
    {
        var workspaces = new WorkspaceStore();
        var all = await workspaces.ListAsync(tx);
        return all switch
        {
            [] => await workspaces.EnsureAsync(tx, name ?? WorkspaceStore.Default, now),
            _ when name is not null => all.Find(w => w.Name == name)
                ?? throw new CliException(ExitCode.Refused, $"there is no workspace '{name}'", $"there are: {string.Join(", ", all.Select(w => w.Name))}"),
            [var only] => only,
            _ => throw new CliException(ExitCode.Usage, $"there are several workspaces: {string.Join(", ", all.Select(w => w.Name))}", "say with --workspace whose the key is"),
        };
    }
}
