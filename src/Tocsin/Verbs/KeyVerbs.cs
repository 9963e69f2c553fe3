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
        var verb = new Command("key", "API keys, made, rotated and revoked where the data is");
        verb.Subcommands.Add(New(terminal));
        verb.Subcommands.Add(Rotate(terminal));
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
        var scopes = new Option<string[]>("--scope")
        {
            Description = $"Narrow it to: {string.Join(", ", ScopeWords.All)}. Default: all that the role may",
            HelpName = "SCOPE",
            AllowMultipleArgumentsPerToken = true,
        };
        scopes.AcceptOnlyFromAmong([.. ScopeWords.All]);
        var expires = new Option<string?>("--expires") { Description = "When it ends: a time, or a span from now such as 90d. Default: never", HelpName = "TIME" };
        var workspace = WorkspaceOption();
        var json = JsonOption("Print the key with its facts as JSON");
        var verb = new Command("create", "Make a key and print it; it is not shown again") { name, role, scopes, expires, workspace, json, store.Data, store.Database };
        verb.SetAction(async (parse, ct) =>
        {
            var end = Times.Given(parse.GetValue(expires), terminal);
            await using var database = await store.Find(parse).OpenMigratedAsync(terminal.Now, ct);
            var owner = await database.WriteAsync(tx => WorkspaceAsync(tx, parse.GetValue(workspace), terminal.Now), ct);
            var made = await Desk(database, terminal).CreateAsync(
                Operator(owner.Id, owner.Name), new(parse.GetValue(name)!.Trim(), parse.GetValue(role)!, parse.GetValue(scopes), end), ct);
            return Print(terminal, made, parse.GetValue(json));
        });
        return verb;
    }

    private static Command Rotate(Terminal terminal)
    {
        var store = new LocalStore();
        var id = Numbers.One("The key's id, as `key list` shows it");
        var grace = new Option<string?>("--grace") { Description = "How long the old key goes on: 0 to 30d. Default: 1d", HelpName = "SPAN" };
        var expires = new Option<string?>("--expires")
        {
            Description = "When the new key ends: a time, or a span from now. Default: after as long as the old one was made for",
            HelpName = "TIME",
        };
        var json = JsonOption("Print the key with its facts as JSON");
        var verb = new Command("rotate", "Make a key that may the same, and let the old one end; the new one is not shown again") { id, grace, expires, json, store.Data, store.Database };
        verb.SetAction(async (parse, ct) =>
        {
            var (span, end) = (Times.Span(parse.GetValue(grace)), Times.Given(parse.GetValue(expires), terminal));
            var location = store.Find(parse);
            await location.RequireAsync(ct);
            await using var database = await location.OpenMigratedAsync(terminal.Now, ct);
            var old = (await database.ReadAsync(session => new ApiKeyStore().ListAsync(session, 0), ct)).Find(k => k.Id == parse.GetValue(id))
                ?? throw new CliException(ExitCode.Refused, $"there is no key {parse.GetValue(id)}");
            return Print(terminal, await Desk(database, terminal).RotateAsync(Operator(old.Workspace, old.WorkspaceName), old.Id, new(span, end), ct), parse.GetValue(json));
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
                JsonOutput.Write(terminal.Out, new([.. keys.Select(KeyEndpoints.Of)], null), WireJson.Default.PageKeyView);
                return ExitCode.Ok;
            }

            var table = new Table("ID", "NAME", "KEY", "ROLE", "SCOPES", "OWNER", "WORKSPACE", "MADE", "LAST USED", "STATUS");
            foreach (var key in keys)
            {
                table.Add(
                    $"{key.Id}",
                    key.Name,
                    $"{key.Prefix}…",
                    key.Role.Word(),
                    ScopeWords.Write(key.Scopes) is { } scopes ? string.Join(' ', scopes) : "all",
                    key.Owner ?? "–",
                    key.WorkspaceName,
                    Words.Relative(key.CreatedAt, terminal.Now),
                    key.LastUsedAt is { } used ? Words.Relative(used, terminal.Now) : "never",
                    Status(key, terminal.Now));
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
                if (key is null or { RevokedAt: not null })
                {
                    throw new CliException(ExitCode.Refused, key is null ? $"there is no key {id}" : $"key {id} is revoked already");
                }

                await Desk(database, terminal).RevokeAsync(Operator(key.Workspace, key.WorkspaceName), id, ct);

                terminal.Error.WriteLine($"key {id} ({Plain.Line(key.Name)}) is revoked");
            }

            if (parse.GetValue(json))
            {
                var asked = parse.GetValue(ids)!;
                var ended = (await database.ReadAsync(session => new ApiKeyStore().ListAsync(session, 0), ct)).Where(k => asked.Contains(k.Id)).Select(KeyEndpoints.Of);
                JsonOutput.Write(terminal.Out, new([.. ended], null), WireJson.Default.PageKeyView);
            }

            return ExitCode.Ok;
        });
        return verb;
    }

    private static Option<bool> JsonOption(string description) => new("--json") { Description = description };

    private static KeyDesk Desk(Database database, Terminal terminal) => new(database, new(), new(new(), new()), terminal.Time);

    /// <summary>Whoever may write the data may do all.</summary>
    private static Caller Operator(long workspace, string name) => new(workspace, name, Role.Owner, "operator", null);

    private static int Print(Terminal terminal, Result<MadeKey> made, bool json)
    {
        if (!made.Ok)
        {
            throw new CliException(made.Error.Kind == ErrorKind.Invalid ? ExitCode.Usage : ExitCode.Refused, made.Error.Detail);
        }

        var (key, facts) = made.Value;
        if (json)
        {
            JsonOutput.Write(
                terminal.Out, new(facts.Id, facts.Name, facts.Role.Word(), facts.WorkspaceName, key) { Scopes = ScopeWords.Write(facts.Scopes), ExpiresAt = facts.ExpiresAt }, KeyJson.Default.NewKey);
        }
        else
        {
            terminal.Out.WriteLine(key);
        }

        return ExitCode.Ok;
    }

    private static Cell Status(ApiKeyRow key, DateTimeOffset now) => key switch
    {
        { RevokedAt: not null } => new("✗ revoked", Tone.Faint),
        { ExpiresAt: { } end } when end <= now => new("✗ expired", Tone.Faint),
        { ReplacedBy: { } by, ExpiresAt: { } end } => new($"● ends {Words.Relative(end, now)}, then {by}", Tone.Yellow),
        { ExpiresAt: { } end } => new($"● active, ends {Words.Relative(end, now)}", Tone.Green),
        _ => new("● active", Tone.Green),
    };

    private static Option<string?> WorkspaceOption() => new("--workspace") { Description = "Whose. Default: the only one there is", HelpName = "NAME" };

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
internal sealed record NewKey(long Id, string Name, string Role, string Workspace, string Key)
{
    public IReadOnlyList<string>? Scopes { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(NewKey))]
internal sealed partial class KeyJson : JsonSerializerContext;
