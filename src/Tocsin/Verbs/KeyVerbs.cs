using System.CommandLine;
using System.Text.Json.Serialization;
using Tocsin.Cli;
using Tocsin.Data;
using Tocsin.Identity;
using Tocsin.Sdk;
using Tocsin.Workspaces;

namespace Tocsin.Verbs;

/// <summary>API keys, on the data itself: whoever may read it needs no key to make one, and the first must come from somewhere.</summary>
internal static class KeyVerbs
{
    private const int MaxName = 100;

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
        name.Validators.Add(result =>
        {
            if (result.Tokens is [var given] && given.Value.Trim().Length is 0 or > MaxName)
            {
                result.AddError($"--name is 1 to {MaxName} characters, not only blanks");
            }
        });
        var role = new Option<string>("--role") { Description = "What it may do", DefaultValueFactory = _ => "admin" };
        role.AcceptOnlyFromAmong("owner", "admin", "responder", "viewer", "publisher");
        var workspace = WorkspaceOption();
        var json = JsonOption("Print the key with its facts as JSON");
        var verb = new Command("create", "Make a key and print it; it is not shown again") { name, role, workspace, json, store.Data, store.Database };
        verb.SetAction(async (parse, ct) =>
        {
            await using var database = await store.Find(parse).OpenMigratedAsync(terminal.Now, ct);
            var (key, facts) = await database.WriteAsync(
                async tx =>
                {
                    var (owner, keys) = (await WorkspaceAsync(tx, parse.GetValue(workspace), terminal.Now), new ApiKeyStore());
                    var made = await keys.CreateAsync(tx, owner.Id, parse.GetValue(name)!.Trim(), Enum.Parse<Role>(parse.GetValue(role)!, ignoreCase: true), terminal.Now);
                    return (made, (await keys.ListAsync(tx, owner.Id))[^1]);
                },
                ct);
            if (parse.GetValue(json))
            {
                JsonOutput.Write(terminal.Out, new(facts.Id, facts.Name, Word(facts.Role), facts.WorkspaceName, key), KeyJson.Default.NewKey);
            }
            else
            {
                terminal.Out.WriteLine(key);
            }

            return ExitCode.Ok;
        });
        return verb;
    }

    private static Command List(Terminal terminal)
    {
        var store = new LocalStore();
        var workspace = WorkspaceOption();
        var json = JsonOption("Print the API's own JSON");
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
                JsonOutput.Write(terminal.Out, new([.. keys.Select(View)], null), WireJson.Default.PageKeyView);
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
        var json = JsonOption("Print the API's own JSON");
        var verb = new Command("revoke", "End keys; they stop within 5 s on all nodes") { ids, json, store.Data, store.Database };
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

            if (parse.GetValue(json))
            {
                var asked = parse.GetValue(ids)!;
                var ended = (await database.ReadAsync(session => new ApiKeyStore().ListAsync(session, 0), ct)).Where(k => asked.Contains(k.Id)).Select(View);
                JsonOutput.Write(terminal.Out, new([.. ended], null), WireJson.Default.PageKeyView);
            }

            return ExitCode.Ok;
        });
        return verb;
    }

    private static Option<bool> JsonOption(string description) => new("--json") { Description = description };

    private static KeyView View(ApiKeyRow key) => new(key.Id, key.Name, key.Prefix, Word(key.Role), key.CreatedAt, key.LastUsedAt, key.RevokedAt);

    private static Option<string?> WorkspaceOption() => new("--workspace") { Description = "Whose. Default: the only one there is", HelpName = "NAME" };

    private static string Word(Role role) => role.ToString().ToLowerInvariant();

    /// <summary>Before the first start there is none yet; then the key's becomes the first.</summary>
    public static async Task<Workspace> WorkspaceAsync(Tx tx, string? name, DateTimeOffset now)
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

/// <summary>What <c>key create --json</c> prints; the only place where the key itself is.</summary>
internal sealed record NewKey(long Id, string Name, string Role, string Workspace, string Key);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(NewKey))]
internal sealed partial class KeyJson : JsonSerializerContext;
